// A voice ready to speak: text in, samples out.
//
// A text is cut at its sentence ends into pieces, which are spoken by themselves and joined again with pauses. Every
// piece draws its noise from a seed of its own, made of the seed given, the number of its utterance and its own number.
// So on the CPU an utterance is the same bytes whatever is spoken around it and on however many threads; on a graphics
// card the same texts with the same seed are.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "vits/checkpoint/voice_files.h"
#include "vits/model/vits_config.h"

namespace vits::voice {

struct VoiceOptions {
  std::string device = "auto";  // "cpu", "cuda", or "auto": cuda when there is one
  int64_t threads = 0;          // on the CPU; 0: one a processor
};

struct SpeakOptions {
  int64_t speaker_id = 0;  // ignored by a voice with one speaker
  double speed = 1.0;      // times the voice's own
  double noise_scale = 0.667;
  double noise_scale_duration = 0.8;
  int64_t seed = 0;
};

struct Spoken {
  std::vector<float> samples;  // empty when the text leaves nothing to speak
  std::map<std::string, int64_t>
      unknown;  // characters that the voice has no sound for and a listener misses; how often
};

class Voice {
 public:
  // Throws Error when the weights do not fit the config or the device is not there.
  explicit Voice(const checkpoint::VoiceFiles& files, const VoiceOptions& options = {});
  ~Voice();
  Voice(Voice&&) noexcept;
  Voice& operator=(Voice&&) noexcept;

  const model::VitsConfig& config() const;
  int64_t sample_rate_hz() const { return config().sampling_rate; }
  std::string how() const;  // "CPU with AVX-512, 2 threads", "cuda"

  // What the voice's config says, with speaker 0.
  SpeakOptions usual_options() const;

  // The speaker's name, or its number from 0. Throws Error that names the nearest name, or what there is to choose
  // from.
  int64_t speaker_id(const std::string& name_or_number) const;

  struct Listener {
    // Each utterance once, in their order, as soon as it is ready.
    std::function<void(size_t utterance, Spoken spoken)> spoken;
    // Pieces spoken so far, of all.
    std::function<void(int64_t done, int64_t all)> progress = {};
  };

  // Between pieces looks whether a stop was asked for, and then throws Stopped; utterances handed out before are whole.
  void speak(const std::vector<std::string>& texts, const SpeakOptions& options, const Listener& listener) const;

  Spoken speak(const std::string& text, const SpeakOptions& options) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vits::voice
