#include <fmt/format.h>

#include "script_parts.h"

namespace vits::exporter {

namespace {

// Moves the second half of the channels by what the first half says.
ScriptModule coupling_layer(const VitsConfig& config) {
  ScriptModule module{.type = "CouplingLayer", .settings = {{"half", config.flow_size / 2}}};
  module.methods = fmt::format(
      R"(
  def shift(self, first: Tensor, frame_mask: Tensor{0}) -> Tensor:
    x = self.conv_pre.forward(first) * frame_mask
    return self.conv_post.forward(self.wavenet.forward(x, frame_mask{1})) * frame_mask
  def forward(self, x: Tensor, frame_mask: Tensor{0}) -> Tensor:
    first, second = x[:, :self.half], x[:, self.half:]
    return torch.cat([first, self.shift(first, frame_mask{1}) + second * frame_mask], 1)
  def reverse(self, x: Tensor, frame_mask: Tensor{0}) -> Tensor:
    first, second = x[:, :self.half], x[:, self.half:]
    return torch.cat([first, (second - self.shift(first, frame_mask{1})) * frame_mask], 1)
)",
      speaker_parameter(config), speaker_argument(config));
  module.children = {{"conv_pre", conv1d()},
                     {"wavenet", wavenet(config, config.prior_encoder_num_wavenet_layers)},
                     {"conv_post", conv1d()}};
  return module;
}

}  // namespace

ScriptModule flow(const VitsConfig& config) {
  const int64_t count = config.prior_encoder_num_flows;
  const std::string speaker = speaker_argument(config);
  ScriptModule module{.type = "Flow"};
  module.methods = fmt::format(
      R"(
  def forward(self, x: Tensor, frame_mask: Tensor{0}) -> Tensor:
{1}    return x
  def reverse(self, x: Tensor, frame_mask: Tensor{0}) -> Tensor:
{2}    return x
)",
      speaker_parameter(config),
      lines(count,
            [&](int64_t i) {
              return fmt::format("    x = torch.flip(getattr(self.flows, \"{}\").forward(x, frame_mask{}), [1])\n", i,
                                 speaker);
            }),
      lines(count, [&](int64_t i) {
        return fmt::format("    x = getattr(self.flows, \"{}\").reverse(torch.flip(x, [1]), frame_mask{})\n",
                           count - 1 - i, speaker);
      }));
  module.children = {{"flows", list_of(std::vector<ScriptModule>(static_cast<size_t>(count), coupling_layer(config)))}};
  return module;
}

}  // namespace vits::exporter
