#include <fmt/format.h>

#include "script_parts.h"

namespace vits::exporter {

namespace {

constexpr int64_t kFirstKernel = 15, kScaleKernel = 41, kScaleStride = 4, kLastKernel = 5, kFinalKernel = 3;

// The convolutions one after the other, each result kept.
std::string responses(size_t convolutions) {
  return fmt::format(
      R"(
  def responses(self, x: Tensor) -> List[Tensor]:
    maps = annotate(List[Tensor], [])
{}    maps.append(self.final_conv.forward(x))
    return maps
)",
      lines(static_cast<int64_t>(convolutions), [](int64_t i) {
        return fmt::format(
            "    x = torch.leaky_relu(getattr(self.convs, \"{}\").forward(x), 0.1)\n    maps.append(x)\n", i);
      }));
}

ScriptModule scale_discriminator(const VitsConfig& config) {
  std::vector<ScriptModule> convs{conv1d({.padding = same_padding(kFirstKernel)})};
  int64_t groups = 4;
  for (size_t i = 1; i < config.discriminator_scale_channels.size(); ++i, groups *= 4)
    convs.push_back(conv1d({.stride = kScaleStride, .padding = same_padding(kScaleKernel), .groups = groups}));
  convs.push_back(conv1d({.padding = same_padding(kLastKernel)}));
  ScriptModule module{.type = "ScaleDiscriminator", .methods = responses(convs.size()) + R"(
  def forward(self, waveform: Tensor) -> List[Tensor]:
    return self.responses(waveform)
)"};
  module.children = {{"convs", list_of(std::move(convs))},
                     {"final_conv", conv1d({.padding = same_padding(kFinalKernel)})}};
  return module;
}

// A convolution along the folded waveform [B, C, S / period, period].
ScriptModule folded_conv(int64_t kernel, int64_t stride) {
  return {.type = "FoldedConv",
          .methods = R"(
  def forward(self, x: Tensor) -> Tensor:
    return torch.conv2d(x, self.weight, self.bias, [self.stride, 1], [self.padding, 0])
)",
          .parameters = {"weight", "bias"},
          .settings = {{"stride", stride}, {"padding", same_padding(kernel)}}};
}

ScriptModule period_discriminator(const VitsConfig& config, int64_t period) {
  const size_t count = config.discriminator_period_channels.size();
  std::vector<ScriptModule> convs(count - 1,
                                  folded_conv(config.discriminator_kernel_size, config.discriminator_stride));
  convs.push_back(folded_conv(config.discriminator_kernel_size, 1));
  ScriptModule module{.type = "PeriodDiscriminator", .settings = {{"period", period}}};
  module.methods = responses(count) + R"(
  def forward(self, waveform: Tensor) -> List[Tensor]:
    whole = torch.reflection_pad1d(waveform, [0, -waveform.size(2) % self.period])
    return self.responses(whole.view([whole.size(0), 1, -1, self.period]))
)";
  module.children = {{"convs", list_of(std::move(convs))}, {"final_conv", folded_conv(kFinalKernel, 1)}};
  return module;
}

}  // namespace

ScriptModule discriminators(const VitsConfig& config) {
  std::vector<ScriptModule> judges{scale_discriminator(config)};
  for (const int64_t period : config.discriminator_periods) judges.push_back(period_discriminator(config, period));
  return {.type = "Discriminators", .children = {{"discriminators", list_of(std::move(judges))}}};
}

}  // namespace vits::exporter
