#include <fmt/format.h>

#include "script_parts.h"

namespace vits::exporter {

ScriptModule posterior_encoder(const VitsConfig& config) {
  ScriptModule module{.type = "PosteriorEncoder", .settings = {{"flow_size", config.flow_size}}};
  module.methods = fmt::format(
      R"(
  def forward(self, spectrogram: Tensor, frame_mask: Tensor{}) -> Tuple[Tensor, Tensor, Tensor]:
    x = self.conv_pre.forward(spectrogram) * frame_mask
    x = self.wavenet.forward(x, frame_mask{})
    made = self.conv_proj.forward(x) * frame_mask
    mean, log_sigma = made[:, :self.flow_size], made[:, self.flow_size:]
    z = (mean + torch.randn_like(mean) * torch.exp(log_sigma)) * frame_mask
    return z, mean, log_sigma
)",
      speaker_parameter(config), speaker_argument(config));
  module.children = {{"conv_pre", conv1d()},
                     {"wavenet", wavenet(config, config.posterior_encoder_num_wavenet_layers)},
                     {"conv_proj", conv1d()}};
  return module;
}

}  // namespace vits::exporter
