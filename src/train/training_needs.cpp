#include "vits/train/training_needs.h"

namespace vits::train {

namespace {

constexpr uint64_t kParameters = 36'284'592 + 46'730'118;  // generator and discriminators of MMS
constexpr uint64_t kStateBytes = 16;  // a parameter: weight, gradient and AdamW's two moments in fp32
// Told of an RTX 2070 at batch 8 in fp16: 3 to 5 GB in all; the upper end less the 1.3 GB of state, per clip of the
// batch.
constexpr uint64_t kCardBytesPerClip = 460'000'000;
// That was of clips of some 5 s; below, what grows with a clip's length.
constexpr double kUsualFrames = 312, kUsualTokens = 160;
constexpr uint64_t kProgramBytes =
    2'000'000'000;  // LibTorch, the CUDA runtime and the weights on their way to the card
// 2 bytes a sample of sound, and 80 mel bands of 2 bytes every 256 samples.
constexpr double kMemoryPerWavByte = 1.0 + 80.0 / 256.0;
constexpr uint64_t kCheckpoints = 3;  // being written, last, best

// Bytes that PyTorch keeps of a clip for the backward pass, in half precision: counted in tests/reference's training
// step with a voice of MMS's size for 64 to 1,000 frames and 41 to 481 tokens, which this meets within 3 %. The decoder
// and the discriminators see a segment of fixed length; the encoders and the flow see all, and attention pairs of
// tokens.
double kept_bytes(double frames, double tokens) {
  return 92e6 + 58e3 * frames + 222e3 * tokens + 120 * tokens * tokens + 16 * frames * tokens;
}

}  // namespace

TrainingNeeds training_needs(int64_t batch_size, uint64_t wav_bytes) {
  TrainingNeeds needs;
  needs.card_bytes = kParameters * kStateBytes + static_cast<uint64_t>(batch_size) * kCardBytesPerClip;
  needs.memory_bytes = kProgramBytes + static_cast<uint64_t>(static_cast<double>(wav_bytes) * kMemoryPerWavByte);
  needs.disk_bytes = kCheckpoints * kParameters * 12 + 2 * kParameters * 4;
  return needs;
}

uint64_t card_bytes_of_batch(int64_t clips, int64_t frames, int64_t tokens) {
  const auto length = static_cast<double>(frames);
  const double text = tokens > 0 ? static_cast<double>(tokens) : length / 2;
  const double times_usual = kept_bytes(length, text) / kept_bytes(kUsualFrames, kUsualTokens);
  return kParameters * kStateBytes
         + static_cast<uint64_t>(static_cast<double>(clips) * times_usual * static_cast<double>(kCardBytesPerClip));
}

uint64_t wav_bytes_in(const std::filesystem::path& data_dir) {
  uint64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(data_dir / "wavs", error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) bytes += entry->file_size(ignored);
  }
  return bytes;
}

}  // namespace vits::train
