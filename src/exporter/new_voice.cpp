#include "vits/exporter/new_voice.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>

#include "vits/base/error.h"
#include "vits/checkpoint/weights.h"
#include "vits/model/convolution.h"
#include "vits/model/discriminators.h"
#include "vits/model/generator.h"
#include "vits/text/utf8.h"

namespace vits::exporter {

namespace {

constexpr const char* kBlank = "_";  // symbol 0, between letters and as padding
constexpr double kNormSpread = 0.1;  // of layer norms' weights around 1, and of biases around 0 by half
constexpr double kLogSigma = -0.5;   // standard deviations begin around 0.6
constexpr double kLogFrames = 0.2;   // makes tokens of two to three frames, as speech of 16 kHz has, blanks counted

model::VitsConfig config_for(const NewVoiceOptions& options, int64_t symbols) {
  model::VitsConfig config;
  config.vocab_size = symbols;
  if (options.speakers.size() > 1) {
    config.num_speakers = static_cast<int64_t>(options.speakers.size());
    config.speaker_embedding_size = options.size == "tiny" ? 8 : 256;
  }
  if (options.size == "tiny") {
    config.hidden_size = 12;
    config.num_hidden_layers = 2;
    config.ffn_dim = 32;
    config.flow_size = 8;
    config.upsample_initial_channel = 32;
    config.posterior_encoder_num_wavenet_layers = 4;
    config.prior_encoder_num_wavenet_layers = 2;
    config.duration_predictor_filter_channels = 24;
    config.discriminator_period_channels = {1, 2, 4, 8, 16};
    config.discriminator_scale_channels = {1, 4, 16, 64, 256};
  }
  return config;
}

// Standard deviation of a layer's output for inputs of 1: small where a residual path or an exponential follows.
double gain_of(const std::string& name) {
  const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
  if (has("text_encoder.project") || has("posterior_encoder.conv_proj") || has("conv_post")) return 0.3;
  if (has("resblocks")) return has("convs1") ? 1.0 : 0.4;
  if (has("duration_predictor") && has("conv_proj")) return 0.1;
  return 1.0;
}

void fill_convolution(const std::string& name, model::Convolution& layer) {
  const auto& shape = layer.shape();
  const auto weight = layer.weight();
  const bool transposed = dynamic_cast<model::ConvTranspose1dImpl*>(&layer) != nullptr;
  const auto reach =
      static_cast<double>(transposed ? shape.in_channels * shape.kernel / shape.stride : weight[0].numel());
  weight.normal_(0, gain_of(name) / std::sqrt(reach));
  if (layer.bias().defined()) layer.bias().normal_(0, kNormSpread / 2);
}

void fill(torch::nn::Module& network) {
  torch::NoGradGuard no_grad;
  for (auto* layer : model::convolutions_of(network)) layer->fold_weight_norm();
  for (const auto& item : network.named_modules()) {
    if (auto* layer = dynamic_cast<model::Convolution*>(item.value().get())) {
      fill_convolution(item.key(), *layer);
      continue;
    }
    for (auto& parameter : item.value()->named_parameters(/*recurse=*/false)) {
      auto& value = parameter.value();
      const bool norm = parameter.key() == "weight" && value.dim() == 1;
      if (value.dim() >= 2) {
        value.normal_(0, 1 / std::sqrt(static_cast<double>(value.size(-1))));
      } else {
        value.normal_(norm ? 1 : 0, norm ? kNormSpread : kNormSpread / 2);
      }
    }
  }
}

// Tokens of two to three frames, and no wide swings of the latent.
void settle(model::GeneratorImpl& generator) {
  torch::NoGradGuard no_grad;
  const int64_t half = generator.config().flow_size;
  for (auto& parameter : generator.named_parameters()) {
    const std::string& name = parameter.key();
    auto& value = parameter.value();
    if (name == "text_encoder.project.bias" || name == "posterior_encoder.conv_proj.bias")
      value.slice(0, half).add_(kLogSigma);
    if (name == "duration_predictor.flows.0.translate") value[0].sub_(kLogFrames);
  }
}

}  // namespace

checkpoint::VoiceFiles new_voice(const NewVoiceOptions& options) {
  formats::Json vocab = formats::Json::object();
  vocab[kBlank] = 0;
  bool has_letter = false;
  for (const char32_t letter : text::decode_utf8(options.alphabet)) {
    const std::string symbol = text::encode_utf8(std::u32string(1, letter));
    if (symbol == kBlank)
      throw UsageError("--alphabet has \"_\" in it, which stands for the blank between letters. Leave it out.");
    if (!vocab.contains(symbol)) vocab[symbol] = static_cast<int64_t>(vocab.size());
    has_letter = has_letter || letter > U' ';
  }
  if (!has_letter) throw UsageError("--alphabet names no letter. Give every character that the voice is to read.");

  checkpoint::VoiceFiles voice;
  voice.config = config_for(options, static_cast<int64_t>(vocab.size()));
  voice.config.check("create");
  // Every value is said, for readers that do not know transformers' defaults.
  voice.raw_config = {{"model_type", "vits"}, {"architectures", {"VitsModel"}}};
  model::VitsConfig::visit(voice.config, [&](const char* key, const auto& value) { voice.raw_config[key] = value; });
  voice.vocab = std::move(vocab);
  voice.tokenizer_config = {{"tokenizer_class", "VitsTokenizer"},
                            {"language", options.language},
                            {"add_blank", true},
                            {"normalize", true},
                            {"phonemize", false},
                            {"is_uroman", false},
                            {"pad_token", kBlank},
                            {"unk_token", "<unk>"}};
  voice.speakers = options.speakers;

  at::manual_seed(static_cast<uint64_t>(options.seed));
  model::Generator generator(voice.config);
  model::Discriminators discriminators(voice.config);
  fill(*generator);
  settle(*generator);
  fill(*discriminators);
  take_weights(voice, generator, &discriminators);
  return voice;
}

}  // namespace vits::exporter
