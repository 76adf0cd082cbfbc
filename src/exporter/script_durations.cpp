#include <fmt/format.h>

#include "script_parts.h"

namespace vits::exporter {

namespace {

ScriptModule elementwise_affine() {
  return {.type = "ElementwiseAffine",
          .methods = R"(
  def forward(self, x: Tensor, token_mask: Tensor, text: Tensor) -> Tuple[Tensor, Tensor]:
    made = (self.translate + torch.exp(self.log_scale) * x) * token_mask
    return made, torch.sum(self.log_scale * token_mask, [1, 2])
  def reverse(self, x: Tensor, token_mask: Tensor, text: Tensor) -> Tensor:
    return (x - self.translate) * torch.exp(-self.log_scale) * token_mask
)",
          .parameters = {"translate", "log_scale"}};
}

// forward(x [B, 2, T], token_mask, text [B, H, T]) -> x and its log determinant [B]; reverse() -> x alone, and not
// quite the inverse: speaking leaves flow 1 out, in the published VITS and so in all voices.
ScriptModule duration_flows(const VitsConfig& config) {
  const int64_t couplings = config.duration_predictor_num_flows;
  std::vector<ScriptModule> flows{elementwise_affine()};
  for (int64_t i = 0; i < couplings; ++i) flows.push_back(spline_coupling(config));
  ScriptModule module = list_of(std::move(flows));
  module.type = "DurationFlows";
  module.methods = fmt::format(
      R"(
  def forward(self, x: Tensor, token_mask: Tensor, text: Tensor) -> Tuple[Tensor, Tensor]:
    total = torch.zeros_like(x[:, 0, 0])
{}    return x, total
  def reverse(self, x: Tensor, token_mask: Tensor, text: Tensor) -> Tensor:
{}    return getattr(self, "0").reverse(torch.flip(x, [1]), token_mask, text)
)",
      lines(couplings + 1,
            [](int64_t i) {
              return fmt::format(R"(
    x, more = getattr(self, "{}").forward(x, token_mask, text)
    x, total = torch.flip(x, [1]), total + more
)",
                                 i);
            }),
      lines(couplings - 1, [&](int64_t i) {
        return fmt::format("    x = getattr(self, \"{}\").reverse(torch.flip(x, [1]), token_mask, text)\n",
                           couplings - i);
      }));
  return module;
}

constexpr const char* kHalfLogTwoPi = "0.9189385332046727";

}  // namespace

ScriptModule stochastic_durations(const VitsConfig& config) {
  ScriptModule module{.type = "StochasticDurationPredictor"};
  module.methods = fmt::format(
      R"(
  def read_text(self, hidden: Tensor, token_mask: Tensor{0}) -> Tensor:
    x = self.conv_pre.forward(hidden.detach())
{2}    return self.conv_proj.forward(self.conv_dds.forward(x, token_mask)) * token_mask
  def minus_log_normal(self, x: Tensor, token_mask: Tensor) -> Tensor:
    return torch.sum((0.5 * x * x + {3}) * token_mask, [1, 2])
  def forward(self, hidden: Tensor, token_mask: Tensor, durations: Tensor{0}) -> Tensor:
    text = self.read_text(hidden, token_mask{1})
    known = self.post_conv_dds.forward(self.post_conv_pre.forward(durations), token_mask)
    known = self.post_conv_proj.forward(known) * token_mask
    noise = torch.randn([durations.size(0), 2, durations.size(2)]).to(text) * token_mask
    drawn, log_determinant = self.post_flows.forward(noise, token_mask, text + known)
    raw_u, v = drawn[:, :1], drawn[:, 1:]
    squeezed = torch.sum((torch.log_sigmoid(raw_u) + torch.log_sigmoid(-raw_u)) * token_mask, [1, 2])
    log_q = -self.minus_log_normal(noise, token_mask) - log_determinant - squeezed
    filled = (durations - torch.sigmoid(raw_u)) * token_mask
    log_durations = torch.log(torch.clamp_min(filled, 0.00001)) * token_mask
    drawn, log_determinant = self.flows.forward(torch.cat([log_durations, v], 1), token_mask, text)
    return self.minus_log_normal(drawn, token_mask) - log_determinant + torch.sum(log_durations, [1, 2]) + log_q
  def reverse(self, hidden: Tensor, token_mask: Tensor, noise: Tensor{0}) -> Tensor:
    return self.flows.reverse(noise, token_mask, self.read_text(hidden, token_mask{1}))[:, :1]
)",
      speaker_parameter(config), speaker_argument(config),
      config.has_speakers() ? "    x = x + self.cond.forward(speaker.detach())\n" : "", kHalfLogTwoPi);
  module.children = {{"conv_pre", conv1d()}, {"conv_proj", conv1d()}, {"conv_dds", depth_separable_stack(config)}};
  if (config.speaker_embedding_size > 0) module.children.emplace_back("cond", conv1d());
  module.children.emplace_back("flows", duration_flows(config));
  module.children.emplace_back("post_conv_pre", conv1d());
  module.children.emplace_back("post_conv_proj", conv1d());
  module.children.emplace_back("post_conv_dds", depth_separable_stack(config));
  module.children.emplace_back("post_flows", duration_flows(config));
  return module;
}

ScriptModule deterministic_durations(const VitsConfig& config) {
  const auto conv = conv1d({.padding = config.duration_predictor_kernel_size / 2});
  const auto norm = layer_norm(config.duration_predictor_filter_channels, config.layer_norm_eps);
  ScriptModule module{.type = "DurationPredictor"};
  module.methods = fmt::format(
      R"(
  def forward(self, hidden: Tensor, token_mask: Tensor{}) -> Tensor:
    x = hidden.detach()
{}    x = torch.relu(self.conv_1.forward(x * token_mask))
    x = self.norm_1.forward(x.transpose(1, 2)).transpose(1, 2)
    x = torch.relu(self.conv_2.forward(x * token_mask))
    x = self.norm_2.forward(x.transpose(1, 2)).transpose(1, 2)
    return self.proj.forward(x * token_mask) * token_mask
)",
      speaker_parameter(config), config.has_speakers() ? "    x = x + self.cond.forward(speaker.detach())\n" : "");
  module.children = {{"conv_1", conv}, {"norm_1", norm}, {"conv_2", conv}, {"norm_2", norm}, {"proj", conv1d()}};
  if (config.speaker_embedding_size > 0) module.children.emplace_back("cond", conv1d());
  return module;
}

}  // namespace vits::exporter
