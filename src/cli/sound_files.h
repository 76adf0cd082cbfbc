// Where speech goes: one file, or a folder with a file an utterance.
#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "utterances.h"
#include "vits/audio/write.h"

namespace vits::cli {

class SoundFiles {
 public:
  // `out` is a file when its name ends in a known extension and no folder stands there. `format` is the extension of
  // the files in a folder, wav when empty. Throws UsageError when it contradicts the file's name and for "-".
  SoundFiles(const std::string& out, const std::string& format);

  bool one_file() const { return one_file_; }

  // Throws Error when a file cannot be written there, before time is spent on speaking.
  void check(const std::vector<Utterance>& utterances) const;

  audio::Written write(const Utterance& utterance, std::span<const float> samples, int64_t sample_rate_hz) const;

 private:
  std::filesystem::path path_of(const Utterance& utterance) const;

  std::filesystem::path out_;
  std::string extension_;
  bool one_file_;
};

}  // namespace vits::cli
