// The finished weights of networks for as long as a pass and its way back need them: weight norm worked out and, in
// mixed precision, rounded once, by one operator for all layers instead of one or several for each.
#pragma once
#include <c10/core/ScalarType.h>
#include <torch/nn/module.h>

#include <optional>
#include <vector>

#include "vits/model/discriminators.h"
#include "vits/model/finished_layer.h"
#include "vits/model/generator.h"

namespace vits::model {

// While it lives, the layers use what it finished. Under gradients the passes of that time share one graph: they
// must be one backward, before it ends.
class KeptWeights {
 public:
  // `half`: mixed precision of the passes. The generator's duration predictor stays in float32, as training_forward()
  // runs it.
  explicit KeptWeights(Generator& generator, std::optional<c10::ScalarType> half = {});
  explicit KeptWeights(Discriminators& discriminators, std::optional<c10::ScalarType> half = {});
  ~KeptWeights();
  KeptWeights(const KeptWeights&) = delete;
  KeptWeights& operator=(const KeptWeights&) = delete;

 private:
  struct Layer {
    FinishedLayer* layer;
    std::optional<c10::ScalarType> half;
  };
  void add(torch::nn::Module& network, std::optional<c10::ScalarType> half);
  void keep();
  void keep(bool trained);
  std::vector<Layer> layers_;
};

}  // namespace vits::model
