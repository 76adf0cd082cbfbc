#include "vits/checkpoint/original_layout.h"

#include <ATen/ATen.h>

#include <charconv>
#include <optional>
#include <span>

#include "vits/base/error.h"
#include "weight_names.h"

namespace vits::checkpoint {

using formats::TensorMap;

namespace {

// The beginning of a name here and there; the first row that fits is taken, so the longer stands above the shorter.
//   *     a number that both have
//   2n    an even number there (the original counts the channel flips between its couplings), its half here
//   2n-1  an odd number there, half of one more here
// The right side says n for the last two. What follows a beginning is renamed by kInside.
struct Row {
  const char *original, *ours;
};

constexpr Row kGenerator[] = {
    {"enc_p.emb", "text_encoder.embed_tokens"},
    {"enc_p.encoder.attn_layers.*.conv_q", "text_encoder.encoder.layers.*.attention.q_proj"},
    {"enc_p.encoder.attn_layers.*.conv_k", "text_encoder.encoder.layers.*.attention.k_proj"},
    {"enc_p.encoder.attn_layers.*.conv_v", "text_encoder.encoder.layers.*.attention.v_proj"},
    {"enc_p.encoder.attn_layers.*.conv_o", "text_encoder.encoder.layers.*.attention.out_proj"},
    {"enc_p.encoder.attn_layers.*", "text_encoder.encoder.layers.*.attention"},
    {"enc_p.encoder.norm_layers_1.*", "text_encoder.encoder.layers.*.layer_norm"},
    {"enc_p.encoder.norm_layers_2.*", "text_encoder.encoder.layers.*.final_layer_norm"},
    {"enc_p.encoder.ffn_layers.*", "text_encoder.encoder.layers.*.feed_forward"},
    {"enc_p.proj", "text_encoder.project"},
    {"enc_q.pre", "posterior_encoder.conv_pre"},
    {"enc_q.enc", "posterior_encoder.wavenet"},
    {"enc_q.proj", "posterior_encoder.conv_proj"},
    {"flow.flows.2n.pre", "flow.flows.n.conv_pre"},
    {"flow.flows.2n.enc", "flow.flows.n.wavenet"},
    {"flow.flows.2n.post", "flow.flows.n.conv_post"},
    {"dec.ups", "decoder.upsampler"},
    {"dec", "decoder"},
    {"emb_g", "embed_speaker"},
};
constexpr Row kStochasticDurations[] = {
    {"dp.pre", "duration_predictor.conv_pre"},
    {"dp.proj", "duration_predictor.conv_proj"},
    {"dp.convs", "duration_predictor.conv_dds"},
    {"dp.post_pre", "duration_predictor.post_conv_pre"},
    {"dp.post_proj", "duration_predictor.post_conv_proj"},
    {"dp.post_convs", "duration_predictor.post_conv_dds"},
    {"dp.flows.0.m", "duration_predictor.flows.0.translate"},
    {"dp.flows.0.logs", "duration_predictor.flows.0.log_scale"},
    {"dp.flows.2n-1.pre", "duration_predictor.flows.n.conv_pre"},
    {"dp.flows.2n-1.proj", "duration_predictor.flows.n.conv_proj"},
    {"dp.flows.2n-1.convs", "duration_predictor.flows.n.conv_dds"},
    {"dp.post_flows.0.m", "duration_predictor.post_flows.0.translate"},
    {"dp.post_flows.0.logs", "duration_predictor.post_flows.0.log_scale"},
    {"dp.post_flows.2n-1.pre", "duration_predictor.post_flows.n.conv_pre"},
    {"dp.post_flows.2n-1.proj", "duration_predictor.post_flows.n.conv_proj"},
    {"dp.post_flows.2n-1.convs", "duration_predictor.post_flows.n.conv_dds"},
    {"dp.cond", "duration_predictor.cond"},
};
constexpr Row kDeterministicDurations[] = {{"dp", "duration_predictor"}};
constexpr Row kDiscriminators[] = {
    {"discriminators.*.conv_post", "discriminators.*.final_conv"},
    {"discriminators", "discriminators"},
};
constexpr Row kInside[] = {{"convs_sep", "convs_dilated"}, {"convs_1x1", "convs_pointwise"}};
constexpr Row kNorm[] = {{"gamma", "weight"}, {"beta", "bias"}};

enum class Direction { to_ours, to_original };

using Segments = std::vector<std::string>;

Segments split(std::string_view name) {
  Segments segments;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('.', begin), name.size());
    segments.emplace_back(name.substr(begin, end - begin));
    begin = end + 1;
  }
  return segments;
}

std::optional<int64_t> number(const std::string& text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  return !text.empty() && std::from_chars(text.data(), end, value).ptr == end ? std::optional(value) : std::nullopt;
}

// The n that a segment means where the pattern has one; none when it does not fit.
std::optional<int64_t> index_at(const std::string& pattern, const std::string& segment) {
  const auto value = number(segment);
  if (!value) return std::nullopt;
  if (pattern == "2n") return *value % 2 == 0 ? std::optional(*value / 2) : std::nullopt;
  if (pattern == "2n-1") return *value % 2 == 1 ? std::optional((*value + 1) / 2) : std::nullopt;
  return pattern == "n" || pattern == "*" ? value : std::nullopt;
}

