#include "audit_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "vits/report/figures.h"
#include "vits/report/html.h"

namespace vits::cli {

namespace {

using data::Audit;
using data::AuditedClip;
using data::Finding;
using data::Severity;
using data::SoundMeasures;
using report::Cell;
using report::number_cell;
using report::Tone;

constexpr size_t kRowsShown = 50, kPlacesOnPage = 50, kLongestShown = 10, kSpeakersShown = 24;
constexpr const char* kRestIsIn = "the output of vits-train audit --json";

Tone tone_of(Severity severity) {
  return severity == Severity::kBlocks ? Tone::kBad : severity == Severity::kWarning ? Tone::kWarning : Tone::kNote;
}

std::string word_of(Severity severity) {
  return severity == Severity::kBlocks ? "Blocks training" : severity == Severity::kWarning ? "Warning" : "Note";
}

class Page {
 public:
  Page(const Audit& audit, const std::filesystem::path& page_path)
      : audit_(audit), page_(title(audit), subtitle(audit)) {
    const auto from = std::filesystem::absolute(page_path).parent_path();
    folder_ = std::filesystem::absolute(audit.folder).lexically_normal().lexically_relative(from.lexically_normal());
  }

  std::string html() {
    verdict();
    figures();
    findings();
    characters();
    plots();
    longest();
    return page_.html();
  }

 private:
  static std::string title(const Audit& audit) { return "Audit of " + audit.folder.string(); }

  static std::string subtitle(const Audit& audit) {
    return fmt::format("{} clips, {}{}", report::thousands(static_cast<int64_t>(audit.clips.size())),
                       report::duration_text(audit.seconds),
                       audit.voice.empty() ? ", without a voice to compare with" : ", for " + audit.voice);
  }

  std::string sound(const AuditedClip& audited) const {
    return audited.is_missing ? "" : (folder_ / audit_.sound_of(audited)).lexically_normal().generic_string();
  }

  void verdict() {
    const auto count = [&](Severity severity) {
      return std::ranges::count_if(audit_.findings,
                                   [&](const Finding& found) { return found.kind->severity == severity; });
    };
    if (audit_.blocked())
      page_.notice(Tone::kBad, "Training would fail", {"See what blocks it below, first in the list."});
    else if (count(Severity::kWarning) > 0)
      page_.notice(Tone::kWarning, "Training would run, and the voice could be better",
                   {"The warnings below say what it would suffer from."});
    else
      page_.notice(Tone::kGood, "Ready to train on", {"Nothing was found that the voice would suffer from."});
    if (!audit_.has_vocabulary)
      page_.paragraph(
          "No vocabulary is known (--model names a voice), so what depends on its vocabulary is left out: characters "
          "it does "
          "not know, texts that become empty, tokens.");
  }

  void figures() {
    const auto median = [&](double SoundMeasures::*measure) { return Audit::median(audit_.values(measure)); };
    const auto shown = [](double value, const char* format) {
      return std::isfinite(value) ? fmt::format(fmt::runtime(format), value) : std::string("–");
    };
    const auto clips = static_cast<int64_t>(audit_.clips.size());
    const auto share = clips ? 100.0 * static_cast<double>(audit_.validation_clips) / static_cast<double>(clips) : 0.0;
    const bool named = audit_.speakers.size() != 1 || !audit_.speakers[0].name.empty();
    page_.figures({{"clips", report::thousands(clips)},
                   {"of sound", report::duration_text(audit_.seconds)},
                   {"speakers", named ? report::thousands(static_cast<int64_t>(audit_.speakers.size())) : "not said"},
                   {"held out to judge by", fmt::format("{:.1f} %", share)},
                   {"long in the middle", shown(median(&SoundMeasures::seconds), "{:.1f} s")},
                   {"loud in the middle", shown(median(&SoundMeasures::loudness_lufs), "{:.1f} LUFS")},
                   {"speech above noise", shown(median(&SoundMeasures::snr_db), "{:.0f} dB")},
                   {"bandwidth", shown(median(&SoundMeasures::bandwidth_hz) / 1000, "{:.1f} kHz")},
                   {"silence", fmt::format("{:.1f} %", 100 * silence_share(audit_))}});
  }

