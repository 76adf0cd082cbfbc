#include "vits/model/duration_predictor.h"

#include <ATen/ATen.h>

#include "deterministic_duration.h"
#include "stochastic_duration.h"

namespace vits::model {

std::shared_ptr<DurationPredictor> make_duration_predictor(const VitsConfig& config) {
  if (config.use_stochastic_duration_prediction) return std::make_shared<StochasticDurationPredictor>(config);
  return std::make_shared<DeterministicDurationPredictor>(config);
}

}  // namespace vits::model
