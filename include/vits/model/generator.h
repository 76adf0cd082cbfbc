// The voice: everything that transformers calls VitsModel, parameter for parameter and under the same names. The parts
// are public, because speaking (speech.h) and training (training_forward.h) put them together differently.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/pimpl.h>

#include <memory>

#include "vits/model/decoder.h"
#include "vits/model/duration_predictor.h"
#include "vits/model/flow.h"
#include "vits/model/posterior_encoder.h"
#include "vits/model/text_encoder.h"
#include "vits/model/vits_config.h"

namespace vits::model {

class GeneratorImpl : public torch::nn::Module {
 public:
  // The config is taken as checked (VitsConfig::check).
  explicit GeneratorImpl(VitsConfig config);

  const VitsConfig& config() const { return config_; }

  // speaker_ids [B] int64 -> [B, E, 1]; undefined gives undefined, which every part takes as a voice without a speaker.
  torch::Tensor speaker(const torch::Tensor& speaker_ids);

 private:
  VitsConfig config_;

 public:
  TextEncoder text_encoder{nullptr};
  Flow flow{nullptr};
  Decoder decoder{nullptr};
  std::shared_ptr<DurationPredictor> duration_predictor;
  torch::nn::Embedding embed_speaker{nullptr};  // empty with one speaker
  PosteriorEncoder posterior_encoder{nullptr};  // training only
};
TORCH_MODULE(Generator);

}  // namespace vits::model
