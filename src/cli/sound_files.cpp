#include "sound_files.h"

#include <algorithm>
#include <cctype>

#include "vits/base/error.h"
#include "vits/base/files.h"

namespace vits::cli {

SoundFiles::SoundFiles(const std::string& out, const std::string& format)
    : out_(out),
      extension_("." + (format.empty() ? "wav" : format)),
      one_file_(out_.has_extension() && !std::filesystem::is_directory(out_)) {
  if (out == "-")
    throw UsageError("--out is \"-\", but sound is not written to standard output. Name a file or a folder.");
  if (!one_file_) return;
  audio::check_sound_extension(out_);
  std::string ending = out_.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char letter) { return std::tolower(letter); });
  if (!format.empty() && ending != extension_)
    throw UsageError("--out {} ends in {}, but --format is {}. Leave --format out, or name the file *{}.", out, ending,
                     format, extension_);
}

void SoundFiles::check(const std::vector<Utterance>& utterances) const {
  // Opens the temporary file and removes it again.
  const base::AtomicFile trial(path_of(utterances.front()));
}

audio::Written SoundFiles::write(const Utterance& utterance, std::span<const float> samples,
                                 int64_t sample_rate_hz) const {
  return audio::write_sound(path_of(utterance), samples, sample_rate_hz);
}

std::filesystem::path SoundFiles::path_of(const Utterance& utterance) const {
  return one_file_ ? out_ : out_ / (utterance.id + extension_);
}

}  // namespace vits::cli
