#include <fmt/format.h>

#include <cmath>

#include "script_parts.h"

namespace vits::exporter {

namespace {

ScriptModule linear(bool has_bias) {
  if (!has_bias)
    return {.type = "UnbiasedLinear",
            .methods = R"(
  def forward(self, x: Tensor) -> Tensor:
    return torch.linear(x, self.weight)
)",
            .parameters = {"weight"}};
  return {.type = "Linear",
          .methods = R"(
  def forward(self, x: Tensor) -> Tensor:
    return torch.linear(x, self.weight, self.bias)
)",
          .parameters = {"weight", "bias"}};
}

// Relative positions enter twice: into the scores by emb_rel_k, into what is read by emb_rel_v; both are rows for the
// distances -window to window, and beyond these nothing. Their products with the rows, one column a distance, are
// turned into one column a token and back by laying rows of another length over the same numbers.
constexpr const char* kRelativePositions = R"(
  def distances(self, rows: Tensor, tokens: int) -> Tensor:
    missing = max(tokens - self.window_size - 1, 0)
    first = max(self.window_size + 1 - tokens, 0)
    return torch.constant_pad_nd(rows, [0, 0, missing, missing])[:, first:first + 2 * tokens - 1]
  def by_token(self, x: Tensor) -> Tensor:
    heads, tokens = x.size(0), x.size(1)
    flat = torch.constant_pad_nd(x, [0, 1]).view([heads, 2 * tokens * tokens])
    laid = torch.constant_pad_nd(flat, [0, tokens - 1]).view([heads, tokens + 1, 2 * tokens - 1])
    return laid[:, :tokens, tokens - 1:]
  def by_distance(self, x: Tensor) -> Tensor:
    heads, tokens = x.size(0), x.size(1)
    flat = torch.constant_pad_nd(x, [0, tokens - 1]).view([heads, tokens * (2 * tokens - 1)])
    return torch.constant_pad_nd(flat, [tokens, 0]).view([heads, tokens, 2 * tokens])[:, :, 1:]
)";

// Padding gets a score so low that its share is 0, and that half precision still has.
ScriptModule attention(const VitsConfig& config) {
  const bool relative = config.window_size > 0;
  const int64_t head_size = config.hidden_size / config.num_attention_heads;
  ScriptModule module{.type = "Attention"};
  module.settings = {{"heads", config.num_attention_heads},
                     {"head_size", head_size},
                     {"window_size", config.window_size},
                     {"scale", 1 / std::sqrt(static_cast<double>(head_size))}};
  for (const char* name : {"k_proj", "v_proj", "q_proj", "out_proj"})
    module.children.emplace_back(name, linear(config.use_bias));
  if (relative) module.parameters = {"emb_rel_k", "emb_rel_v"};
  if (relative) module.methods = kRelativePositions;
  module.methods += fmt::format(
      R"(
  def per_head(self, x: Tensor) -> Tensor:
    clips, tokens = x.size(0), x.size(1)
    split = x.view([clips, tokens, self.heads, self.head_size]).transpose(1, 2).contiguous()
    return split.view([clips * self.heads, tokens, self.head_size])
  def forward(self, x: Tensor, token_mask: Tensor) -> Tensor:
    clips, tokens = x.size(0), x.size(1)
    query = self.per_head(self.q_proj.forward(x) * self.scale)
    key = self.per_head(self.k_proj.forward(x))
    value = self.per_head(self.v_proj.forward(x))
    scores = torch.bmm(query, key.transpose(1, 2))
{}    masked = scores.view([clips, self.heads, tokens, tokens]).masked_fill((token_mask == 0).unsqueeze(1), -10000.0)
    shares = torch.softmax(masked.view([clips * self.heads, tokens, tokens]), -1)
    made = torch.bmm(shares, value)
{}    merged = made.view([clips, self.heads, tokens, self.head_size]).transpose(1, 2)
    return self.out_proj.forward(merged.reshape([clips, tokens, self.heads * self.head_size]))
)",
      relative ? "    distances = self.distances(self.emb_rel_k, tokens)\n"
                 "    scores = scores + self.by_token(torch.matmul(query, distances.transpose(1, 2)))\n"
               : "",
      relative ? "    made = made + torch.matmul(self.by_distance(shares), self.distances(self.emb_rel_v, tokens))\n"
               : "");
  return module;
}

ScriptModule feed_forward(const VitsConfig& config) {
  const std::string activation = config.hidden_act == "swish" ? "silu" : config.hidden_act;
  return {.type = "FeedForward",
          .methods = fmt::format(R"(
  def padded(self, x: Tensor) -> Tensor:
    return torch.constant_pad_nd(x, [(self.kernel - 1) // 2, self.kernel // 2])
  def forward(self, x: Tensor, token_mask: Tensor) -> Tensor:
    wide = torch.{}(self.conv_1.forward(self.padded(x.transpose(1, 2) * token_mask)))
    return (self.conv_2.forward(self.padded(wide * token_mask)) * token_mask).transpose(1, 2)
)",
                                 activation),
          .settings = {{"kernel", config.ffn_kernel_size}},
          .children = {{"conv_1", conv1d()}, {"conv_2", conv1d()}}};
}

ScriptModule encoder_layer(const VitsConfig& config) {
  const ScriptModule norm = layer_norm(config.hidden_size, config.layer_norm_eps);
  return {.type = "EncoderLayer",
          .methods = R"(
  def forward(self, x: Tensor, token_mask: Tensor) -> Tensor:
    x = self.layer_norm.forward(x + self.attention.forward(x, token_mask))
    return self.final_layer_norm.forward(x + self.feed_forward.forward(x, token_mask))
)",
          .children = {{"attention", attention(config)},
                       {"layer_norm", norm},
                       {"feed_forward", feed_forward(config)},
                       {"final_layer_norm", norm}}};
}

}  // namespace

ScriptModule text_encoder(const VitsConfig& config) {
  const int64_t layers = config.num_hidden_layers;
  ScriptModule encoder{.type = "Encoder"};
  encoder.methods = fmt::format(
      R"(
  def forward(self, x: Tensor, token_mask: Tensor) -> Tensor:
    real = token_mask.transpose(1, 2)
    x = x * real
{}    return x * real
)",
      lines(layers,
            [](int64_t i) { return fmt::format("    x = getattr(self.layers, \"{}\").forward(x, token_mask)\n", i); }));
  encoder.children = {
      {"layers", list_of(std::vector<ScriptModule>(static_cast<size_t>(layers), encoder_layer(config)))}};

  return {.type = "TextEncoder",
          .methods = R"(
  def forward(self, token_ids: Tensor, token_mask: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    hidden = self.encoder.forward(self.embed_tokens.forward(token_ids) * self.scale, token_mask)
    prior = self.project.forward(hidden.transpose(1, 2)).transpose(1, 2) * token_mask.transpose(1, 2)
    return hidden, prior[:, :, :self.flow_size], prior[:, :, self.flow_size:]
)",
          .settings = {{"scale", std::sqrt(static_cast<double>(config.hidden_size))}, {"flow_size", config.flow_size}},
          .children = {{"embed_tokens", embedding()}, {"encoder", std::move(encoder)}, {"project", conv1d()}}};
}

}  // namespace vits::exporter
