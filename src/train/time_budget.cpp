#include "vits/train/time_budget.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <numeric>
#include <vector>

#include "vits/base/error.h"

namespace vits::train {

namespace {

constexpr size_t kFewestSteps = 10;      // to speak of a speed at all
constexpr size_t kMostSteps = 4096;      // remembered
constexpr double kLongSeconds = 600.0;   // over which the noise of single steps evens out
constexpr double kRecentSeconds = 40.0;  // in which a change of speed is noticed, at most a tenth of the budget
constexpr size_t kParts = 5;             // of the recent steps
constexpr double kChange = 0.25;         // what differs less is noise at least in part
constexpr int64_t kSlowestOf = 200;      // of the newest steps
constexpr double kPause = 4.0;           // a step that takes so many times as long is none

// Shares held back: of all that is left (so that steps are added on the way rather than dropped), and of what takes its
// time in one piece: the last step, a validation, the end.
constexpr double kReserveOfAll = 0.005, kReserveOfCosts = 0.1;

// `since_*`: steps made since the last one.
double seconds_for(int64_t steps, const Costs& costs, int64_t since_validation, int64_t since_checkpoint) {
  const auto inside = [&](int64_t since, int64_t every) -> int64_t {
    return every > 0 ? (std::min(since, every) + steps - 1) / every : 0;
  };
  const auto validations = static_cast<double>(inside(since_validation, costs.steps_per_validation));
  const auto checkpoints = static_cast<double>(inside(since_checkpoint, costs.steps_per_checkpoint));
  return static_cast<double>(steps) * costs.seconds_per_step + validations * costs.seconds_per_validation
         + checkpoints * costs.seconds_per_checkpoint + costs.seconds_at_end;
}

int64_t most_steps_in(double seconds, const Costs& costs, int64_t since_validation, int64_t since_checkpoint) {
  if (!(costs.seconds_per_step > 0.0)) throw Error("the time of a step is not known; this is a bug in vits-train");
  if (!(seconds > 0.0)) return 0;
  int64_t fits = 0, too_many = static_cast<int64_t>(std::min(seconds / costs.seconds_per_step, 1e15)) + 2;
  while (too_many - fits > 1) {
    const int64_t middle = fits + (too_many - fits) / 2;
    (seconds_for(middle, costs, since_validation, since_checkpoint) <= seconds ? fits : too_many) = middle;
  }
  return fits;
}

double mean(const double* first, size_t count) {
  return std::accumulate(first, first + count, 0.0) / static_cast<double>(count);
}

// Three of the parts must have changed before it changes, so one long pause does not count, and yet it is a mean: one
// step in ten that takes three times as long does.
double median_of_means(const std::vector<double>& values) {
  std::array<double, kParts> means{};
  for (size_t part = 0; part < kParts; ++part) {
    const size_t first = part * values.size() / kParts, end = (part + 1) * values.size() / kParts;
    means[part] = mean(&values[first], end - first);
  }
  std::nth_element(means.begin(), means.begin() + kParts / 2, means.end());
  return means[kParts / 2];
}

}  // namespace

int64_t steps_that_fit(double seconds, const Costs& costs) { return most_steps_in(seconds, costs, 0, 0); }

TimeBudget::TimeBudget(double seconds, double used_seconds, const Costs& costs)
    : total_seconds_(seconds),
      used_before_(used_seconds),
      recent_seconds_(std::min(kRecentSeconds, 0.1 * seconds)),
      told_(costs),
      validation_{costs.seconds_per_validation},
      checkpoint_{costs.seconds_per_checkpoint},
      end_{costs.seconds_at_end},
      steps_(kFewestSteps, costs.seconds_per_step),
      foretold_(kFewestSteps),
      steps_seconds_(costs.seconds_per_step * kFewestSteps),
      seconds_per_step_(costs.seconds_per_step) {
  if (!(costs.seconds_per_step > 0.0)) throw Error("the time of a step is not known; this is a bug in vits-train");
}

void TimeBudget::start(double now_seconds, int64_t steps_since_validation, int64_t steps_since_checkpoint) {
  started_ = now_seconds;
  steps_since_validation_ = steps_since_validation;
  steps_since_checkpoint_ = steps_since_checkpoint;
}

void TimeBudget::count_step(double step_seconds) {
  ++steps_since_validation_;
  ++steps_since_checkpoint_;
  if (foretold_ > 0) forget_oldest();
  steps_.push_back(step_seconds);
  steps_seconds_ += step_seconds;
  while (steps_.size() > newest(kLongSeconds, kFewestSteps)) forget_oldest();
  measure_speed();
  if (foretold_ > 0 || steps_seconds_ < recent_seconds_) return;
  // What was told beforehand holds for the speed at the beginning.
  for (Cost* cost : {&validation_, &checkpoint_, &end_})
    if (cost->seconds_per_step == 0.0) cost->seconds_per_step = seconds_per_step_;
}

void TimeBudget::forget_oldest() {
  steps_seconds_ -= steps_.front();
  steps_.pop_front();
  if (foretold_ > 0) --foretold_;
}

// So many steps take so long; told by the usual step and not by their sum, which one long pause would fill.
size_t TimeBudget::newest(double seconds, size_t fewest) const {
  const double count = std::min(seconds / seconds_per_step_, static_cast<double>(kMostSteps));
  return std::max(fewest, static_cast<size_t>(count));
}

void TimeBudget::measure_speed() {
  const size_t wanted = newest(recent_seconds_, kParts);
  const auto recent = static_cast<int64_t>(std::min(wanted, steps_.size()));
  const double recent_mean = median_of_means({steps_.end() - recent, steps_.end()});
  const double long_mean = steps_seconds_ / static_cast<double>(steps_.size());
  const double difference = std::abs(recent_mean - long_mean) / long_mean;
  const double trust = std::min(1.0, std::pow(difference / kChange, 2));
  seconds_per_step_ = long_mean + (recent_mean - long_mean) * trust;
  // After a change the steps before it tell nothing any more.
  if (trust == 1.0)
    while (steps_.size() > std::max(wanted * 3 / kParts, kParts)) forget_oldest();
}

double TimeBudget::Cost::at(double seconds_per_step_now) const {
  if (seconds_per_step == 0.0) return seconds;
  return seconds * std::clamp(seconds_per_step_now / seconds_per_step, 1.0, 4.0);
}

// Before the first steps the speed is only foretold, and what is measured then waits for the real one.
double TimeBudget::known_speed() const { return foretold_ > 0 ? 0.0 : seconds_per_step_; }

void TimeBudget::count_validation(double seconds) {
  steps_since_validation_ = 0;
  validation_ = {validations_++ == 0 ? seconds : 0.5 * (validation_.at(seconds_per_step_) + seconds), known_speed()};
}

void TimeBudget::count_checkpoint(double seconds) {
  steps_since_checkpoint_ = 0;
  checkpoint_ = {checkpoints_++ == 0 ? seconds : 0.5 * (checkpoint_.at(seconds_per_step_) + seconds), known_speed()};
}

void TimeBudget::count_end(double seconds) { end_ = {seconds, known_speed()}; }

double TimeBudget::slowest_step() const {
  const auto first = std::max(foretold_, static_cast<int64_t>(steps_.size()) - kSlowestOf);
  std::vector<double> measured(steps_.begin() + first, steps_.end());
  if (measured.empty()) return 0.0;
  const auto place = measured.begin() + static_cast<int64_t>(0.98 * static_cast<double>(measured.size()));
  std::nth_element(measured.begin(), place, measured.end());
  return std::min(*place, kPause * seconds_per_step_);
}

Costs TimeBudget::costs() const {
  Costs now = told_;
  now.seconds_per_step = seconds_per_step_;
  now.seconds_per_validation = validation_.at(now.seconds_per_step);
  now.seconds_per_checkpoint = checkpoint_.at(now.seconds_per_step);
  now.seconds_at_end = end_.at(now.seconds_per_step);
  return now;
}

int64_t TimeBudget::steps_left(double now_seconds) const {
  const double left = total_seconds_ - used_seconds(now_seconds);
  Costs with_reserve = costs();
  with_reserve.seconds_per_validation *= 1.0 + kReserveOfCosts;
  with_reserve.seconds_per_checkpoint *= 1.0 + kReserveOfCosts;
  with_reserve.seconds_at_end *= 1.0 + kReserveOfCosts;
  const double if_the_last_is_slow =
      std::max(0.0, (1.0 + kReserveOfCosts) * slowest_step() - with_reserve.seconds_per_step);
  return most_steps_in((1.0 - kReserveOfAll) * left - if_the_last_is_slow, with_reserve, steps_since_validation_,
                       steps_since_checkpoint_);
}

double TimeBudget::used_seconds(double now_seconds) const {
  return used_before_ + (started_ ? now_seconds - *started_ : 0.0);
}

double seconds_until(const std::string& clock_time, int64_t now_unix_seconds) {
  const auto digit = [&](size_t at) {
    return at < clock_time.size() && clock_time[at] >= '0' && clock_time[at] <= '9';
  };
  const size_t colon = clock_time.find(':');
  int hour = -1, minute = -1;
  if ((colon == 1 || colon == 2) && clock_time.size() == colon + 3 && digit(0) && digit(colon - 1) && digit(colon + 1)
      && digit(colon + 2)) {
    hour = std::stoi(clock_time.substr(0, colon));
    minute = std::stoi(clock_time.substr(colon + 1));
  }
  if (hour < 0 || hour > 23 || minute > 59)
    throw UsageError("--deadline is \"{}\", but must be a time of the day such as 09:30 (00:00 to 23:59).", clock_time);

  const std::time_t now = now_unix_seconds;
  std::tm today{};
  localtime_r(&now, &today);
  for (int day = 0; day < 2; ++day) {
    // When the clocks go back a time comes twice, so both are tried; when they go forward one is left out, and mktime
    // finds a moment near it.
    std::optional<std::time_t> next;
    for (const int summer_time : {1, 0, -1}) {
      std::tm wanted = today;
      wanted.tm_mday += day;
      wanted.tm_hour = hour;
      wanted.tm_min = minute;
      wanted.tm_sec = 0;
      wanted.tm_isdst = summer_time;
      const std::time_t moment = std::mktime(&wanted);
      const bool shown = wanted.tm_hour == hour && wanted.tm_min == minute;
      if (moment > now && (shown || (summer_time == -1 && !next)) && (!next || moment < *next)) next = moment;
    }
    if (next) return static_cast<double>(*next - now);
  }
  throw Error("the clock shows no {} within two days; this is a bug in vits-train", clock_time);
}

}  // namespace vits::train
