// Batches on the device, assembled and sent while the step before runs.
//
// A thread copies the clips of the next batch from the arenas into buffers of its own (pinned for a card, taken once
// and used again) and sends them on a stream of its own; the step's stream waits for that on the card, the program does
// not. With the samples kept on the card (`data_on_gpu`) a batch is gathered there, and only the clips' numbers travel.
#pragma once
#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vits/data/clip_store.h"
#include "vits/data/sampler.h"

namespace vits::data {

struct LoaderOptions {
  std::string data_on_gpu = "auto";
  int64_t round_frames = 0;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("data_on_gpu", data_on_gpu, base::one_of({"auto", "true", "false"}),
          "Keep all samples in the card's memory; auto: where they take at most a tenth of what is free.");
    field("round_frames", round_frames, base::between(0, 1024),
          "Pad batches to multiples of so many frames, so that shapes repeat; 0: on a card to 8, of longer clips to 16 "
          "and more, on the CPU to none.");
  }
};

// S = (F - 1) hop + fft: a clip as its spectrogram is made from it, its ends mirrored by (fft - hop) / 2 samples, so
// that sample s of the recording stands at s + (fft - hop) / 2. Behind the frames of a clip everything is 0.
struct Batch {
  ClipNumbers clips;         // in the store
  at::Tensor token_ids;      // [B, T] int64, padded with 0
  at::Tensor samples;        // [B, S] int16
  at::Tensor speaker_ids;    // [B] int64; undefined when the voice has no speakers
  at::Tensor mels;           // [B, F, M] half, padded with 0; undefined when the store has none
  at::Tensor token_lengths;  // [B] int64, on the host
  at::Tensor frame_lengths;  // [B] int64, on the host
  at::Tensor lengths_there;  // [2, B] int64, the token and frame lengths once more, on the device
  int64_t frames = 0;        // F, padding included
};

class Loader {
 public:
  // `device_bytes_free` is what data_on_gpu auto decides by; 0 on the CPU.
  Loader(const ClipStore& store, c10::Device device, const LoaderOptions& options, uint64_t device_bytes_free = 0);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // Assembles these batches from now on; what was begun before is dropped.
  void begin(std::vector<ClipNumbers> batches);

  // The next batch, none after the last. Its tensors are used again: they hold until next() has been called twice more.
  std::optional<Batch> next();

  double waited_seconds() const;  // that next() stood still for, in all
  bool keeps_data_on_device() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vits::data
