#include <fmt/format.h>

#include "script_parts.h"

namespace vits::exporter {

namespace {

constexpr int64_t kEdgeKernel = 7;  // of HiFi-GAN's first and last convolution

ScriptModule residual_block(const VitsConfig& config, int64_t kernel, const std::vector<int64_t>& dilations) {
  const bool paired = config.resblock == "1";
  std::vector<ScriptModule> dilated, plain;
  for (const int64_t dilation : dilations) {
    dilated.push_back(conv1d({.padding = same_padding(kernel, dilation), .dilation = dilation}));
    plain.push_back(conv1d({.padding = same_padding(kernel)}));
  }
  const auto count = static_cast<int64_t>(dilations.size());
  ScriptModule module{.type = "ResidualBlock", .settings = {{"slope", config.leaky_relu_slope}}};
  module.methods = fmt::format(
      "  def forward(self, x: Tensor) -> Tensor:\n{}    return x\n", lines(count, [&](int64_t i) {
        return paired ? fmt::format(R"(
    change = getattr(self.convs1, "{0}").forward(torch.leaky_relu(x, self.slope))
    x = x + getattr(self.convs2, "{0}").forward(torch.leaky_relu(change, self.slope))
)",
                                    i)
                      : fmt::format(
                          "    x = x + getattr(self.convs, \"{}\").forward(torch.leaky_relu(x, self.slope))\n", i);
      }));
  module.children = {{paired ? "convs1" : "convs", list_of(std::move(dilated))}};
  if (paired) module.children.emplace_back("convs2", list_of(std::move(plain)));
  return module;
}

ScriptModule upsampling(int64_t rate, int64_t kernel) {
  return {.type = "Upsampling",
          .methods = R"(
  def forward(self, x: Tensor) -> Tensor:
    return torch.conv_transpose1d(x, self.weight, self.bias, [self.rate], [self.padding])
)",
          .parameters = {"weight", "bias"},
          .settings = {{"rate", rate}, {"padding", (kernel - rate) / 2}}};
}

}  // namespace

ScriptModule decoder(const VitsConfig& config) {
  const auto levels = static_cast<int64_t>(config.upsample_rates.size());
  const auto kernels = static_cast<int64_t>(config.resblock_kernel_sizes.size());
  std::vector<ScriptModule> upsampler, resblocks;
  for (size_t level = 0; level < config.upsample_rates.size(); ++level) {
    upsampler.push_back(upsampling(config.upsample_rates[level], config.upsample_kernel_sizes[level]));
    for (size_t i = 0; i < config.resblock_kernel_sizes.size(); ++i)
      resblocks.push_back(residual_block(config, config.resblock_kernel_sizes[i], config.resblock_dilation_sizes[i]));
  }

  ScriptModule module{.type = "Decoder", .settings = {{"slope", config.leaky_relu_slope}}};
  module.methods = fmt::format(
      R"(
  def forward(self, z: Tensor{}) -> Tensor:
    x = self.conv_pre.forward(z)
{}{}    return torch.tanh(self.conv_post.forward(torch.leaky_relu(x, 0.01)))
)",
      speaker_parameter(config), config.has_speakers() ? "    x = x + self.cond.forward(speaker)\n" : "",
      lines(levels, [&](int64_t level) {
        return fmt::format("    x = getattr(self.upsampler, \"{}\").forward(torch.leaky_relu(x, self.slope))\n", level)
               + lines(kernels,
                       [&](int64_t i) {
                         return fmt::format("    {} getattr(self.resblocks, \"{}\").forward(x)\n",
                                            i ? "made = made +" : "made =", level * kernels + i);
                       })
               + fmt::format("    x = made / {}\n", kernels);
      }));
  const ScriptConvolution edge{.padding = same_padding(kEdgeKernel)};
  module.children = {{"conv_pre", conv1d(edge)},
                     {"upsampler", list_of(std::move(upsampler))},
                     {"resblocks", list_of(std::move(resblocks))},
                     {"conv_post", conv1d(edge, /*has_bias=*/false)}};
  if (config.speaker_embedding_size > 0) module.children.emplace_back("cond", conv1d());
  return module;
}

}  // namespace vits::exporter
