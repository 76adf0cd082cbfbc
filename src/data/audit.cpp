#include "vits/data/audit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>

#include "audit_parts.h"
#include "vits/audio/read.h"
#include "vits/base/error.h"
#include "vits/base/machine.h"
#include "vits/base/parallel.h"
#include "vits/base/stop_signal.h"

namespace vits::data {

namespace auditing {

namespace {

constexpr double kLongestSeconds = 600.0;  // nothing trains on such a clip, and its samples would fill the memory

void listen_to(AuditedClip& audited, const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    audited.is_missing = true;
    audited.defect = "the file is not there";
    return;
  }
  try {
    const audio::Sound sound = audio::read_sound(path, kLongestSeconds);
    if (sound.samples.empty()) throw Error("it holds no sound");
    audited.sound = measure_sound(sound.samples, sound.sample_rate_hz);
  } catch (const Error& broken) {
    audited.defect = broken.what();
  }
}

}  // namespace

void listen(Audit& audit, const TrainingSet& set, const AuditOptions& options) {
  const auto total = static_cast<int64_t>(set.clips.size());
  audit.clips.resize(set.clips.size());
  std::mutex mutex;
  int64_t done = 0;
  const int threads = options.threads > 0 ? static_cast<int>(options.threads) : base::processors();
  base::for_each_task(total, threads, [&](int64_t task) {
    base::throw_if_stopped();
    AuditedClip& audited = audit.clips[static_cast<size_t>(task)];
    audited.clip = set.clips[static_cast<size_t>(task)];
    listen_to(audited, set.wav(audited.clip));
    const std::lock_guard lock(mutex);
    ++done;
    if (options.progress) options.progress(done, total);
  });
}

}  // namespace auditing

namespace {

void add_up(Audit& audit) {
  std::map<std::string, SpeakerShare> speakers;
  for (const AuditedClip& audited : audit.clips) {
    audit.validation_clips += audited.clip.validation;
    SpeakerShare& share = speakers[audited.clip.speaker];
    share.name = audited.clip.speaker;
    ++share.clips;
    if (!audited.is_heard()) continue;
    ++audit.heard_clips;
    share.seconds += audited.sound.seconds;
    audit.seconds += audited.sound.seconds;
    audit.silence_seconds +=
        audited.sound.seconds - audited.sound.sounding_seconds() + audited.sound.silence_inside_seconds;
  }
  for (const auto& [name, share] : speakers) audit.speakers.push_back(share);
  std::ranges::stable_sort(audit.speakers, std::greater{}, &SpeakerShare::seconds);
}

// What the largest batch that can come up is made of: it is padded to its longest clip and its longest text.
void plan_longest_batch(Audit& audit, const AuditOptions& options) {
  LongestBatch& batch = audit.longest_batch;
  batch.clips = std::min(options.batch_size, audit.heard_clips);
  for (const AuditedClip& audited : audit.clips) {
    if (!audited.is_heard()) continue;
    batch.seconds = std::max(batch.seconds, audited.sound.seconds);
    batch.tokens = std::max(batch.tokens, audited.tokens);
  }
  if (options.batch_bytes && batch.clips > 0)
    batch.bytes_needed = options.batch_bytes(batch.clips, batch.seconds, batch.tokens);
}

}  // namespace

bool Audit::blocked() const {
  return std::ranges::any_of(findings, [](const Finding& found) { return found.kind->severity == Severity::kBlocks; });
}

const Finding* Audit::find(std::string_view id) const {
  for (const Finding& found : findings)
    if (found.kind->id == id) return &found;
  return nullptr;
}

std::filesystem::path Audit::sound_of(const AuditedClip& clip) const {
  return std::filesystem::path("wavs") / (clip.clip.id + ".wav");
}

std::vector<double> Audit::values(double SoundMeasures::*measure) const {
  std::vector<double> values;
  for (const AuditedClip& audited : clips)
    if (audited.is_heard()) values.push_back(audited.sound.*measure);
  return values;
}

double Audit::median(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::ranges::sort(values);
  const size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Audit audit_training_set(const std::filesystem::path& folder, const AuditVoice& voice, const AuditOptions& options) {
  const TrainingSet set = read_training_set(folder);
  Audit audit;
  audit.folder = folder;
  audit.voice = voice.name;
  audit.has_vocabulary = voice.tokenizer.has_value();
  auditing::listen(audit, set, options);
  auditing::read_texts(audit, voice);
  auditing::measure_paces(audit);
  add_up(audit);
  plan_longest_batch(audit, options);
  auditing::find(audit, set, voice, options);
  return audit;
}

}  // namespace vits::data
