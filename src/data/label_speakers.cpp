#include "vits/data/label_speakers.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <unordered_map>

#include "hear_voices.h"
#include "journal.h"
#include "vits/base/error.h"
#include "vits/speaker/clustering.h"
#include "vits/text/utf8.h"

namespace vits::data {

namespace {

using speaker::Clusters;
using speaker::Embedding;

constexpr double kShortSeconds = 1.0;    // a shorter clip says too little of its speaker to find new ones by
constexpr size_t kFewCharacters = 8;     // different ones: a text of fewer is a word, perhaps said several times
constexpr double kUnsure = 0.15;         // confidence
constexpr double kSimilarToRare = 0.75;  // likeness that gives a rare speaker to another
constexpr size_t kBestClips = 12;

// The clips, by their places, that one voice is taken from: one clip, or those cut from one recording.
struct Item {
  std::vector<size_t> clips;
  Embedding voice{};
};

bool is_single_word(const std::string& text) {
  const std::u32string characters = text::decode_utf8(text);
  return std::set<char32_t>(characters.begin(), characters.end()).size() < kFewCharacters;
}

Embedding mean_voice(const std::vector<size_t>& clips, const std::vector<Embedding>& voices) {
  Embedding mean{};
  for (const size_t clip : clips) {
    for (size_t number = 0; number < mean.size(); ++number) mean[number] += voices[clip][number];
  }
  const double length = std::sqrt(speaker::similarity(mean, mean));
  for (float& number : mean) number = float(number / std::max(length, 1e-9));
  return mean;
}

std::vector<Embedding> voices_of(const std::vector<size_t>& clips, const std::vector<Embedding>& voices) {
  std::vector<Embedding> chosen;
  for (const size_t clip : clips) chosen.push_back(voices[clip]);
  return chosen;
}

// The recording that each clip was cut from, as `prepare` noted it; empty when it is not known.
std::vector<std::string> recordings_in_journal(const TrainingSet& set) {
  std::vector<std::string> recordings(set.clips.size());
  const auto path = set.folder / ".prepare" / "journal";
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return recordings;
  const JournalEntries journal = read_journal(path);
  for (size_t clip = 0; clip < set.clips.size(); ++clip) {
    if (const auto entry = journal.find(set.clips[clip].id); entry != journal.end())
      recordings[clip] = entry->second.place;
  }
  return recordings;
}

// A recording may hold several people (an interview); then its clips stay apart.
std::vector<Item> items_of(const TrainingSet& set, const std::vector<size_t>& clips,
                           const std::vector<Embedding>& voices, bool separate_clips) {
  std::vector<Item> items;
  std::map<std::string, std::vector<size_t>> by_recording;
  const auto recordings = separate_clips ? std::vector<std::string>(set.clips.size()) : recordings_in_journal(set);
  const auto add = [&](const std::vector<size_t>& together) {
    items.push_back({together, mean_voice(together, voices)});
  };
  for (const size_t clip : clips) {
    if (recordings[clip].empty()) {
      add({clip});
    } else {
      by_recording[recordings[clip]].push_back(clip);
    }
  }
  for (const auto& [recording, together] : by_recording) {
    if (together.size() == 1 || speaker::find_speakers(voices_of(together, voices), {}).count() == 1) {
      add(together);
    } else {
      for (const size_t clip : together) add({clip});
    }
  }
  std::ranges::sort(items, {}, [](const Item& item) { return item.clips.front(); });
  return items;
}

class Labelling {
 public:
  Labelling(TrainingSet& set, const SpeakerOptions& options, HeardClips heard) : set_(set), options_(options) {
    labels_.heard = heard.heard;
    labels_.known_from_before = heard.known_from_before;
    labels_.clips.resize(set.clips.size());
    for (size_t clip = 0; clip < set.clips.size(); ++clip) {
      SpokenClip& spoken = labels_.clips[clip];
      spoken.seconds = heard.clips[clip].heard.seconds;
      spoken.mark = heard.clips[clip].unheard;
      labels_.voices.push_back(spoken.mark.empty() ? heard.clips[clip].heard.voice : Embedding{});
      names_.push_back(options.relabel ? std::string() : set.clips[clip].speaker);
      spoken.was_given = !names_.back().empty();
      if (spoken.was_given) given_.insert(names_.back());
    }
  }

