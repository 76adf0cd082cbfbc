#include "vits/model/kept_weights.h"

#include <iterator>
#include <utility>

#include "vits/model/finished_layer.h"

namespace vits::model {

std::vector<FinishedLayer*> finished_layers_of(torch::nn::Module& network) {
  std::vector<FinishedLayer*> found;
  network.apply([&](torch::nn::Module& part) {
    if (auto* layer = dynamic_cast<FinishedLayer*>(&part)) found.push_back(layer);
  });
  return found;
}

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
  for (const Layer& layer : layers_) layer.layer->forget();
}

void KeptWeights::add(torch::nn::Module& network, std::optional<c10::ScalarType> half) {
  for (FinishedLayer* layer : finished_layers_of(network)) layers_.push_back({layer, half});
}

void KeptWeights::keep() {
  // Frozen layers apart: what comes of one call takes gradients as a whole.
  keep(true);
  keep(false);
}

void KeptWeights::keep(bool trained) {
  std::vector<RawWeight> raw;
  std::vector<std::pair<FinishedLayer*, std::ptrdiff_t>> counts;  // how many of them each layer has
  for (const auto& [layer, half] : layers_) {
    std::vector<RawWeight> own = layer->raw_weights();
    if (own.front().direction.requires_grad() != trained) continue;
    counts.emplace_back(layer, std::ssize(own));
    for (RawWeight& weight : own) {
      weight.dtype = half;
      raw.push_back(std::move(weight));
    }
  }
  const auto finished = finished_weights(raw);
  auto next = finished.begin();
  for (const auto& [layer, count] : counts) {
    layer->keep({next, next + count});
    next += count;
  }
}

}  // namespace vits::model
