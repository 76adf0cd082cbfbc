#include <fmt/format.h>

#include "script_parts.h"

namespace vits::exporter {

ScriptModule wavenet(const VitsConfig& config, int64_t layers) {
  const bool conditioned = config.has_speakers();
  std::vector<ScriptModule> in_layers, res_skip_layers;
  for (int64_t i = 0, dilation = 1; i < layers; ++i, dilation *= config.wavenet_dilation_rate) {
    in_layers.push_back(
        weight_normed_conv1d({.padding = same_padding(config.wavenet_kernel_size, dilation), .dilation = dilation}));
    res_skip_layers.push_back(weight_normed_conv1d());
  }

  ScriptModule module{.type = "WaveNet", .settings = {{"hidden_size", config.hidden_size}}};
  module.methods = fmt::format(
      R"(
  def gated(self, x: Tensor) -> Tensor:
    return torch.tanh(x[:, :self.hidden_size]) * torch.sigmoid(x[:, self.hidden_size:])
  def forward(self, x: Tensor, mask: Tensor{}) -> Tensor:
    skipped = torch.zeros_like(x)
{}{}    return skipped * mask
)",
      speaker_parameter(config), conditioned ? "    condition = self.cond_layer.forward(speaker)\n" : "",
      lines(layers, [&](int64_t i) {
        const std::string own =
            fmt::format("condition[:, {}:{}]", 2 * i * config.hidden_size, 2 * (i + 1) * config.hidden_size);
        const std::string text = fmt::format(R"(
    made = self.gated(getattr(self.in_layers, "{0}").forward(x){1})
    made = getattr(self.res_skip_layers, "{0}").forward(made)
)",
                                             i, conditioned ? " + " + own : "");
        return text
               + (i + 1 < layers ? R"(
    x = (x + made[:, :self.hidden_size]) * mask
    skipped = skipped + made[:, self.hidden_size:]
)"
                                 : "    skipped = skipped + made\n");
      }));
  module.children = {{"in_layers", list_of(std::move(in_layers))},
                     {"res_skip_layers", list_of(std::move(res_skip_layers))}};
  if (config.speaker_embedding_size > 0) module.children.emplace_back("cond_layer", weight_normed_conv1d());
  return module;
}

}  // namespace vits::exporter
