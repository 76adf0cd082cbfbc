#include "vits/model/generator.h"

#include "vits/base/shape.h"

namespace vits::model {

GeneratorImpl::GeneratorImpl(VitsConfig config) : config_(std::move(config)) {
  text_encoder = register_module("text_encoder", TextEncoder(config_));
  flow = register_module("flow", Flow(config_));
  decoder = register_module("decoder", Decoder(config_));
  duration_predictor = register_module("duration_predictor", make_duration_predictor(config_));
  if (config_.has_speakers())
    embed_speaker =
        register_module("embed_speaker", torch::nn::Embedding(config_.num_speakers, config_.speaker_embedding_size));
  posterior_encoder = register_module("posterior_encoder", PosteriorEncoder(config_));
}

torch::Tensor GeneratorImpl::speaker(const torch::Tensor& speaker_ids) {
  if (!speaker_ids.defined() || !config_.has_speakers()) return {};
  base::check_shape(speaker_ids, "B", "speaker ids");
  return embed_speaker->forward(speaker_ids).unsqueeze(-1);
}

}  // namespace vits::model
