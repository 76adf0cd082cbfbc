#include "clip_survey.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <unordered_map>

#include "hash.h"
#include "store_progress.h"
#include "vits/base/parallel.h"
#include "vits/base/stop_signal.h"

namespace vits::data {

namespace {

constexpr size_t kMostSymbolsNamed = 8;
constexpr std::string_view kUnreadable = "unreadable: ";

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

void look_at(SurveyedClip& clip, const text::Tokenizer& tokenizer, const StoreTarget& target) {
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
      clip.complaint = unreadable(error);
    }
  }
  clip.clip.samples = clip.wav.samples;
  clip.clip.frames = clip.wav.samples / target.hop_samples;
  clip.clip.tokens = static_cast<int64_t>(clip.token_ids.size());
}

// Empty when the file can be read to its end.
std::string reading_complaint(const std::filesystem::path& file) {
  try {
    const WavInfo wav = look_at_wav(file);
    std::vector<int16_t> samples(static_cast<size_t>(wav.samples));
    read_wav(file, wav, samples);
    return {};
  } catch (const Stopped&) {
    throw;
  } catch (const Error& error) {
    return unreadable(error);
  }
}

void sort_by_hash(std::vector<size_t>& numbers, const std::vector<SurveyedClip>& clips) {
  std::vector<std::pair<double, size_t>> hashes;
  for (const size_t number : numbers) hashes.emplace_back(share_of("max_samples", clips[number].clip.id), number);
  std::sort(hashes.begin(), hashes.end());
  std::transform(hashes.begin(), hashes.end(), numbers.begin(), [](const auto& hash) { return hash.second; });
}

}  // namespace

std::vector<SurveyedClip> with_states(const TrainingSet& set, const StoreTarget& target, int threads) {
  std::vector<const TrainingClip*> order, validation;
  for (const TrainingClip& clip : set.clips) (clip.validation ? validation : order).push_back(&clip);
  order.insert(order.end(), validation.begin(), validation.end());
  std::unordered_map<std::string, int64_t> speaker_ids;
  for (size_t i = 0; i < target.speakers.size(); ++i) speaker_ids.emplace(target.speakers[i], static_cast<int64_t>(i));
  std::vector<SurveyedClip> clips(order.size());
  base::for_each_task(static_cast<int64_t>(clips.size()), threads, [&](int64_t number) {
    base::throw_if_stopped();
    const TrainingClip& from = *order[static_cast<size_t>(number)];
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

std::vector<SurveyedClip> survey(std::vector<SurveyedClip> clips, const text::Tokenizer& tokenizer,
                                 const StoreTarget& target, int64_t max_samples, int threads,
                                 const StoreListener& listener) {
  std::vector<size_t> training, validation;
  for (size_t i = 0; i < clips.size(); ++i) (clips[i].clip.validation ? validation : training).push_back(i);
  size_t to_train = training.size(), to_judge = validation.size();
  if (max_samples > 0 && static_cast<size_t>(max_samples) < training.size()) {
    const double share = static_cast<double>(max_samples) / static_cast<double>(training.size());
    to_train = static_cast<size_t>(max_samples);
    const auto judged = static_cast<size_t>(std::lround(share * static_cast<double>(validation.size())));
    to_judge = std::min(std::max<size_t>(judged, 1), validation.size());
    sort_by_hash(training, clips);
    sort_by_hash(validation, clips);
  }
  std::vector<bool> stays(clips.size(), false);
  StoreProgress progress(listener, "looking at the clips", "clips", static_cast<int64_t>(to_train + to_judge));
  // As many as are wanted, then as many as those lack that cannot be used.
  const auto look = [&](const std::vector<size_t>& order, size_t wanted) {
    size_t looked = 0, usable = 0;
    while (usable < wanted && looked < order.size()) {
      const size_t begin = looked, end = std::min(order.size(), looked + wanted - usable);
      base::for_each_task(static_cast<int64_t>(end - begin), threads, [&](int64_t number) {
        base::throw_if_stopped();
        look_at(clips[order[begin + static_cast<size_t>(number)]], tokenizer, target);
        if (begin == 0) progress.count();
      });
      for (; looked < end; ++looked) {
        stays[order[looked]] = true;
        if (clips[order[looked]].complaint.empty()) ++usable;
      }
    }
  };
  look(training, to_train);
  look(validation, to_judge);
  std::vector<SurveyedClip> kept;
  for (size_t i = 0; i < clips.size(); ++i)
    if (stays[i]) kept.push_back(std::move(clips[i]));
  return kept;
}

std::string unreadable(const Error& error) { return fmt::format("{}{}", kUnreadable, error.what()); }

bool reads_otherwise_now(const std::vector<Rejected>& skipped, int threads) {
  std::vector<const Rejected*> clips;
  for (const Rejected& clip : skipped)
    if (clip.reason.starts_with(kUnreadable)) clips.push_back(&clip);
  std::atomic<bool> otherwise = false;
  base::for_each_task(static_cast<int64_t>(clips.size()), threads, [&](int64_t number) {
    base::throw_if_stopped();
    const Rejected& clip = *clips[static_cast<size_t>(number)];
    if (!otherwise && reading_complaint(clip.file) != clip.reason) otherwise = true;
  });
  return otherwise;
}

}  // namespace vits::data
