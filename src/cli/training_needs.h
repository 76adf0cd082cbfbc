// What a training run takes of memory and disk, as a first estimate before anything is loaded.
#pragma once
#include <cstdint>
#include <filesystem>

namespace vits::cli {

struct TrainingNeeds {
  uint64_t card_bytes = 0;    // on the graphics card, in fp16
  uint64_t memory_bytes = 0;  // in RAM, with the recordings kept there
  uint64_t disk_bytes = 0;    // checkpoints and the finished voices
};

// `wav_bytes` is the size of the recordings as 16 kHz 16-bit WAV.
TrainingNeeds training_needs(int64_t batch_size, uint64_t wav_bytes);

// The bytes of all files in `data_dir`/wavs; 0 when there is none.
uint64_t wav_bytes_in(const std::filesystem::path& data_dir);

}  // namespace vits::cli
