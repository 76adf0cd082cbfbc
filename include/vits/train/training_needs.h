// What a training run takes of memory and disk, as a first estimate before anything is loaded.
#pragma once
#include <cstdint>
#include <filesystem>

namespace vits::train {

struct TrainingNeeds {
  uint64_t card_bytes = 0;    // on the graphics card, in fp16
  uint64_t memory_bytes = 0;  // in RAM, with the recordings kept there
  uint64_t disk_bytes = 0;    // checkpoints and the finished voices
};

// `wav_bytes` is the size of the recordings as 16 kHz 16-bit WAV.
TrainingNeeds training_needs(int64_t batch_size, uint64_t wav_bytes);

// Frames a second of every MMS voice: 16,000 Hz, 256 samples a frame.
inline constexpr double kUsualFramesPerSecond = 62.5;

// What the card needs for a run in which a batch of clips comes up that are padded to so many frames and tokens.
// Without tokens (0) the text is taken to have one for two frames.
uint64_t card_bytes_of_batch(int64_t clips, int64_t frames, int64_t tokens);

// The bytes of all files in `data_dir`/wavs; 0 when there is none.
uint64_t wav_bytes_in(const std::filesystem::path& data_dir);

}  // namespace vits::train
