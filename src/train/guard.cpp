#include "vits/train/guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace vits::train {

namespace {

constexpr size_t kPastIntervals = 20, kFewestIntervals = 5;
constexpr double kTooHigh = 2.0;   // times the median
constexpr double kAbsurd = 100.0;  // times what a validation heard before the first step
constexpr double kSpreads = 6.0;
constexpr int64_t kHighIntervals = 4;
constexpr int64_t kSkippedUpdates = 16;  // from a scale of 65,536 to 1
constexpr int64_t kWonIntervals = 20;
// Six discriminators that guess miss 1/4 each on recordings and on generated sound.
constexpr double kLossOfGuessing = 6 * 0.5;
constexpr double kWon = 0.02 * kLossOfGuessing;
constexpr double kFall = 0.95;

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<int64_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

void Guard::Past::add(double value) {
  values.push_back(value);
  if (values.size() > kPastIntervals) values.pop_front();
  look_back();
  if (values.size() < kPastIntervals || (lowest_limit > 0.0 && median >= lowest_median)) return;
  lowest_median = median;
  lowest_limit = limit;
}

void Guard::Past::look_back() {
  if (values.empty()) return;
  median = median_of({values.begin(), values.end()});
  std::vector<double> distances;
  for (const double one : values) distances.push_back(std::abs(one - median));
  // 1.48 times the median distance is the standard deviation where the noise is normal.
  limit = median + std::max((kTooHigh - 1.0) * std::abs(median), kSpreads * 1.48 * median_of(distances));
}

bool Guard::Past::knows() const { return values.size() >= kFewestIntervals; }

bool Guard::Past::crept_up() const { return lowest_limit > 0.0 && median > lowest_limit; }

std::optional<std::string> Guard::look(const Vitals& vitals) {
  if (auto why = broken(vitals)) return why;
  if (skipped_in_a_row_ > 0) return {};  // nothing was learned
  if (auto why = risen(vitals)) return why;
  if (high_in_a_row_ > 0) return {};
  mel_.add(vitals.mel);
  total_.add(vitals.total);
  if (mel_.crept_up())
    return fmt::format("the mel loss has crept up to {:.3g} from {:.3g}, its best", mel_.median, mel_.lowest_median);
  return lost_to_discriminators(vitals);
}

std::optional<std::string> Guard::look_at_validation(const ValidationVitals& now, const ValidationVitals& before,
                                                     double best_mel) {
  struct Named {
    const char* name;
    double value, limit, then;
  };
  for (const auto& [name, value, limit, then] :
       {Named{"mel", now.mel, kTooHigh * std::max(best_mel, before.mel), best_mel},
        Named{"KL", now.kl, kAbsurd * std::max(1.0, before.kl), before.kl},
        Named{"duration", now.duration, kAbsurd * std::max(1.0, before.duration), before.duration}})
    if (!(value <= limit))
      return fmt::format("the {} loss is {:.3g}, and was {:.3g} when the voice was whole", name, value, then);
  return {};
}

std::optional<std::string> Guard::broken(const Vitals& vitals) {
  struct Named {
    const char* name;
    double value;
  };
  for (const auto& [name, value] : {Named{"mel loss", vitals.mel}, Named{"loss", vitals.total},
                                    Named{"discriminators' loss", vitals.adversarial ? vitals.disc : 0.0}})
    if (!std::isfinite(value)) return fmt::format("the {} is {}", name, std::isnan(value) ? "NaN" : "infinite");

  const bool all_skipped = vitals.skipped_updates > 0 && vitals.skipped_updates >= vitals.updates;
  skipped_in_a_row_ = all_skipped ? skipped_in_a_row_ + vitals.skipped_updates : 0;
  if (vitals.scale_at_floor && vitals.skipped_updates > 0)
    return fmt::format("gradients are no numbers even with the loss scale at its floor ({} of {} updates skipped)",
                       vitals.skipped_updates, vitals.updates);
  if (skipped_in_a_row_ >= kSkippedUpdates)
    return fmt::format("the last {} updates were all skipped, because their gradients were no numbers",
                       skipped_in_a_row_);
  return {};
}

std::optional<std::string> Guard::risen(const Vitals& vitals) {
  const bool mel_is_high = mel_.knows() && vitals.mel > mel_.limit;
  const bool total_is_high = total_.knows() && vitals.total > total_.limit;
  high_in_a_row_ = mel_is_high || total_is_high ? high_in_a_row_ + 1 : 0;
  if (high_in_a_row_ < kHighIntervals) return {};
  return fmt::format("the {} is {:.3g} where {:.3g} was usual, and has been far above that {} times in a row",
                     mel_is_high ? "mel loss" : "loss", mel_is_high ? vitals.mel : vitals.total,
                     mel_is_high ? mel_.median : total_.median, high_in_a_row_);
}

std::optional<std::string> Guard::lost_to_discriminators(const Vitals& vitals) {
  won_in_a_row_ = vitals.adversarial && vitals.disc < kWon ? won_in_a_row_ + 1 : 0;
  if (won_in_a_row_ == 1) mel_when_won_ = mel_.median;
  if (won_in_a_row_ == 0 || won_in_a_row_ % kWonIntervals != 0) return {};
  const bool learns = mel_.median < kFall * mel_when_won_;
  mel_when_won_ = mel_.median;
  if (learns) return {};
  return fmt::format(
      "the discriminators have won: their loss is {:.2g} where guessing gives {:.2g}, and the voice learns no more",
      vitals.disc, kLossOfGuessing);
}

bool Guard::may_roll_back() {
  if (rollbacks_ >= kMostRollbacks) return false;
  const int rollbacks = rollbacks_ + 1;
  *this = Guard();
  rollbacks_ = rollbacks;
  return true;
}

void to_json(formats::Json& json, const Guard::Past& past) {
  json = {{"values", past.values}, {"lowest_median", past.lowest_median}, {"lowest_limit", past.lowest_limit}};
}

void from_json(const formats::Json& json, Guard::Past& past) {
  json.at("values").get_to(past.values);
  json.at("lowest_median").get_to(past.lowest_median);
  json.at("lowest_limit").get_to(past.lowest_limit);
  past.look_back();
}

void to_json(formats::Json& json, const Guard& guard) {
  json = {{"rollbacks", guard.rollbacks_},
          {"mel", guard.mel_},
          {"total", guard.total_},
          {"skipped_in_a_row", guard.skipped_in_a_row_},
          {"high_in_a_row", guard.high_in_a_row_},
          {"mel_when_won", guard.mel_when_won_},
          {"won_in_a_row", guard.won_in_a_row_}};
}

void from_json(const formats::Json& json, Guard& guard) {
  guard = Guard();
  json.at("rollbacks").get_to(guard.rollbacks_);
  if (!json.contains("mel")) return;
  json.at("mel").get_to(guard.mel_);
  json.at("total").get_to(guard.total_);
  json.at("skipped_in_a_row").get_to(guard.skipped_in_a_row_);
  json.at("high_in_a_row").get_to(guard.high_in_a_row_);
  json.at("mel_when_won").get_to(guard.mel_when_won_);
  json.at("won_in_a_row").get_to(guard.won_in_a_row_);
}

}  // namespace vits::train
