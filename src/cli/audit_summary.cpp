#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "audit_page.h"
#include "vits/report/figures.h"

namespace vits::cli {

namespace {

using data::Audit;
using data::Finding;
using data::Severity;
using data::SoundMeasures;

constexpr size_t kPlacesShown = 3, kCharactersShown = 12;

std::string line(const std::string& name, const std::string& text) { return fmt::format("  {:<16}{}\n", name, text); }

// "0.9 to 14.2 s, 4.6 in the middle".
std::string range(std::vector<double> values, const char* unit, double scale = 1.0) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return "not known";
  const auto [least, most] = std::ranges::minmax(values);
  return fmt::format("{:.1f} to {:.1f} {}, {:.1f} in the middle", least * scale, most * scale, unit,
                     Audit::median(values) * scale);
}

std::string speakers_text(const Audit& audit) {
  if (audit.speakers.size() == 1 && audit.speakers[0].name.empty()) return "not said";
  std::string text = fmt::format("{}: ", audit.speakers.size());
  for (size_t i = 0; i < std::min(audit.speakers.size(), kPlacesShown * 2); ++i)
    text += fmt::format("{}{} {:.1f} min", i ? ", " : "",
                        audit.speakers[i].name.empty() ? "(not said)" : audit.speakers[i].name,
                        audit.speakers[i].seconds / 60);
  if (audit.speakers.size() > kPlacesShown * 2) text += " ...";
  return text;
}

std::string finding_text(const Audit& audit, const Finding& found) {
  const auto& kind = *found.kind;
  const char* word = kind.severity == Severity::kBlocks    ? "BLOCKS"
                     : kind.severity == Severity::kWarning ? "warning"
                                                           : "note";
  std::string text = fmt::format("{:<8}{}: {}\n", word, kind.title, extent_text(found));
  for (size_t i = 0; i < std::min(found.clips.size(), kPlacesShown); ++i) {
    const auto& flagged = found.clips[i];
    text += fmt::format("          {}{}{}\n", place_of(audit.clips[flagged.clip]), flagged.detail.empty() ? "" : ": ",
                        flagged.detail);
  }
  for (size_t i = 0; found.places.size() > 1 && i < std::min(found.places.size(), kPlacesShown); ++i)
    text += fmt::format("          {}\n", found.places[i]);
  if (std::max(found.clips.size(), found.places.size()) > kPlacesShown) text += "          ...\n";
  return text + fmt::format("        {} {}\n", kind.why, kind.remedy);
}

std::string characters_text(const Audit& audit) {
  if (audit.unknown.empty()) return {};
  std::string text = "\nCharacters that the voice does not know\n";
  for (size_t i = 0; i < std::min(audit.unknown.size(), kCharactersShown); ++i) {
    const auto& unknown = audit.unknown[i];
    text += fmt::format("  {:>7} x {}  {}\n            {}\n", report::thousands(unknown.count),
                        unknown.proposal.instead_of, unknown.name, unknown.proposal.advice);
  }
  if (audit.unknown.size() > kCharactersShown)
    text += fmt::format("  ... and {} more\n", audit.unknown.size() - kCharactersShown);
  return text;
}

}  // namespace

std::string audit_summary(const data::Audit& audit) {
  std::string text = fmt::format("{}: {} clips, {}; {} of them to judge by\n", audit.folder.string(),
                                 report::thousands(static_cast<int64_t>(audit.clips.size())),
                                 report::duration_text(audit.seconds), report::thousands(audit.validation_clips));
  if (audit.heard_clips > 0) {
    text += line("length", range(audit.values(&SoundMeasures::seconds), "s"));
    text += line("loudness", range(audit.values(&SoundMeasures::loudness_lufs), "LUFS"));
    text += line("above noise", range(audit.values(&SoundMeasures::snr_db), "dB"));
    text += line("bandwidth", range(audit.values(&SoundMeasures::bandwidth_hz), "kHz", 1e-3));
    text += line("silence", fmt::format("{:.1f} % in all", 100 * silence_share(audit)));
    text += line("speakers", speakers_text(audit));
    text += line("longest batch", longest_batch_text(audit.longest_batch));
  }
  if (!audit.has_vocabulary)
    text += "  No vocabulary is known (--model names a voice): what depends on it is left out.\n";
  text += characters_text(audit);
  if (!audit.findings.empty()) text += "\n";
  for (const Finding& found : audit.findings) text += finding_text(audit, found);
  const bool warned = std::ranges::any_of(
      audit.findings, [](const Finding& found) { return found.kind->severity == Severity::kWarning; });
  return text
         + (audit.blocked() ? "\nTraining would fail.\n"
            : warned        ? "\nTraining would run, and the voice could be better.\n"
                            : "\nReady to train on.\n");
}

}  // namespace vits::cli
