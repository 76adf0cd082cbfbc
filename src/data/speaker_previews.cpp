#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "vits/audio/read.h"
#include "vits/audio/resample.h"
#include "vits/audio/write.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/data/label_speakers.h"

namespace vits::data {

namespace {

constexpr double kSeconds = 10.0, kMostOfOneClip = 5.0, kPause = 0.3;

// Clips that cannot be read are passed over: they are marked as such already.
std::vector<float> joined(const TrainingSet& set, const std::vector<size_t>& clips, int64_t& sample_rate_hz) {
  std::vector<float> preview;
  sample_rate_hz = 0;
  for (const size_t clip : clips) {
    if (sample_rate_hz > 0 && double(preview.size()) >= (kSeconds - 1.0) * double(sample_rate_hz)) break;
    try {
      audio::Sound sound = audio::read_sound(set.wav(set.clips[clip]), 600.0);
      if (sample_rate_hz == 0) sample_rate_hz = sound.sample_rate_hz;
      if (sound.sample_rate_hz != sample_rate_hz) {
        sound.samples = audio::resample(sound.samples, sound.sample_rate_hz, sample_rate_hz);
      }
      const auto most = static_cast<size_t>(kMostOfOneClip * double(sample_rate_hz));
      if (!preview.empty()) preview.resize(preview.size() + static_cast<size_t>(kPause * double(sample_rate_hz)));
      preview.insert(preview.end(), sound.samples.begin(),
                     sound.samples.begin() + static_cast<std::ptrdiff_t>(std::min(most, sound.samples.size())));
    } catch (const Error&) {
      continue;
    }
  }
  return preview;
}

}  // namespace

void write_speaker_previews(const TrainingSet& set, const SpeakerLabels& labels, const std::vector<int64_t>& numbers) {
  base::AtomicFolder folder(set.folder / "speakers");
  for (size_t place = 0; place < labels.speakers.size(); ++place) {
    int64_t sample_rate_hz = 0;
    const std::vector<float> preview = joined(set, labels.speakers[place].best, sample_rate_hz);
    if (!preview.empty()) {
      audio::write_sound(folder.path() / (std::to_string(numbers[place]) + ".wav"), preview, sample_rate_hz);
    }
  }
  folder.commit();
}

}  // namespace vits::data