  void findings() {
    page_.section("What was found");
    if (audit_.findings.empty()) page_.paragraph("Nothing.");
    for (const Finding& found : audit_.findings) {
      const auto& kind = *found.kind;
      page_.notice(tone_of(kind.severity),
                   fmt::format("{}: {} – {}", word_of(kind.severity), kind.title, extent_text(found)),
                   {std::string(kind.why) + " " + kind.remedy});
      if (found.places.size() > 1) places(found);  // a single one stands in the headline
      if (!found.clips.empty()) flagged_clips(found);
    }
  }

  void places(const Finding& found) {
    report::HtmlTable table{{"What"}, {}, static_cast<int64_t>(found.places.size()), kRestIsIn};
    for (size_t i = 0; i < std::min(found.places.size(), kPlacesOnPage); ++i)
      table.rows.push_back({Cell{found.places[i]}});
    page_.open_fold("Where", found.places.size() <= 3);
    page_.table(table);
    page_.close_fold();
  }

  void flagged_clips(const Finding& found) {
    report::HtmlTable table{
        {"Listen", "Where", "What", "Text"}, {}, static_cast<int64_t>(found.clips.size()), kRestIsIn};
    for (size_t i = 0; i < std::min(found.clips.size(), kRowsShown); ++i) {
      const AuditedClip& audited = audit_.clips[found.clips[i].clip];
      table.rows.push_back({Cell{.text = {}, .sound = sound(audited)}, Cell{place_of(audited)},
                            Cell{found.clips[i].detail}, Cell{audited.clip.text}});
    }
    page_.open_fold("The clips, the worst first", found.kind->severity == Severity::kBlocks);
    page_.table(table);
    page_.close_fold();
  }

  void characters() {
    if (audit_.unknown.empty()) return;
    page_.section("Characters that the voice does not know");
    report::HtmlTable table{{"Character", "Name", "Times", "Clips", "Proposal", "Example"},
                            {},
                            static_cast<int64_t>(audit_.unknown.size()),
                            kRestIsIn};
    for (size_t i = 0; i < std::min(audit_.unknown.size(), kRowsShown); ++i) {
      const data::UnknownCharacter& unknown = audit_.unknown[i];
      const AuditedClip& example = audit_.clips[unknown.clips.front()];
      table.rows.push_back(
          {Cell{unknown.proposal.instead_of}, Cell{unknown.name}, number_cell(report::thousands(unknown.count)),
           number_cell(report::thousands(static_cast<int64_t>(unknown.clips.size()))), Cell{unknown.proposal.advice},
           Cell{.text = example.clip.text, .sound = sound(example), .marked = unknown.character}});
    }
    page_.table(table);
  }

  void plots() {
    page_.section("The recordings");
    std::vector<std::string> svgs;
    const auto histogram = [&](double SoundMeasures::*measure, const char* heading, const char* unit, double least_bin,
                               double scale = 1.0) {
      auto values = audit_.values(measure);
      for (double& value : values) value *= scale;
      svgs.push_back(to_svg(report::histogram_of(values, heading, unit, least_bin)));
    };
    histogram(&SoundMeasures::seconds, "Length", "seconds", 0.05);
    histogram(&SoundMeasures::loudness_lufs, "Loudness", "LUFS", 0.5);
    histogram(&SoundMeasures::snr_db, "Speech above noise", "dB", 1.0);
    histogram(&SoundMeasures::bandwidth_hz, "Bandwidth", "kHz", 0.1, 1e-3);
    std::vector<double> silence;
    for (const AuditedClip& audited : audit_.clips)
      if (audited.is_heard() && audited.sound.seconds > 0)
        silence.push_back(
            100 * (audited.sound.seconds - audited.sound.sounding_seconds() + audited.sound.silence_inside_seconds)
            / audited.sound.seconds);
    svgs.push_back(to_svg(report::histogram_of(silence, "Silence", "% of a clip", 1.0)));
    svgs.push_back(pace_plot());
    if (audit_.speakers.size() > 1) svgs.push_back(speakers_plot());
    page_.plots(svgs);
  }

