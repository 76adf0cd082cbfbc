#include "weight_names.h"

#include <ATen/ATen.h>

#include <set>

#include "vits/base/error.h"

namespace vits::checkpoint {

using formats::TensorMap;

namespace {

constexpr size_t kNamesListed = 20;

std::string without(std::string_view name, std::string_view end) {
  return std::string(name.substr(0, name.size() - end.size()));
}

}  // namespace

std::optional<std::string> weight_norm_owner(std::string_view name) {
  for (const std::string_view end : {kLength, kDirection})
    if (name.ends_with(end)) return without(name, end);
  return std::nullopt;
}

bool in_wavenet(std::string_view name) { return name.find(".wavenet.") != std::string_view::npos; }

TensorMap current_names(const TensorMap& tensors) {
  TensorMap renamed;
  for (const auto& [name, tensor] : tensors) {
    std::string current = name;
    if (name.ends_with(".weight_g")) current = without(name, ".weight_g") + std::string(kLength);
    if (name.ends_with(".weight_v")) current = without(name, ".weight_v") + std::string(kDirection);
    if (!renamed.emplace(current, tensor).second)
      throw Error("the tensor {} occurs in two spellings, weight_g/weight_v and parametrizations.", current);
  }
  return renamed;
}

at::Tensor folded(const at::Tensor& length, const at::Tensor& direction) {
  return at::_weight_norm(direction.to(at::kFloat).contiguous(), length.to(at::kFloat).contiguous(), 0);
}

at::Tensor length_of(const at::Tensor& weight) { return at::norm_except_dim(weight.to(at::kFloat), 2, 0); }

TensorMap file_spelling(TensorMap tensors, const std::string& source, std::vector<std::string>& notes) {
  std::set<std::string> owners;
  for (const auto& entry : tensors)
    if (const auto owner = weight_norm_owner(entry.first)) owners.insert(*owner);

  int64_t products = 0, splits = 0;
  for (const auto& owner : owners) {
    const auto length = tensors.find(owner + std::string(kLength));
    const auto direction = tensors.find(owner + std::string(kDirection));
    if (length == tensors.end() || direction == tensors.end())
      throw Error("{}: {} has only one half of its weight norm, the {}.", source, owner,
                  length == tensors.end() ? "direction (weight_v)" : "length (weight_g)");
    const at::Tensor g = length->second, v = direction->second;
    std::vector<int64_t> wanted(static_cast<size_t>(v.dim()), 1);
    if (v.dim() > 0) wanted[0] = v.size(0);
    if (v.dim() < 2 || g.sizes() != at::IntArrayRef(wanted))
      throw Error("{}: the weight norm of {} has a length of shape {} for a direction of shape {}.", source, owner,
                  fmt::join(g.sizes(), "x"), fmt::join(v.sizes(), "x"));
    if (in_wavenet(owner)) continue;
    tensors.erase(length);
    tensors.erase(direction);
    tensors[owner + ".weight"] = folded(g, v);
    ++products;
  }

  std::vector<std::string> plain;
  for (const auto& [name, tensor] : tensors)
    if (in_wavenet(name) && name.ends_with(".weight") && tensor.dim() > 1) plain.push_back(name);
  for (const auto& name : plain) {
    const at::Tensor weight = tensors[name].to(at::kFloat);
    tensors.erase(name);
    const std::string owner = without(name, ".weight");
    tensors[owner + std::string(kLength)] = length_of(weight);
    tensors[owner + std::string(kDirection)] = weight;
    ++splits;
  }
  if (products) notes.push_back(fmt::format("weight norm multiplied out in {} layers outside the WaveNets", products));
  if (splits)
    notes.push_back(fmt::format(
        "{} WaveNet layers had their weight norm multiplied out; split again, which changes no output", splits));
  return tensors;
}

std::string listed(const std::vector<std::string>& names) {
  const size_t shown = std::min(names.size(), kNamesListed);
  std::string text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (names.size() > shown) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

}  // namespace vits::checkpoint
