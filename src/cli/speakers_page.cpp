#include "speakers_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "speakers_file.h"
#include "vits/report/figures.h"
#include "vits/report/html.h"
#include "vits/speaker/voice_map.h"

namespace vits::cli {

namespace {

using report::Cell;
using report::number_cell;

constexpr size_t kMostOnMap = 1500;  // the map's time grows by the square
constexpr size_t kMostMarked = 100;

std::string percent(double share) { return fmt::format("{:.0f} %", 100.0 * share); }

// Of a large set every so manieth clip, but of each speaker at least a few.
std::vector<size_t> clips_for_map(const data::SpeakerLabels& labels) {
  const size_t total = labels.clips.size(), step = (total + kMostOnMap - 1) / kMostOnMap;
  std::vector<size_t> chosen, seen(labels.speakers.size());
  for (size_t clip = 0; clip < total; ++clip) {
    const int64_t speaker = labels.clips[clip].speaker;
    if (speaker < 0 || labels.voices[clip] == speaker::Embedding{}) continue;
    if (clip % step == 0 || seen[size_t(speaker)] < 3) {
      chosen.push_back(clip);
      ++seen[size_t(speaker)];
    }
  }
  return chosen;
}

report::Scatter map_of(const data::TrainingSet& set, const data::SpeakerLabels& labels) {
  report::Scatter map;
  map.title = "Each point is a clip; clips of alike voices lie together";
  for (size_t place = 0; place < labels.speakers.size(); ++place)
    map.groups.push_back({labels.speakers[place].name, speaker_color(place)});
  const std::vector<size_t> clips = clips_for_map(labels);
  std::vector<speaker::Embedding> voices;
  for (const size_t clip : clips) voices.push_back(labels.voices[clip]);
  const auto places = speaker::voice_map(voices);
  for (size_t point = 0; point < clips.size(); ++point) {
    const auto& clip = set.clips[clips[point]];
    const auto& spoken = labels.clips[clips[point]];
    map.points.push_back(
        {.x = places[point][0],
         .y = places[point][1],
         .group = size_t(spoken.speaker),
         .label = fmt::format("{} · {} · {} sure · {}", clip.speaker, clip.id, percent(spoken.confidence), clip.text),
         .sound = "wavs/" + clip.id + ".wav"});
  }
  if (clips.size() < labels.clips.size())
    map.title += fmt::format(" ({} of {} are drawn)", report::thousands(int64_t(clips.size())),
                             report::thousands(int64_t(labels.clips.size())));
  return map;
}

report::HtmlTable speakers_table(const data::SpeakerLabels& labels, const std::vector<int64_t>& numbers) {
  report::HtmlTable table{.columns = {"number", "name", "clips", "minutes", "sure", "listen"},
                          .rows = {},
                          .rows_in_all = 0,
                          .rest_is_in = {}};
  for (size_t place = 0; place < labels.speakers.size(); ++place) {
    const data::FoundSpeaker& speaker = labels.speakers[place];
    std::string name = speaker.name;
    if (speaker.is_rare) name += " (rare)";
    table.rows.push_back(
        {number_cell(std::to_string(numbers[place])), Cell{.text = name}, number_cell(report::thousands(speaker.clips)),
         number_cell(fmt::format("{:.1f}", speaker.seconds / 60.0)), number_cell(percent(speaker.confidence)),
         Cell{.text = "", .sound = fmt::format("speakers/{}.wav", numbers[place])}});
  }
  return table;
}

report::HtmlTable marked_table(const data::TrainingSet& set, const data::SpeakerLabels& labels) {
  report::HtmlTable table{
      .columns = {"clip", "speaker", "why"}, .rows = {}, .rows_in_all = 0, .rest_is_in = "speakers.csv"};
  for (size_t clip = 0; clip < set.clips.size(); ++clip) {
    if (labels.clips[clip].mark.empty()) continue;
    ++table.rows_in_all;
    if (table.rows.size() < kMostMarked)
      table.rows.push_back({Cell{.text = set.clips[clip].id, .sound = "wavs/" + set.clips[clip].id + ".wav"},
                            Cell{.text = set.clips[clip].speaker}, Cell{.text = labels.clips[clip].mark}});
  }
  return table;
}

}  // namespace

std::string speakers_page(const data::TrainingSet& set, const data::SpeakerLabels& labels,
                          const std::vector<int64_t>& numbers) {
  double seconds = 0.0;
  for (const data::SpokenClip& clip : labels.clips) seconds += clip.seconds;
  report::HtmlPage page(
      "Speakers of " + set.folder.string(),
      fmt::format("{} clips, {}", report::thousands(int64_t(set.clips.size())), report::duration_text(seconds)));
  const report::HtmlTable marked = marked_table(set, labels);
  page.figures({{"speakers", report::thousands(int64_t(labels.speakers.size()))},
                {"clips", report::thousands(int64_t(set.clips.size()))},
                {"clips to listen to", report::thousands(marked.rows_in_all)}});
  if (labels.number_is_a_guess)
    page.notice(report::Tone::kWarning, "How many people speak is a guess",
                {"Most clips are shorter than a second or single words, which say little of a voice. If you know the "
                 "number, give it: --relabel --speakers N."});
  page.section("Who is speaking");
  page.paragraph(
      "Hover over a point or touch it to read its text, click to hear it. A name is changed by vits-train speakers "
      "--rename 3=narrator, two are joined by --merge 1,4.");
  page.plots({to_svg(map_of(set, labels))});
  page.table(speakers_table(labels, numbers));
  if (marked.rows_in_all > 0) {
    page.section("Clips that may be wrong");
    page.table(marked);
  }
  return page.html();
}

}  // namespace vits::cli
