#include "vits/report/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "labelled_lines.h"
#include "step_text.h"
#include "vits/report/figures.h"

namespace vits::report {

namespace {

std::string work_text(const RunSummary& summary) {
  std::string text = fmt::format("{} ({:.2f} epochs) in {}", counted(summary.steps, "step"), summary.epochs,
                                 duration_text(summary.used_seconds));
  if (summary.given_seconds > 0) text += " of " + duration_text(summary.given_seconds);
  if (summary.samples_per_second > 0) text += fmt::format(", {:.1f} clips a second", summary.samples_per_second);
  return text;
}

std::string at_text(const RunSummary::Validated& validated) {
  return loss_text(validated.loss) + " at " + place_text({validated.step, 0, validated.epoch, 0, 0});
}

std::string course_text(const RunSummary& summary) {
  std::string text;
  if (summary.start) text += loss_text(summary.start->loss) + " at the start";
  if (summary.best && (!summary.start || summary.best->step != summary.start->step))
    text += fmt::format("{}best {}", text.empty() ? "" : ", ", at_text(*summary.best));
  if (summary.end && (!summary.best || summary.end->step != summary.best->step)
      && (!summary.start || summary.end->step != summary.start->step))
    text += fmt::format("{}{} at the end", text.empty() ? "" : ", ", loss_text(summary.end->loss));
  return text;
}

std::string gain_text(const RunSummary& summary) {
  if (!summary.start || !summary.best) return "";
  if (summary.best->step == summary.start->step || summary.best->loss >= summary.start->loss)
    return summary.end && summary.end->step != summary.start->step
               ? "no validation was better than the start: the best voice is the one it began with"
               : "";
  return fmt::format("the best is {:.3g} % lower than the start", 100 * (1 - summary.best->loss / summary.start->loss));
}

std::string listen_command(const RunSummary& summary) {
  const auto& voice = summary.best_model.empty() ? summary.final_model : summary.best_model;
  if (voice.empty()) return "";
  std::string command = "vits-train synthesize --model " + shell_word(voice.string());
  if (!summary.speaker.empty()) command += " --speaker " + shell_word(summary.speaker);
  return command + " --text " + shell_word(summary.sentence) + " --out hello.wav";
}

}  // namespace

std::string shell_word(const std::string& word) {
  const auto plain = [](char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte >= 0x80 || std::isalnum(byte) != 0 || std::string_view("_-./:=,+@%").find(letter) != std::string::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
  if (word.find_first_of("\"$`\\!") == std::string::npos) return "\"" + word + "\"";
  std::string quoted = "'";
  for (const char letter : word) quoted += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return quoted + "'";
}

std::string summary_text(const RunSummary& summary) {
  LabelledLines lines;
  lines.add("Trained", work_text(summary));
  lines.add("", summary.why_it_ended);
  const std::string course = course_text(summary);
  lines.add(course.empty() ? "" : "Quality", course.empty() ? "" : summary.measure + ": " + course);
  lines.add("", gain_text(summary));
  lines.add("Best voice", summary.best_model.string());
  lines.add("Last voice", summary.final_model.string());
  if (!summary.checkpoint_dir.empty() && summary.checkpoints_kept > 0)
    lines.add("Checkpoints", fmt::format("{} in {}", summary.checkpoints_kept, summary.checkpoint_dir.string()));
  if (summary.skipped_clips > 0)
    lines.add("Skipped", counted(summary.skipped_clips, "clip")
                             + (summary.skipped_file.empty() ? "" : ", listed in " + summary.skipped_file.string()));
  lines.add(summary.profile.empty() ? "" : "Profile", summary.profile);
  for (const auto& note : summary.notes) lines.add(&note == &summary.notes.front() ? "Note" : "", note);
  lines.add("Go on", summary.resume_command);
  lines.add("Listen", listen_command(summary));
  return lines.text();
}

}  // namespace vits::report