  SpeakerLabels finish() {
    name_new_clips();
    give_rare_speakers_away();
    describe();
    return std::move(labels_);
  }

 private:
  bool is_audible(size_t clip) const { return labels_.clips[clip].mark.empty(); }
  bool says_little(size_t clip) const {
    return labels_.clips[clip].seconds < kShortSeconds || is_single_word(set_.clips[clip].text);
  }

  void name_new_clips() {
    std::vector<size_t> clear, brief;
    for (size_t clip = 0; clip < names_.size(); ++clip) {
      if (names_[clip].empty() && is_audible(clip)) {
        (labels_.clips[clip].seconds >= kShortSeconds ? clear : brief).push_back(clip);
      }
    }
    if (clear.size() < brief.size()) {
      clear.insert(clear.end(), brief.begin(), brief.end());
      std::ranges::sort(clear);
      brief.clear();
    }
    const auto given = static_cast<int64_t>(given_.size());
    if (options_.speakers > 0 && given >= options_.speakers) {
      brief.insert(brief.end(), clear.begin(), clear.end());
    } else if (!clear.empty()) {
      const auto say_little = std::ranges::count_if(clear, [this](size_t clip) { return says_little(clip); });
      const bool single_words = 2 * static_cast<size_t>(say_little) > clear.size();
      labels_.number_is_a_guess = single_words && options_.speakers == 0;
      name_clusters(items_of(set_, clear, labels_.voices, options_.separate_clips), single_words);
    }
    if (!brief.empty()) {
      const auto known = named_clusters();
      for (const size_t clip : brief) names_[clip] = nearest_name(known, labels_.voices[clip]);
    }
    // Where only one person speaks, that is also who cannot be heard.
    const std::set<std::string> all(names_.begin(), names_.end());
    if (all.size() == 2 && all.contains("")) std::ranges::replace(names_, std::string(), *all.rbegin());
  }

  void name_clusters(const std::vector<Item>& items, bool single_words) {
    std::vector<Embedding> voices;
    for (const Item& item : items) voices.push_back(item.voice);
    const auto given = static_cast<int64_t>(given_.size());
    const Clusters found =
        speaker::find_speakers(voices, {.speakers = options_.speakers > 0 ? options_.speakers - given : 0,
                                        .most_speakers = options_.max_speakers,
                                        .single_words = single_words});
    const auto known = named_clusters();
    int64_t next_number = 1;
    for (int64_t cluster = 0; cluster < found.count(); ++cluster) {
      std::string name = options_.speakers > 0 ? std::string() : same_voice(known, found, cluster);
      if (name.empty()) {
        while (given_.contains(std::to_string(next_number))) ++next_number;
        name = std::to_string(next_number++);
      }
      for (size_t item = 0; item < items.size(); ++item) {
        if (found.of[item] != cluster) continue;
        for (const size_t clip : items[item].clips) names_[clip] = name;
      }
    }
  }

  struct NamedClusters {
    std::vector<std::string> names;
    Clusters clusters;
    std::vector<size_t> clips;  // Clusters::of belongs to these
  };

  NamedClusters named_clusters() const {
    NamedClusters named;
    std::map<std::string, int64_t> numbers;
    std::vector<int64_t> of;
    for (size_t clip = 0; clip < names_.size(); ++clip) {
      if (names_[clip].empty() || !is_audible(clip)) continue;
      const auto [entry, is_new] = numbers.emplace(names_[clip], int64_t(named.names.size()));
      if (is_new) named.names.push_back(names_[clip]);
      named.clips.push_back(clip);
      of.push_back(entry->second);
    }
    named.clusters = speaker::describe_clusters(voices_of(named.clips, labels_.voices), std::move(of));
    return named;
  }

  static std::string same_voice(const NamedClusters& known, const Clusters& found, int64_t cluster) {
    std::string name;
    double best = speaker::kSameVoice;
    for (int64_t other = 0; other < known.clusters.count(); ++other) {
      const double alike = speaker::likeness(known.clusters, other, found, cluster);
      if (alike >= best) {
        best = alike;
        name = known.names[size_t(other)];
      }
    }
    return name;
  }