std::string index_text(const std::string& pattern, int64_t n) {
  return std::to_string(pattern == "2n" ? 2 * n : pattern == "2n-1" ? 2 * n - 1 : n);
}

bool is_index(const std::string& pattern) {
  return pattern == "*" || pattern == "n" || pattern == "2n" || pattern == "2n-1";
}

// Each side has at most one number.
std::optional<Segments> renamed_by(const Segments& name, const Segments& from, const Segments& to) {
  if (name.size() < from.size()) return std::nullopt;
  int64_t n = 0;
  for (size_t i = 0; i < from.size(); ++i) {
    if (is_index(from[i])) {
      const auto found = index_at(from[i], name[i]);
      if (!found) return std::nullopt;
      n = *found;
    } else if (name[i] != from[i]) {
      return std::nullopt;
    }
  }
  Segments renamed;
  for (const auto& segment : to) renamed.push_back(is_index(segment) ? index_text(segment, n) : segment);
  renamed.insert(renamed.end(), name.begin() + static_cast<std::ptrdiff_t>(from.size()), name.end());
  return renamed;
}

const char* side(const Row& row, bool original) { return original ? row.original : row.ours; }

std::string renamed(const std::string& name, std::span<const std::span<const Row>> tables, Direction direction) {
  const bool to_ours = direction == Direction::to_ours;
  const Segments segments = split(name);
  std::optional<Segments> found;
  for (const auto& table : tables)
    for (const Row& row : table)
      if (!found) found = renamed_by(segments, split(side(row, to_ours)), split(side(row, !to_ours)));
  if (!found) return name;
  for (auto& segment : *found)
    for (const Row& row : kInside)
      if (segment == side(row, to_ours)) segment = side(row, !to_ours);
  // Layer norms alone call their parameters otherwise, and always have "norm" in their name.
  if (name.find("norm") != std::string::npos)
    for (const Row& row : kNorm)
      if (found->back() == side(row, to_ours)) found->back() = side(row, !to_ours);
  return fmt::format("{}", fmt::join(*found, "."));
}

bool is_linear(const std::string& ours) {
  return ours.find(".attention.") != std::string::npos && ours.ends_with("_proj.weight");
}

bool original_has_weight_norm(const std::string& original) {
  const bool wavenet = original.starts_with("enc_q.enc.")
                       || (original.starts_with("flow.") && original.find(".enc.") != std::string::npos);
  return wavenet || original.starts_with("dec.ups.") || original.starts_with("dec.resblocks.")
         || original.starts_with("discriminators.");
}

TensorMap to_original(const TensorMap& tensors, std::span<const std::span<const Row>> tables) {
  TensorMap original;
  const auto put = [&](const std::string& layer, const at::Tensor& length, const at::Tensor& direction) {
    original[layer + ".weight_g"] = length;
    original[layer + ".weight_v"] = direction;
  };
  for (const auto& [name, tensor] : tensors) {
    if (const auto owner = weight_norm_owner(name)) {
      const std::string layer = renamed(*owner + ".weight", tables, Direction::to_original);
      original[layer + (name.ends_with(kLength) ? "_g" : "_v")] = tensor;
      continue;
    }
    const std::string there = renamed(name, tables, Direction::to_original);
    if (there.ends_with(".weight") && original_has_weight_norm(there))
      put(there.substr(0, there.size() - std::string_view(".weight").size()), length_of(tensor), tensor);
    else
      original[there] = is_linear(name) && tensor.dim() == 2 ? tensor.unsqueeze(-1) : tensor;
  }
  return original;
}

bool any_starts_with(const TensorMap& tensors, std::string_view beginning) {
  const auto found = tensors.lower_bound(std::string(beginning));
  return found != tensors.end() && found->first.starts_with(beginning);
}

}  // namespace

TensorMap generator_from_original(const TensorMap& in_any_spelling) {
  const TensorMap tensors = current_names(in_any_spelling);
  const std::span<const Row> durations = any_starts_with(tensors, "dp.flows.")
                                             ? std::span<const Row>(kStochasticDurations)
                                             : std::span<const Row>(kDeterministicDurations);
  const std::span<const Row> tables[] = {kGenerator, durations};
  TensorMap ours;
  for (const auto& [name, tensor] : tensors) {
    const std::string here = renamed(name, tables, Direction::to_ours);
    ours[here] = is_linear(here) && tensor.dim() == 3 && tensor.size(2) == 1 ? tensor.squeeze(-1) : tensor;
  }
  return ours;
}

TensorMap discriminators_from_original(const TensorMap& tensors) {
  const std::span<const Row> tables[] = {kDiscriminators};
  TensorMap ours;
  for (const auto& [name, tensor] : current_names(tensors)) ours[renamed(name, tables, Direction::to_ours)] = tensor;
  return ours;
}

TensorMap generator_to_original(const TensorMap& tensors) {
  const std::span<const Row> durations = any_starts_with(tensors, "duration_predictor.flows.")
                                             ? std::span<const Row>(kStochasticDurations)
                                             : std::span<const Row>(kDeterministicDurations);
  const std::span<const Row> tables[] = {kGenerator, durations};
  return to_original(tensors, tables);
}

TensorMap discriminators_to_original(const TensorMap& tensors) {
  const std::span<const Row> tables[] = {kDiscriminators};
  return to_original(tensors, tables);
}

}  // namespace vits::checkpoint
