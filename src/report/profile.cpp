#include "vits/report/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "labelled_lines.h"
#include "vits/formats/json.h"
#include "vits/report/figures.h"

namespace vits::report {

namespace {

constexpr int kProcess = 1, kThread = 1;

std::string whole_of(const std::string& phase) { return phase.substr(0, phase.find('/')); }

bool is_part(const std::string& phase) { return phase.find('/') != std::string::npos; }

std::string in_words(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string row(const std::string& name, double seconds_per_step, double share) {
  return fmt::format("  {:<28}{:>12.2f}{:>9.1f} %\n", name, 1000 * seconds_per_step, 100 * share);
}

}  // namespace

void Profile::begin_step(int64_t step) {
  end_step();
  ++steps_;
  ++steps_since_interval_;
  step_ = step;
  step_begin_ns_ = now_ns_;
}

void Profile::end_step() {
  close_group();
  if (step_ >= 0 && traces()) spans_.push_back({fmt::format("step {}", step_), 0, step_begin_ns_, now_ns_, step_});
  step_ = -1;
}

void Profile::close_group() {
  if (!group_.name.empty() && traces()) spans_.push_back(group_);
  group_ = {};
}

void Profile::add(const std::string& phase, double seconds) {
  const std::string whole = whole_of(phase);
  const auto known = [&](const std::string& name) { return std::find(order_.begin(), order_.end(), name); };
  const auto behind = [&](const std::string& name) {  // and its parts
    auto place = known(name);
    if (place == order_.end()) return place;
    ++place;
    while (place != order_.end() && is_part(*place)) ++place;
    return place;
  };
  if (known(whole) == order_.end()) order_.insert(behind(newest_), whole);
  if (is_part(phase) && known(phase) == order_.end()) order_.insert(behind(whole), phase);
  newest_ = whole;
  sums_[phase].seconds += seconds;
  sums_[phase].since_interval += seconds;
  if (phase != kOutside) training_seconds_ += seconds;

  const int64_t begin_ns = now_ns_;
  now_ns_ += std::llround(1e9 * std::max(0.0, seconds));
  if (whole != group_.name) {
    close_group();
    group_ = {whole, 1, begin_ns, begin_ns, step_};
  }
  group_.end_ns = now_ns_;
  if (is_part(phase) && traces()) spans_.push_back({phase.substr(whole.size() + 1), 2, begin_ns, now_ns_, step_});
}

double Profile::seconds_per_step() const { return steps_ > 0 ? training_seconds_ / static_cast<double>(steps_) : 0.0; }

double Profile::share(const std::string& phase) const {
  double seconds = 0.0;
  for (const auto& [name, sum] : sums_)
    if (name == phase || name.starts_with(phase + "/")) seconds += sum.seconds;
  return training_seconds_ > 0 ? seconds / training_seconds_ : 0.0;
}

Figures Profile::take_interval() {
  Figures figures;
  if (steps_since_interval_ == 0) return figures;
  std::map<std::string, double> wholes;
  for (const auto& [name, sum] : sums_) wholes[whole_of(name)] += sum.since_interval;
  for (const std::string& name : order_) {
    const double seconds = is_part(name) ? sums_.at(name).since_interval : wholes.at(name);
    if (name != kOutside)
      figures.emplace_back("profile/" + name + "_ms", 1000 * seconds / static_cast<double>(steps_since_interval_));
  }
  for (auto& [name, sum] : sums_) sum.since_interval = 0.0;
  steps_since_interval_ = 0;
  return figures;
}

std::string Profile::table() const {
  if (steps_ == 0) return "";
  const auto per_step = [&](double share) { return share * seconds_per_step(); };
  std::string text = fmt::format("Where the time of {} went, {:.1f} ms each:\n  {:<28}{:>12}{:>11}\n",
                                 counted(steps_, "step"), 1000 * seconds_per_step(), "", "ms a step", "share");
  double outside = 0.0;
  for (size_t i = 0; i < order_.size(); ++i) {
    const std::string& name = order_[i];
    if (name == kOutside) {
      outside = sums_.at(name).seconds;
      continue;
    }
    const auto label = is_part(name) ? "  " + name.substr(name.find('/') + 1) : name;
    text += row(in_words(label), per_step(share(name)), share(name));
    // The rest of a whole stands below its last part.
    const std::string whole = whole_of(name);
    const Sum& rest = sums_.at(whole);
    const bool parts_end = i + 1 == order_.size() || !is_part(order_[i + 1]);
    if (is_part(name) && parts_end && rest.seconds > 0)
      text += row("  the rest", rest.seconds / static_cast<double>(steps_), rest.seconds / training_seconds_);
  }
  if (outside > 0)
    text += fmt::format("  Besides: {} for validations, samples and checkpoints\n", duration_text(outside));
  return text;
}

std::string Profile::summary() const {
  std::vector<std::pair<double, std::string>> shares;
  for (const std::string& name : order_)
    if (!is_part(name) && name != kOutside && name != kDataWait) shares.emplace_back(share(name), name);
  std::sort(shares.rbegin(), shares.rend());
  std::string text = fmt::format("{:.1f} ms a step", 1000 * seconds_per_step());
  for (size_t i = 0; i < std::min<size_t>(shares.size(), 3); ++i)
    text += fmt::format(", {:.0f} % {}", 100 * shares[i].first, in_words(shares[i].second));
  return text + fmt::format(", {:.2f} % waiting for data", 100 * share(kDataWait));
}

std::string Profile::trace(const std::string& where) const {
  const auto about = [&](const char* what, const std::string& name) {
    return formats::OrderedJson{
        {"ph", "M"}, {"name", what}, {"pid", kProcess}, {"tid", kThread}, {"args", {{"name", name}}}};
  };
  auto spans = spans_;
  // A whole before its parts.
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    return std::tuple(a.begin_ns, -a.end_ns, a.depth) < std::tuple(b.begin_ns, -b.end_ns, b.depth);
  });
  formats::OrderedJson events = {about("process_name", "vits-train"), about("thread_name", where)};
  for (const Span& span : spans) {
    formats::OrderedJson event{{"ph", "X"},
                               {"cat", span.depth == 0 ? "step" : "phase"},
                               {"name", in_words(span.name)},
                               {"pid", kProcess},
                               {"tid", kThread},
                               {"ts", static_cast<double>(span.begin_ns) / 1000},
                               {"dur", static_cast<double>(span.end_ns - span.begin_ns) / 1000}};
    if (span.step >= 0) event["args"] = {{"step", span.step}};
    events.push_back(event);
  }
  return formats::OrderedJson{{"schemaVersion", 1}, {"traceEvents", events}, {"displayTimeUnit", "ms"}}.dump() + "\n";
}

}  // namespace vits::report
