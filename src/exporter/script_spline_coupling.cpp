#include <fmt/format.h>

#include <cmath>

#include "script_parts.h"

namespace vits::exporter {

namespace {

constexpr double kLeastShare = 1e-3;  // of a bin's width and height, and the least slope at its edges
constexpr double kNormEpsilon = 1e-5;

// Rational quadratic splines (Durkan et al. 2019): within bound on both axes, bins with edges (x, y) and a slope at
// each edge; the identity outside, which the slope 1 at the outermost edges joins. `theta` is the place within a bin,
// from 0 to 1. The inverse solves a theta^2 + b theta + c = 0.
constexpr const char* kSpline = R"(
  def edges(self, raw: Tensor) -> Tensor:
    bins = raw.size(-1)
    shares = self.least + (1.0 - self.least * bins) * torch.softmax(raw, -1)
    inner = 2.0 * self.bound * torch.cumsum(shares, -1)[:, :, :, :-1] - self.bound
    return torch.constant_pad_nd(torch.constant_pad_nd(inner, [1, 0], -self.bound), [0, 1], self.bound)
  def slopes(self, raw: Tensor) -> Tensor:
    return self.least + torch.softplus(torch.constant_pad_nd(raw, [1, 1], self.raw_slope_of_one))
  def at(self, values: Tensor, bin: Tensor) -> Tensor:
    return torch.gather(values, -1, bin).squeeze(-1)
  def spline(self, value: Tensor, knots: Tensor, inverse: bool) -> Tuple[Tensor, Tensor]:
    x_edges = self.edges(knots[:, :, :, :self.bins] / self.root_of_width)
    y_edges = self.edges(knots[:, :, :, self.bins:2 * self.bins] / self.root_of_width)
    slopes = self.slopes(knots[:, :, :, 2 * self.bins:])
    widths = x_edges[:, :, :, 1:] - x_edges[:, :, :, :-1]
    heights = y_edges[:, :, :, 1:] - y_edges[:, :, :, :-1]

    inside = torch.logical_and(value >= -self.bound, value <= self.bound)
    bounded = torch.clamp(value, -self.bound, self.bound)
    inner = x_edges[:, :, :, 1:-1]
    if inverse:
      inner = y_edges[:, :, :, 1:-1]
    bin = torch.sum(bounded.unsqueeze(-1) >= inner, [-1], True)
    x, y = self.at(x_edges, bin), self.at(y_edges, bin)
    width, height = self.at(widths, bin), self.at(heights, bin)
    rise = self.at(heights / widths, bin)
    slope, next_slope = self.at(slopes, bin), self.at(slopes[:, :, :, 1:], bin)
    bend = slope + next_slope - 2.0 * rise

    if inverse:
      above = bounded - y
      a = height * (rise - slope) + above * bend
      b = height * slope - above * bend
      c = -rise * above
      theta = 2.0 * c / (-b - torch.sqrt(torch.clamp_min(b * b - 4.0 * a * c, 0.0)))
      made = theta * width + x
    else:
      theta = (bounded - x) / width
      made = y + height * (rise * theta * theta + slope * theta * (1.0 - theta)) / (rise + bend * theta * (1.0 - theta))
    left = 1.0 - theta
    steepness = rise * rise * (next_slope * theta * theta + 2.0 * rise * theta * left + slope * left * left)
    log_slope = torch.log(steepness) - 2.0 * torch.log(rise + bend * theta * left)
    if inverse:
      log_slope = -log_slope
    return torch.where(inside, made, value), torch.where(inside, log_slope, torch.zeros_like(value))
)";

constexpr const char* kCoupling = R"(
  def knots(self, first: Tensor, token_mask: Tensor, text: Tensor) -> Tensor:
    x = self.conv_dds.forward(self.conv_pre.forward(first) + text, token_mask)
    return (self.conv_proj.forward(x) * token_mask).unsqueeze(1).transpose(2, 3)
  def forward(self, x: Tensor, token_mask: Tensor, text: Tensor) -> Tuple[Tensor, Tensor]:
    first, second = x[:, :1], x[:, 1:]
    second, log_slope = self.spline(second, self.knots(first, token_mask, text), False)
    return torch.cat([first, second], 1) * token_mask, torch.sum(log_slope * token_mask, [1, 2])
  def reverse(self, x: Tensor, token_mask: Tensor, text: Tensor) -> Tensor:
    first, second = x[:, :1], x[:, 1:]
    second, log_slope = self.spline(second, self.knots(first, token_mask, text), True)
    return torch.cat([first, second], 1) * token_mask
)";

}  // namespace

ScriptModule depth_separable_stack(const VitsConfig& config) {
  const int64_t kernel = config.duration_predictor_kernel_size, layers = config.depth_separable_num_layers;
  const auto count = static_cast<size_t>(layers);
  std::vector<ScriptModule> dilated;
  for (int64_t i = 0, dilation = 1; i < layers; ++i, dilation *= kernel)
    dilated.push_back(
        conv1d({.padding = same_padding(kernel, dilation), .dilation = dilation, .groups = config.hidden_size}));
  const auto norms = list_of(std::vector<ScriptModule>(count, layer_norm(config.hidden_size, kNormEpsilon)));

  ScriptModule module{.type = "DepthSeparableStack"};
  module.methods =
      fmt::format("  def forward(self, x: Tensor, token_mask: Tensor) -> Tensor:\n{}    return x * token_mask\n",
                  lines(layers, [](int64_t i) {
                    return fmt::format(R"(
    y = getattr(self.convs_dilated, "{0}").forward(x * token_mask)
    y = torch.gelu(getattr(self.norms_1, "{0}").forward(y.transpose(1, 2)).transpose(1, 2))
    y = getattr(self.convs_pointwise, "{0}").forward(y)
    y = torch.gelu(getattr(self.norms_2, "{0}").forward(y.transpose(1, 2)).transpose(1, 2))
    x = x + y
)",
                                       i);
                  }));
  module.children = {{"convs_dilated", list_of(std::move(dilated))},
                     {"convs_pointwise", list_of(std::vector<ScriptModule>(count, conv1d()))},
                     {"norms_1", norms},
                     {"norms_2", norms}};
  return module;
}

ScriptModule spline_coupling(const VitsConfig& config) {
  return {.type = "SplineCoupling",
          .methods = std::string(kSpline) + kCoupling,
          .settings = {{"bins", config.duration_predictor_flow_bins},
                       {"bound", config.duration_predictor_tail_bound},
                       {"root_of_width", std::sqrt(static_cast<double>(config.hidden_size))},
                       {"least", kLeastShare},
                       {"raw_slope_of_one", std::log(std::exp(1 - kLeastShare) - 1)}},
          .children = {{"conv_pre", conv1d()}, {"conv_dds", depth_separable_stack(config)}, {"conv_proj", conv1d()}}};
}

}  // namespace vits::exporter
