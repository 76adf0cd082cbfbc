#include "metrics.h"

#include <fmt/format.h>

#include <cmath>

#include "vits/base/files.h"
#include "vits/formats/json.h"

namespace vits::report {

namespace {

constexpr double kBytesAGigabyte = 1e9;

// "grad_norm_gen" and "grad_norm_disc" stand side by side in TensorBoard's group grad_norm.
std::string group_of(const std::string& name) {
  const std::string prefix = "grad_norm_";
  return name.starts_with(prefix) ? "grad_norm/" + name.substr(prefix.size()) : name;
}

// The step a line tells of; -1 when it is no line of ours.
int64_t step_of(std::string_view line) {
  const auto value = formats::Json::parse(line, nullptr, false);
  if (!value.is_object()) return -1;
  const auto step = value.find("step");
  return step != value.end() && step->is_number_integer() ? step->get<int64_t>() : -1;
}

}  // namespace

Figures figures_of(const StepReport& report) {
  Figures figures;
  for (const auto& [name, value] : report.losses) figures.emplace_back("train/" + name, value);
  figures.emplace_back("learning_rate", report.learning_rate);
  for (const auto& [name, value] : report.more) figures.emplace_back(group_of(name), value);
  figures.emplace_back("speed/samples_per_second", report.samples_per_second);
  figures.emplace_back("speed/data_wait_share", report.data_wait_share);
  if (report.device_bytes_total > 0)
    figures.emplace_back("memory/device_gb", static_cast<double>(report.device_bytes_used) / kBytesAGigabyte);
  figures.emplace_back("memory/process_gb", static_cast<double>(report.process_bytes) / kBytesAGigabyte);
  return figures;
}

Figures figures_of_validation(const Figures& losses, double seconds) {
  Figures figures;
  for (const auto& [name, value] : losses) figures.emplace_back("validation/" + name, value);
  figures.emplace_back("speed/validation_seconds", seconds);
  return figures;
}

std::string metrics_line(const RunPlace& place, const Figures& figures, const Figures& more) {
  formats::OrderedJson line;
  line["step"] = place.step;
  line["epoch"] = place.epoch;
  std::string odd;
  for (const Figures* some : {&more, &figures}) {
    for (const auto& [name, value] : *some) {
      line[name] = value;  // the JSON library writes null for what is not finite
      if (!std::isfinite(value)) odd += fmt::format("{}{} {}", odd.empty() ? "" : ", ", name, value);
    }
  }
  if (!odd.empty()) line["not_finite"] = odd;
  return line.dump(-1, ' ', false, formats::OrderedJson::error_handler_t::replace) + "\n";
}

void cut_metrics(const std::filesystem::path& path, int64_t step) {
  if (!std::filesystem::exists(path)) return;
  const std::string text = base::read_file(path);
  std::string kept;
  for (size_t place = 0; place < text.size();) {
    const size_t end = text.find('\n', place);
    if (end == std::string::npos) break;
    const std::string_view line = std::string_view(text).substr(place, end + 1 - place);
    const int64_t of = step_of(line);
    if (step > 0 && of >= 0 && of <= step) kept += line;
    place = end + 1;
  }
  if (kept.size() != text.size()) base::write_file(path, kept);
}

}  // namespace vits::report
