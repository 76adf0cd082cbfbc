#include "clip_survey.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "hash.h"
#include "store_progress.h"
#include "vits/base/error.h"
#include "vits/base/parallel.h"
#include "vits/base/stop_signal.h"

namespace vits::data {

namespace {

constexpr size_t kMostSymbolsNamed = 8;

std::string seconds_text(int64_t samples, int64_t sample_rate_hz) {
  return fmt::format("{:.2f} s", static_cast<double>(samples) / static_cast<double>(sample_rate_hz));
}

std::string vocabulary_complaint(const text::Encoded& encoded) {
  const auto missed = text::audible(encoded.unknown);
  if (!missed.empty()) {
    std::string symbols;
    size_t named = 0;
    for (const auto& [symbol, count] : missed) {
      if (++named > kMostSymbolsNamed) break;
      symbols += (symbols.empty() ? "" : " ") + symbol;
    }
    return fmt::format("text: the vocabulary lacks {}{}. Write such words out.", symbols,
                       missed.size() > kMostSymbolsNamed ? " and others" : "");
  }
  return encoded.spoken.empty() ? "text: nothing is left of it that the vocabulary has." : "";
}

std::string sound_complaint(const WavInfo& wav, size_t tokens, const StoreTarget& target) {
  if (wav.sample_rate_hz != target.sample_rate_hz)
    return fmt::format(
        "rate: {} Hz, but the voice has {} Hz. Make the clips with `vits-train prepare --sample_rate_hz {}`.",
        wav.sample_rate_hz, target.sample_rate_hz, target.sample_rate_hz);
  const int64_t frames = wav.samples / target.hop_samples;
  if (frames < target.segment_frames || wav.samples <= (target.fft_samples - target.hop_samples) / 2)
    return fmt::format("too short: {}, and a slice to train on has {}.", seconds_text(wav.samples, wav.sample_rate_hz),
                       seconds_text(target.segment_frames * target.hop_samples, target.sample_rate_hz));
  if (frames < static_cast<int64_t>(tokens))
    return fmt::format("too fast: {} tokens in {} frames, and each needs one. Does the text belong to the sound?",
                       tokens, frames);
  return {};
}

std::vector<const TrainingClip*> least_hashes(std::vector<const TrainingClip*> clips, size_t count) {
  if (count >= clips.size()) return clips;
  std::vector<std::pair<double, size_t>> hashes;
  for (size_t i = 0; i < clips.size(); ++i) hashes.emplace_back(share_of("max_samples", clips[i]->id), i);
  std::sort(hashes.begin(), hashes.end());
  hashes.resize(count);
  std::sort(hashes.begin(), hashes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  std::vector<const TrainingClip*> least;
  for (const auto& [hash, place] : hashes) least.push_back(clips[place]);
  return least;
}

}  // namespace

std::vector<const TrainingClip*> chosen_clips(const TrainingSet& set, int64_t max_samples) {
  std::vector<const TrainingClip*> training, validation;
  for (const TrainingClip& clip : set.clips) (clip.validation ? validation : training).push_back(&clip);
  if (max_samples > 0 && static_cast<size_t>(max_samples) < training.size()) {
    const double share = static_cast<double>(max_samples) / static_cast<double>(training.size());
    const auto judged = static_cast<size_t>(std::lround(share * static_cast<double>(validation.size())));
    training = least_hashes(std::move(training), static_cast<size_t>(max_samples));
    validation = least_hashes(std::move(validation), std::max<size_t>(judged, 1));
  }
  training.insert(training.end(), validation.begin(), validation.end());
  return training;
}

std::vector<SurveyedClip> with_states(const TrainingSet& set, const std::vector<const TrainingClip*>& chosen,
                                      const StoreTarget& target, int threads) {
  std::unordered_map<std::string, int64_t> speaker_ids;
  for (size_t i = 0; i < target.speakers.size(); ++i) speaker_ids.emplace(target.speakers[i], static_cast<int64_t>(i));
  std::vector<SurveyedClip> clips(chosen.size());
  base::for_each_task(static_cast<int64_t>(clips.size()), threads, [&](int64_t number) {
    base::throw_if_stopped();
    const TrainingClip& from = *chosen[static_cast<size_t>(number)];
    SurveyedClip& to = clips[static_cast<size_t>(number)];
    to.clip.id = from.id;
    to.clip.text = from.text;
    to.clip.validation = from.validation;
    to.clip.row = from.row;
    to.file = set.wav(from);
    if (const auto state = base::state_of(to.file))
      to.state = *state;
    else
      to.complaint = "missing: there is no such file.";
    if (speaker_ids.empty()) return;
    const auto speaker = speaker_ids.find(from.speaker);
    if (speaker != speaker_ids.end())
      to.clip.speaker_id = speaker->second;
    else if (to.complaint.empty())
      to.complaint = from.speaker.empty()
                         ? "speaker: the row names none, and the voice has several."
                         : fmt::format("speaker: the voice has none of the name \"{}\".", from.speaker);
  });
  return clips;
}

void survey(std::vector<SurveyedClip>& clips, const text::Tokenizer& tokenizer, const StoreTarget& target, int threads,
            const StoreListener& listener) {
  StoreProgress progress(listener, "looking at the clips", "clips", static_cast<int64_t>(clips.size()));
  base::for_each_task(static_cast<int64_t>(clips.size()), threads, [&](int64_t number) {
    base::throw_if_stopped();
    SurveyedClip& clip = clips[static_cast<size_t>(number)];
    if (clip.complaint.empty()) {
      text::Encoded encoded = tokenizer.encode(clip.clip.text);
      clip.complaint = vocabulary_complaint(encoded);
      clip.token_ids = std::move(encoded.ids);
    }
    if (clip.complaint.empty()) {
      try {
        if (clip.cached < 0) clip.wav = look_at_wav(clip.file);
        clip.complaint = sound_complaint(clip.wav, clip.token_ids.size(), target);
      } catch (const Stopped&) {
        throw;
      } catch (const Error& error) {
        clip.complaint = fmt::format("unreadable: {}", error.what());
      }
    }
    clip.clip.samples = clip.wav.samples;
    clip.clip.frames = clip.wav.samples / target.hop_samples;
    clip.clip.tokens = static_cast<int64_t>(clip.token_ids.size());
    progress.count();
  });
}

}  // namespace vits::data
