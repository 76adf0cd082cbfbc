#include "vits/model/kept_weights.h"

#include "vits/model/weight_norm.h"

namespace vits::model {

KeptWeights::KeptWeights(Generator& generator, std::optional<c10::ScalarType> half) {
  for (const auto& part : generator->named_children())
    add(*part.value(), part.key() == "duration_predictor" ? std::nullopt : half);
  keep();
}

KeptWeights::KeptWeights(Discriminators& discriminators, std::optional<c10::ScalarType> half) {
  add(*discriminators, half);
  keep();
}

KeptWeights::~KeptWeights() {
  for (const Layer& layer : layers_) layer.convolution->forget();
}

void KeptWeights::add(torch::nn::Module& network, std::optional<c10::ScalarType> half) {
  // A plain weight in its own precision is finished as it is.
  for (Convolution* convolution : convolutions_of(network))
    if (half || convolution->has_weight_norm()) layers_.push_back({convolution, half});
}

void KeptWeights::keep() {
  // Frozen layers apart: what comes of one call takes gradients as a whole.
  keep(true);
  keep(false);
}

void KeptWeights::keep(bool trained) {
  std::vector<RawWeight> raw;
  std::vector<Layer> layers;
  for (const Layer& layer : layers_) {
    RawWeight weight = layer.convolution->raw_weight();
    if (weight.direction.requires_grad() != trained) continue;
    layers.push_back(layer);
    if (layer.half) weight.dtype = *layer.half;
    raw.push_back(std::move(weight));
    if (rounds_bias(layer)) raw.push_back({layer.convolution->bias(), {}, *layer.half});
  }
  const auto finished = finished_weights(raw);
  size_t next = 0;
  for (const Layer& layer : layers) {
    const at::Tensor weight = finished[next++];
    layer.convolution->keep(weight, rounds_bias(layer) ? finished[next++] : layer.convolution->bias());
  }
}

bool KeptWeights::rounds_bias(const Layer& layer) { return layer.half && layer.convolution->bias().defined(); }

}  // namespace vits::model
