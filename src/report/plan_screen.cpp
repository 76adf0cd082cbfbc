#include "vits/report/plan_screen.h"

#include <fmt/format.h>

#include <cmath>
#include <ctime>

#include "labelled_lines.h"
#include "vits/report/figures.h"

namespace vits::report {

namespace {

std::tm local_time(int64_t unix_seconds) {
  const auto seconds = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  return parts;
}

std::string voice_text(const PlanScreen& plan) {
  std::string text = fmt::format("{}: {} parameters", plan.voice, thousands(plan.parameters));
  if (plan.trained_parameters < plan.parameters)
    text += fmt::format(", {} of them trained", thousands(plan.trained_parameters));
  return text + fmt::format(", {} Hz, {}", thousands(plan.sample_rate_hz), counted(plan.speakers, "speaker"));
}

std::string discriminator_text(const PlanScreen& plan) {
  if (plan.discriminator_parameters == 0) return "trained without a discriminator";
  return fmt::format("discriminator of {} parameters{}{}", thousands(plan.discriminator_parameters),
                     plan.discriminator.empty() ? "" : ", ", plan.discriminator);
}

std::string data_text(const PlanScreen& plan) {
  std::string text = fmt::format("{}: {} ({}) to train on, {} to validate with", plan.data_dir,
                                 counted(plan.training_clips, "clip"), duration_text(plan.training_seconds),
                                 plan.validation_clips > 0 ? thousands(plan.validation_clips) : "none");
  if (plan.skipped_clips > 0) text += fmt::format(", {} skipped (skipped.csv)", thousands(plan.skipped_clips));
  return text;
}

std::string steps_text(const PlanScreen& plan) {
  std::string text = counted(plan.steps, "step");
  if (plan.batch_size > 0) text += fmt::format(" of {}", counted(plan.batch_size, "clip"));
  if (plan.accumulation_steps > 1) text += fmt::format(" x {}", plan.accumulation_steps);
  if (plan.steps_in_epoch > 0)
    text +=
        fmt::format(": {:.2f} epochs of {}", static_cast<double>(plan.steps) / static_cast<double>(plan.steps_in_epoch),
                    counted(plan.steps_in_epoch, "step"));
  if (plan.first_step > 0) text += fmt::format("; {} are made already", thousands(plan.first_step));
  return text;
}

std::string time_text(const PlanScreen& plan) {
  if (plan.run_seconds <= 0) return "";
  std::string text = "ready "
                     + clock_text(plan.now_unix_seconds + std::llround(plan.run_seconds), plan.now_unix_seconds)
                     + ", in " + duration_text(plan.run_seconds);
  if (plan.given_seconds > 0) text += " (asked for: " + duration_text(plan.given_seconds) + " of training)";
  if (plan.samples_per_second > 0) text += fmt::format(", at {:.1f} clips a second", plan.samples_per_second);
  return text;
}

std::string need_text(const char* what, uint64_t needed, uint64_t free, uint64_t total) {
  if (needed == 0 && free == 0) return "";
  std::string text = what;
  if (needed > 0) text += fmt::format(": about {} needed", bytes_text(needed));
  if (free > 0) text += fmt::format("{} {} free", needed > 0 ? "," : ":", bytes_text(free));
  if (total > 0) text += " of " + bytes_text(total);
  return needed > free && free > 0 ? text + ": MAY NOT FIT" : text;
}

std::string output_text(const PlanScreen& plan) {
  if (plan.checkpoint_dir.empty()) return "";
  return plan.checkpoint_dir + ": checkpoints, best_model, train.log, metrics.jsonl, TensorBoard";
}

}  // namespace

std::string counted(int64_t count, const std::string& noun) {
  return thousands(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string clock_text(int64_t unix_seconds, int64_t now_unix_seconds) {
  const std::tm then = local_time(unix_seconds), now = local_time(now_unix_seconds);
  std::tm next_day = now;  // noon, so that no change of the clocks leads to another day
  ++next_day.tm_mday;
  next_day.tm_hour = 12;
  next_day.tm_isdst = -1;
  const std::tm tomorrow = local_time(std::mktime(&next_day));
  const auto same_day = [&](const std::tm& day) { return day.tm_year == then.tm_year && day.tm_yday == then.tm_yday; };
  char text[64];
  const char* form = same_day(now) ? "today at %H:%M" : same_day(tomorrow) ? "tomorrow at %H:%M" : "%a %e %b at %H:%M";
  return {text, std::strftime(text, sizeof text, form, &then)};
}

std::string plan_text(const PlanScreen& plan) {
  LabelledLines lines;
  lines.add("Voice", voice_text(plan));
  lines.add("", discriminator_text(plan));
  lines.add("Data", data_text(plan));
  lines.add("", plan.store);
  lines.add("Plan", steps_text(plan));
  lines.add("", time_text(plan));
  lines.add("Machine", plan.device + (plan.precision.empty() ? "" : ", " + plan.precision));
  lines.add("", need_text("VRAM", plan.device_needed_bytes, plan.device_free_bytes, plan.device_total_bytes));
  lines.add("", need_text("RAM", plan.memory_needed_bytes, plan.memory_free_bytes, 0));
  lines.add("Output", output_text(plan));
  if (!plan.output_dir.empty()) lines.add("", plan.output_dir + ": the finished voice");
  for (const auto& note : plan.notes) lines.add(&note == &plan.notes.front() ? "Note" : "", note);
  return lines.text();
}

}  // namespace vits::report