  std::string pace_plot() const {
    const Finding* odd = audit_.find("odd_pace");
    std::vector<bool> is_odd(audit_.clips.size());
    for (const auto& flagged : odd ? odd->clips : std::vector<data::FlaggedClip>{}) is_odd[flagged.clip] = true;
    const bool by_tokens = audit_.has_vocabulary;
    report::Scatter scatter{
        "Length of sound and text: a point aside has the wrong text",
        by_tokens ? "tokens" : "characters spoken",
        "seconds",
        {{"usual", std::string(report::series_color(0))}, {"odd", std::string(report::series_color(6))}},
        {}};
    for (size_t place = 0; place < audit_.clips.size(); ++place) {
      const AuditedClip& audited = audit_.clips[place];
      if (audited.pace <= 0) continue;
      scatter.points.push_back({static_cast<double>(by_tokens ? audited.tokens : audited.spoken_characters),
                                audited.sound.sounding_seconds(), is_odd[place],
                                fmt::format("{}: {}", audited.clip.id, audited.clip.text), sound(audited)});
    }
    // The odd ones last, so that they lie on top.
    std::stable_partition(scatter.points.begin(), scatter.points.end(),
                          [](const report::Point& point) { return point.group == 0; });
    return to_svg(scatter);
  }

  std::string speakers_plot() const {
    report::Bars bars{"Minutes of each speaker", {}};
    for (size_t i = 0; i < std::min(audit_.speakers.size(), kSpeakersShown); ++i) {
      const auto& share = audit_.speakers[i];
      bars.bars.push_back({share.name.empty() ? "(not said)" : share.name, share.seconds / 60,
                           fmt::format("{:.1f} min, {} clips", share.seconds / 60, report::thousands(share.clips)), i});
    }
    if (audit_.speakers.size() > kSpeakersShown)
      bars.title += fmt::format(" (the first {} of {})", kSpeakersShown, audit_.speakers.size());
    return to_svg(bars);
  }

  void longest() {
    if (audit_.heard_clips == 0) return;
    page_.section("The longest clips");
    page_.paragraph(longest_batch_text(audit_.longest_batch) + ". Training pads a batch to its longest clip and text.");
    std::vector<size_t> places;
    for (size_t place = 0; place < audit_.clips.size(); ++place)
      if (audit_.clips[place].is_heard()) places.push_back(place);
    std::ranges::stable_sort(places, std::greater{}, [&](size_t place) { return audit_.clips[place].sound.seconds; });
    report::HtmlTable table{{"Listen", "Where", "Length", "Text"}, {}, 0, {}};
    for (size_t i = 0; i < std::min(places.size(), kLongestShown); ++i) {
      const AuditedClip& audited = audit_.clips[places[i]];
      table.rows.push_back({Cell{.text = {}, .sound = sound(audited)}, Cell{place_of(audited)},
                            number_cell(report::duration_text(audited.sound.seconds)), Cell{audited.clip.text}});
    }
    page_.table(table);
  }

  const Audit& audit_;
  report::HtmlPage page_;
  std::filesystem::path folder_;
};

}  // namespace

std::string audit_page(const data::Audit& audit, const std::filesystem::path& page_path) {
  return Page(audit, page_path).html();
}

std::string extent_text(const data::Finding& finding) {
  const size_t clips = finding.clips.size(), places = finding.places.size();
  if (clips > 0) return fmt::format("{} clip{}", report::thousands(static_cast<int64_t>(clips)), clips == 1 ? "" : "s");
  return places == 1 ? finding.places[0] : fmt::format("{} places", report::thousands(static_cast<int64_t>(places)));
}

std::string longest_batch_text(const data::LongestBatch& batch) {
  std::string text = fmt::format("{} clips of up to {:.1f} s", batch.clips, batch.seconds);
  if (batch.tokens > 0) text += fmt::format(" and {} tokens", report::thousands(batch.tokens));
  if (batch.bytes_needed > 0) text += ": about " + report::bytes_text(batch.bytes_needed) + " of memory on the card";
  return text;
}

double silence_share(const data::Audit& audit) {
  return audit.seconds > 0 ? audit.silence_seconds / audit.seconds : 0.0;
}

std::string place_of(const data::AuditedClip& audited) {
  return fmt::format("{}, row {} ({})", audited.clip.validation ? "metadata_val.csv" : "metadata.csv", audited.clip.row,
                     audited.clip.id);
}

}  // namespace vits::cli
