#include "script_voice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "script_parts.h"

namespace vits::exporter {

namespace {

// VitsModel. forward() draws its noise in the order of transformers, on tensors laid out as there: the durations'
// first.
ScriptModule generator(const VitsConfig& config) {
  const bool stochastic = config.use_stochastic_duration_prediction, several = config.has_speakers();
  ScriptModule module{.type = "VitsModel",
                      .settings = {{"speaking_rate", config.speaking_rate},
                                   {"noise_scale", config.noise_scale},
                                   {"noise_scale_duration", config.noise_scale_duration}}};
  module.methods = fmt::format(
      R"(
  def log_durations(self, hidden: Tensor, token_mask: Tensor{0}) -> Tensor:
{2}  def path(self, durations: Tensor, token_mask: Tensor, frame_mask: Tensor) -> Tensor:
    clips, tokens, frames = durations.size(0), durations.size(2), frame_mask.size(2)
    ends = torch.cumsum(durations, -1).view([clips * tokens, 1])
    begun = (torch.arange(frames).to(durations).unsqueeze(0) < ends).to(durations).view([clips, tokens, frames])
    own = begun - torch.constant_pad_nd(begun, [0, 0, 1, 0])[:, :-1]
    return own.transpose(1, 2) * (token_mask * frame_mask.transpose(1, 2))
  def forward(self, token_ids: Tensor, token_mask: Tensor{0}) -> Tensor:
    hidden, mean, log_sigma = self.text_encoder.forward(token_ids, token_mask)
    log_durations = self.log_durations(hidden.transpose(1, 2), token_mask{1})
    durations = torch.ceil(torch.exp(log_durations) * token_mask * (1.0 / self.speaking_rate))
    lengths = torch.clamp_min(torch.sum(durations, [1, 2]), 1)
    frame_numbers = torch.arange(int(lengths.max())).to(lengths)
    frame_mask = (frame_numbers.unsqueeze(0) < lengths.unsqueeze(1)).unsqueeze(1).to(token_mask)
    path = self.path(durations, token_mask, frame_mask)
    mean = torch.matmul(path, mean).transpose(1, 2)
    log_sigma = torch.matmul(path, log_sigma).transpose(1, 2)
    z_p = mean + torch.randn_like(mean) * torch.exp(log_sigma) * self.noise_scale
    z = self.flow.reverse(z_p, frame_mask{1}) * frame_mask
    return self.decoder.forward(z{1}).squeeze(1)
)",
      speaker_parameter(config), speaker_argument(config),
      stochastic ? fmt::format(R"(
    noise = torch.randn([hidden.size(0), 2, hidden.size(2)]).to(hidden) * self.noise_scale_duration
    return self.duration_predictor.reverse(hidden, token_mask, noise{})
)",
                               speaker_argument(config))
                 : fmt::format("    return self.duration_predictor.forward(hidden, token_mask{})\n",
                               speaker_argument(config)));
  module.children = {
      {"text_encoder", text_encoder(config)},
      {"flow", flow(config)},
      {"decoder", decoder(config)},
      {"duration_predictor", stochastic ? stochastic_durations(config) : deterministic_durations(config)}};
  if (several) module.children.emplace_back("embed_speaker", embedding());
  module.children.emplace_back("posterior_encoder", posterior_encoder(config));
  return module;
}

std::string duration_methods(const VitsConfig& config) {
  const std::string parameter = speaker_parameter(config), argument = speaker_argument(config);
  if (!config.use_stochastic_duration_prediction)
    return fmt::format(R"(
  def dp(self, hidden: Tensor, text_mask: Tensor{}) -> Tensor:
    return self.model.duration_predictor.forward(hidden, text_mask{})
)",
                       parameter, argument);
  return fmt::format(R"(
  def dp(self, hidden: Tensor, text_mask: Tensor, durations: Tensor{0}) -> Tensor:
    return self.model.duration_predictor.forward(hidden, text_mask, durations{1})
  def dp_rev(self, hidden: Tensor, text_mask: Tensor, noise_scale: Tensor{0}) -> Tensor:
    noise = torch.randn([hidden.size(0), 2, hidden.size(2)]).to(hidden) * noise_scale
    return self.model.duration_predictor.reverse(hidden, text_mask, noise{1})
)",
                     parameter, argument);
}

// Scores, then feature maps, each of one discriminator after the other.
std::string discriminate_method(const ScriptModule& judges) {
  std::string body;
  std::vector<std::string> scores, maps;
  for (const auto& [name, judge] : judges.children.front().second.children) {
    body += fmt::format("    maps_{0} = getattr(self.discriminator.discriminators, \"{0}\").forward(waveform)\n", name);
    scores.push_back(fmt::format("maps_{}[-1].flatten(1)", name));
    const size_t convolutions = judge.children.front().second.children.size();
    for (size_t i = 0; i <= convolutions; ++i) maps.push_back(fmt::format("maps_{}[{}]", name, i));
  }
  scores.insert(scores.end(), maps.begin(), maps.end());
  return fmt::format("  def discriminate(self, waveform: Tensor) -> Tuple[{}]:\n{}    return {}\n",
                     fmt::join(std::vector<std::string>(scores.size(), "Tensor"), ", "), body, fmt::join(scores, ", "));
}

}  // namespace

ScriptModule script_voice(const VitsConfig& config, bool has_discriminators) {
  ScriptModule voice{.type = "Voice"};
  voice.methods =
      fmt::format(
          R"(
  def forward(self, input_ids: Tensor, attention_mask: Tensor{2}) -> Tensor:
    token_mask = attention_mask.unsqueeze(1).to(self.model.text_encoder.embed_tokens.weight)
{3}    return self.model.forward(input_ids, token_mask{1})
  def text(self, input_ids: Tensor, text_mask: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    return self.model.text_encoder.forward(input_ids, text_mask)
  def posterior(self, spectrogram: Tensor, frame_mask: Tensor{0}) -> Tuple[Tensor, Tensor, Tensor]:
    return self.model.posterior_encoder.forward(spectrogram, frame_mask{1})
  def flow(self, z: Tensor, frame_mask: Tensor{0}) -> Tensor:
    return self.model.flow.forward(z, frame_mask{1})
  def flow_rev(self, z_p: Tensor, frame_mask: Tensor{0}) -> Tensor:
    return self.model.flow.reverse(z_p, frame_mask{1})
  def decode(self, z: Tensor{0}) -> Tensor:
    return self.model.decoder.forward(z{1})
)",
          speaker_parameter(config), speaker_argument(config), config.has_speakers() ? ", speaker_id: Tensor" : "",
          config.has_speakers() ? "    speaker = self.model.embed_speaker.forward(speaker_id).unsqueeze(-1)\n" : "")
      + duration_methods(config);
  voice.children = {{"model", generator(config)}};
  if (has_discriminators) {
    voice.children.emplace_back("discriminator", discriminators(config));
    voice.methods += discriminate_method(voice.children.back().second);
  }
  return voice;
}

}  // namespace vits::exporter
