#include <fmt/format.h>

#include "script_parts.h"

namespace vits::exporter {

ScriptModule conv1d(const ScriptConvolution& shape, bool has_bias) {
  ScriptModule module{.type = "Conv1d",
                      .methods = R"(
  def forward(self, x: Tensor) -> Tensor:
    return torch.conv1d(x, self.weight, self.bias, [self.stride], [self.padding], [self.dilation], self.groups)
)",
                      .parameters = {"weight", "bias"}};
  if (!has_bias) {
    module = {.type = "UnbiasedConv1d",
              .methods = R"(
  def forward(self, x: Tensor) -> Tensor:
    return torch.conv1d(x, self.weight, None, [self.stride], [self.padding], [self.dilation], self.groups)
)",
              .parameters = {"weight"}};
  }
  module.settings = {
      {"stride", shape.stride}, {"padding", shape.padding}, {"dilation", shape.dilation}, {"groups", shape.groups}};
  return module;
}

ScriptModule weight_normed_conv1d(const ScriptConvolution& shape) {
  ScriptModule weight{.type = "WeightNorm",
                      .methods = R"(
  def forward(self) -> Tensor:
    return torch._weight_norm(self.original1, self.original0, 0)
)",
                      .parameters = {"original0", "original1"}};
  ScriptModule module = conv1d(shape);
  module.type = "WeightNormedConv1d";
  module.parameters = {"bias"};
  module.methods = R"(
  def forward(self, x: Tensor) -> Tensor:
    weight = self.parametrizations.weight.forward()
    return torch.conv1d(x, weight, self.bias, [self.stride], [self.padding], [self.dilation], self.groups)
)";
  module.children = {{"parametrizations", {.type = "Parametrizations", .children = {{"weight", std::move(weight)}}}}};
  return module;
}

ScriptModule layer_norm(int64_t channels, double epsilon) {
  return {.type = "LayerNorm",
          .methods = R"(
  def forward(self, x: Tensor) -> Tensor:
    return torch.layer_norm(x, [self.channels], self.weight, self.bias, self.epsilon)
)",
          .parameters = {"weight", "bias"},
          .settings = {{"channels", channels}, {"epsilon", epsilon}}};
}

ScriptModule embedding() {
  return {.type = "Embedding",
          .methods = R"(
  def forward(self, ids: Tensor) -> Tensor:
    return torch.embedding(self.weight, ids)
)",
          .parameters = {"weight"}};
}

ScriptModule list_of(std::vector<ScriptModule> modules) {
  ScriptModule list{.type = "ModuleList"};
  for (size_t i = 0; i < modules.size(); ++i) list.children.emplace_back(std::to_string(i), std::move(modules[i]));
  return list;
}

std::string lines(int64_t count, const std::function<std::string(int64_t)>& line) {
  std::string text;
  for (int64_t i = 0; i < count; ++i) text += line(i);
  return text;
}

std::string speaker_argument(const VitsConfig& config) { return config.has_speakers() ? ", speaker" : ""; }
std::string speaker_parameter(const VitsConfig& config) { return config.has_speakers() ? ", speaker: Tensor" : ""; }

}  // namespace vits::exporter
