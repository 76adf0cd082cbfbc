#include "best_voice.h"

#include <fmt/format.h>

#include <cmath>

namespace vits::train {

namespace {
constexpr int64_t kRisesOfOverfitting = 3;
}

void BestVoice::count_training(double mel) {
  if (!std::isfinite(mel)) return;
  training_sum_ += mel;
  ++training_count_;
}

double BestVoice::take_training_mean() {
  if (training_count_ > 0) training_before_ = training_sum_ / static_cast<double>(training_count_);
  training_sum_ = 0.0;
  training_count_ = 0;
  return training_before_;
}

bool BestVoice::count(double loss, int64_t step, int64_t epoch) {
  if (std::isfinite(loss) && (!value_ || loss < *value_)) {
    value_ = loss;
    step_ = step;
    epoch_ = epoch;
    without_gain_ = 0;
    return true;
  }
  ++without_gain_;
  return false;
}

std::optional<std::string> BestVoice::overfitting_words(double validation, double training_mean) {
  if (!std::isfinite(validation) || !std::isfinite(training_mean)) return {};
  const bool rose = last_validation_ > 0 && validation > last_validation_;
  if (!rose) training_before_rise_ = training_mean;
  rises_ = rose ? rises_ + 1 : 0;
  last_validation_ = validation;
  if (said_ || rises_ < kRisesOfOverfitting || training_mean >= training_before_rise_) return {};
  said_ = true;
  return fmt::format(
      "the loss on held-out clips has risen {} times in a row, to {:.4f}, while that on the training clips fell to "
      "{:.4f}: the voice begins to learn them by heart. best_model keeps the voice of before; more clips or fewer "
      "epochs help.",
      rises_, validation, training_mean);
}

void to_json(formats::Json& json, const BestVoice& best) {
  json = {{"step", best.step_},
          {"epoch", best.epoch_},
          {"without_gain", best.without_gain_},
          {"training_sum", best.training_sum_},
          {"training_before", best.training_before_},
          {"training_count", best.training_count_},
          {"last_validation", best.last_validation_},
          {"training_before_rise", best.training_before_rise_},
          {"rises", best.rises_},
          {"said", best.said_}};
  if (best.value_) json["value"] = *best.value_;
}

void from_json(const formats::Json& json, BestVoice& best) {
  json.at("step").get_to(best.step_);
  json.at("epoch").get_to(best.epoch_);
  json.at("without_gain").get_to(best.without_gain_);
  json.at("training_sum").get_to(best.training_sum_);
  json.at("training_before").get_to(best.training_before_);
  json.at("training_count").get_to(best.training_count_);
  json.at("last_validation").get_to(best.last_validation_);
  json.at("training_before_rise").get_to(best.training_before_rise_);
  json.at("rises").get_to(best.rises_);
  json.at("said").get_to(best.said_);
  if (json.contains("value")) best.value_ = json.at("value").get<double>();
}

}  // namespace vits::train
