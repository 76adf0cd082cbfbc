#include "speakers_file.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <set>

#include "vits/base/error.h"
#include "vits/formats/delimited.h"
#include "vits/report/plots.h"

namespace vits::cli {

namespace {

// 0 when the name is no number.
int64_t number_in(const std::string& name) {
  int64_t number = 0;
  const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), number);
  return wrong == std::errc() && end == name.data() + name.size() && number > 0 && std::to_string(number) == name
             ? number
             : 0;
}

double rounded(double value, double steps) { return std::round(value * steps) / steps; }

}  // namespace

std::map<std::string, int64_t> speaker_numbers(const std::filesystem::path& speakers_json) {
  std::map<std::string, int64_t> numbers;
  std::error_code error;
  if (!std::filesystem::exists(speakers_json, error)) return numbers;
  const formats::Json json = formats::read_json(speakers_json);
  const auto speakers = json.is_object() ? json.find("speakers") : json.end();
  if (!json.is_object() || speakers == json.end() || !speakers->is_array())
    throw Error("{} holds no list \"speakers\". Remove the file; vits-train speakers writes it anew.",
                speakers_json.string());
  for (const formats::Json& speaker : *speakers) {
    if (!speaker.is_object() || !speaker.contains("id") || !speaker["id"].is_number_integer()
        || !speaker.contains("name") || !speaker["name"].is_string())
      throw Error("{}: a speaker lacks its id or name. Remove the file; vits-train speakers writes it anew.",
                  speakers_json.string());
    numbers[speaker["name"].get<std::string>()] = speaker["id"].get<int64_t>();
  }
  return numbers;
}

std::vector<int64_t> number_speakers(const data::SpeakerLabels& labels, const std::map<std::string, int64_t>& known) {
  std::vector<int64_t> numbers(labels.speakers.size());
  std::set<int64_t> taken;
  const auto take = [&](size_t place, int64_t number) {
    if (numbers[place] == 0 && number > 0 && taken.insert(number).second) numbers[place] = number;
  };
  for (size_t place = 0; place < numbers.size(); ++place) {
    if (const auto found = known.find(labels.speakers[place].name); found != known.end()) take(place, found->second);
  }
  for (size_t place = 0; place < numbers.size(); ++place) take(place, number_in(labels.speakers[place].name));
  int64_t next = 1;
  for (size_t place = 0; place < numbers.size(); ++place) {
    while (taken.contains(next)) ++next;
    take(place, next);
  }
  return numbers;
}

std::string speaker_color(size_t place) { return std::string(report::series_color(place)); }

formats::OrderedJson speakers_json(const data::SpeakerLabels& labels, const std::vector<int64_t>& numbers) {
  auto speakers = formats::OrderedJson::array();
  for (size_t place = 0; place < labels.speakers.size(); ++place) {
    const data::FoundSpeaker& speaker = labels.speakers[place];
    speakers.push_back({{"id", numbers[place]},
                        {"name", speaker.name},
                        {"clips", speaker.clips},
                        {"minutes", rounded(speaker.seconds / 60.0, 100.0)},
                        {"color", speaker_color(place)},
                        {"confidence", rounded(speaker.confidence, 1000.0)},
                        {"rare", speaker.is_rare},
                        {"preview", "speakers/" + std::to_string(numbers[place]) + ".wav"}});
  }
  return {{"speakers", speakers}, {"number_is_a_guess", labels.number_is_a_guess}};
}

std::string speakers_csv(const data::TrainingSet& set, const data::SpeakerLabels& labels) {
  std::string lines = formats::delimited_line({"id", "speaker", "confidence", "look_at"}, {});
  for (size_t clip = 0; clip < set.clips.size(); ++clip) {
    lines += formats::delimited_line({set.clips[clip].id, set.clips[clip].speaker,
                                      fmt::format("{:.3f}", labels.clips[clip].confidence), labels.clips[clip].mark},
                                     {});
  }
  return lines;
}

}  // namespace vits::cli
