#include "step_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "vits/report/figures.h"

namespace vits::report {

namespace {

// A part of the line. Of those shown, the one with the highest `rank` goes first when there is no room.
struct Part {
  int rank = 0;
  std::string text;
};

constexpr double kGigabyte = 1e9;

std::string short_name(const std::string& name) { return name == "duration" ? "dur" : name; }

std::string single_losses(const Figures& losses) {
  std::string text;
  for (const auto& [name, value] : losses)
    if (name != "total") text += fmt::format("{}{} {:.3g}", text.empty() ? "" : " ", short_name(name), value);
  return text.empty() ? text : " (" + text + ")";
}

std::vector<Part> parts_of(const StepReport& report) {
  const RunPlace& place = report.place;
  std::vector<Part> parts;
  const auto add = [&](int rank, std::string text) { parts.push_back({rank, std::move(text)}); };
  if (place.steps_in_epoch > 0) {
    const int64_t epochs = std::max(place.epoch, (place.steps + place.steps_in_epoch - 1) / place.steps_in_epoch);
    add(0, fmt::format("epoch {}/{}", place.epoch, epochs));
    add(3, fmt::format("  {}/{}", thousands(place.step_in_epoch), thousands(place.steps_in_epoch)));
  } else {
    add(0, fmt::format("step {}/{}", thousands(place.step), thousands(place.steps)));
  }
  const auto total =
      std::find_if(report.losses.begin(), report.losses.end(), [](const auto& loss) { return loss.first == "total"; });
  if (total != report.losses.end()) add(1, "  loss " + loss_text(total->second));
  const std::string singles = single_losses(report.losses);
  if (!singles.empty()) add(6, (total == report.losses.end() ? "  losses" : "") + singles);
  add(8, fmt::format("  lr {:.1e}", report.learning_rate));
  add(4, fmt::format("  {:.1f}/s", report.samples_per_second));
  const std::string level = report.memory_level.empty() ? "" : " (" + report.memory_level + ")";
  if (report.device_bytes_total > 0)
    add(5, fmt::format("  VRAM {:.1f}/{:.1f} GB{}", static_cast<double>(report.device_bytes_used) / kGigabyte,
                       static_cast<double>(report.device_bytes_total) / kGigabyte, level));
  else if (report.process_bytes > 0)
    add(9, fmt::format("  RAM {:.1f} GB{}", static_cast<double>(report.process_bytes) / kGigabyte, level));
  add(7, fmt::format("  wait {:.1f} %", 100 * report.data_wait_share));
  if (report.epoch_eta_seconds > 0 && place.steps - place.step > place.steps_in_epoch - place.step_in_epoch)
    add(6, "  epoch " + duration_text(report.epoch_eta_seconds));
  if (report.run_eta_seconds > 0) add(2, "  all " + duration_text(report.run_eta_seconds));
  return parts;
}

}  // namespace

std::string step_text(const StepReport& report, size_t columns) {
  std::vector<Part> parts = parts_of(report);
  const auto length = [&] {
    size_t sum = 0;
    for (const Part& part : parts) sum += part.text.size();
    return sum;
  };
  while (parts.size() > 1 && length() > columns)
    parts.erase(std::max_element(parts.begin(), parts.end(),
                                 [](const Part& one, const Part& other) { return one.rank < other.rank; }));
  std::string text;
  for (const Part& part : parts) text += part.text;
  return text.substr(0, columns);
}

std::string place_text(const RunPlace& place) {
  return fmt::format("step {} (epoch {})", thousands(place.step), place.epoch);
}

std::string loss_text(double loss) { return fmt::format("{:.4g}", loss); }

std::string losses_text(const Figures& losses) {
  std::string text;
  const auto add = [&](const std::string& name, double value) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, loss_text(value));
  };
  for (const auto& [name, value] : losses)
    if (name == "total") add(name, value);
  for (const auto& [name, value] : losses)
    if (name != "total") add(name, value);
  return text;
}

}  // namespace vits::report