  static std::string nearest_name(const NamedClusters& known, const Embedding& voice) {
    std::string name;
    double best = -1.0;
    for (size_t other = 0; other < known.names.size(); ++other) {
      const Embedding& centre = known.clusters.centres[other];
      const double alike = speaker::similarity(voice, centre) / std::sqrt(speaker::similarity(centre, centre) + 1e-12);
      if (alike > best) {
        best = alike;
        name = known.names[other];
      }
    }
    return name;
  }

  void give_rare_speakers_away() {
    if (options_.speakers > 0) return;
    const auto named = named_clusters();
    for (int64_t rare = 0; rare < named.clusters.count(); ++rare) {
      if (named.clusters.sizes[size_t(rare)] >= options_.min_clips || given_.contains(named.names[size_t(rare)]))
        continue;
      int64_t taker = -1;
      double best = kSimilarToRare;
      for (int64_t other = 0; other < named.clusters.count(); ++other) {
        if (named.clusters.sizes[size_t(other)] < options_.min_clips) continue;
        const double alike = speaker::likeness(named.clusters, rare, named.clusters, other);
        if (alike >= best) {
          best = alike;
          taker = other;
        }
      }
      if (taker >= 0) std::ranges::replace(names_, named.names[size_t(rare)], named.names[size_t(taker)]);
    }
  }

  void describe() {
    const auto named = named_clusters();
    const auto sure = speaker::confidence(voices_of(named.clips, labels_.voices), named.clusters);
    for (size_t place = 0; place < named.clips.size(); ++place) {
      SpokenClip& clip = labels_.clips[named.clips[place]];
      clip.confidence = sure[place];
      if (clip.seconds < kShortSeconds) {
        clip.mark = fmt::format("it is short: {:.1f} s say little of a voice", clip.seconds);
      } else if (clip.confidence < kUnsure) {
        clip.mark = "it lies between two speakers, or is unlike any";
      }
    }

    std::map<std::string, FoundSpeaker> by_name;
    for (size_t clip = 0; clip < names_.size(); ++clip) {
      set_.clips[clip].speaker = names_[clip];
      if (names_[clip].empty()) continue;
      FoundSpeaker& speaker = by_name[names_[clip]];
      speaker.name = names_[clip];
      ++speaker.clips;
      speaker.seconds += labels_.clips[clip].seconds;
      speaker.confidence += labels_.clips[clip].confidence;
      if (labels_.clips[clip].mark.empty()) speaker.best.push_back(clip);
    }
    for (auto& [name, speaker] : by_name) {
      speaker.confidence /= double(speaker.clips);
      speaker.was_given = given_.contains(name);
      speaker.is_rare = speaker.clips < options_.min_clips;
      if (speaker.best.empty()) {
        for (size_t clip = 0; clip < names_.size(); ++clip) {
          if (names_[clip] == name) speaker.best.push_back(clip);
        }
      }
      std::ranges::stable_sort(speaker.best, std::greater{},
                               [this](size_t clip) { return labels_.clips[clip].confidence; });
      if (speaker.best.size() > kBestClips) speaker.best.resize(kBestClips);
      labels_.speakers.push_back(std::move(speaker));
    }
    std::ranges::stable_sort(labels_.speakers, std::greater{}, &FoundSpeaker::clips);
    std::unordered_map<std::string, int64_t> places;
    for (size_t place = 0; place < labels_.speakers.size(); ++place) {
      places[labels_.speakers[place].name] = int64_t(place);
    }
    for (size_t clip = 0; clip < names_.size(); ++clip) {
      if (!names_[clip].empty()) labels_.clips[clip].speaker = places.at(names_[clip]);
    }
  }

  TrainingSet& set_;
  const SpeakerOptions& options_;
  SpeakerLabels labels_;
  std::vector<std::string> names_;  // of the clips' speakers; empty: not known yet
  std::set<std::string> given_;
};

}  // namespace

SpeakerLabels label_speakers(TrainingSet& set, const SpeakerOptions& options, const SpeakerListener& listener) {
  return Labelling(set, options, hear_voices(set, options.threads, listener)).finish();
}

}  // namespace vits::data
