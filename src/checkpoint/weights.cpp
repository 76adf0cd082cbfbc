#include "vits/checkpoint/weights.h"

#include <ATen/ATen.h>
#include <fnmatch.h>

#include <map>
#include <set>

#include "vits/base/error.h"
#include "weight_names.h"

namespace vits::checkpoint {

using formats::TensorMap;

namespace {

constexpr const char* kDiscriminator = "discriminator.";

std::string plain_name(const std::string& name) {
  const auto owner = weight_norm_owner(name);
  return owner ? *owner + ".weight" : name;
}

// Patterns may be written for either spelling of weight norm.
class Patterns {
 public:
  explicit Patterns(const std::vector<std::string>& patterns) : patterns_(patterns), used_(patterns.size(), false) {}

  bool match(const std::string& name) {
    bool any = false;
    for (size_t i = 0; i < patterns_.size(); ++i) {
      const char* pattern = patterns_[i].c_str();
      if (fnmatch(pattern, name.c_str(), 0) == 0 || fnmatch(pattern, plain_name(name).c_str(), 0) == 0)
        any = used_[i] = true;
    }
    return any;
  }

  void check_all_used() const {
    for (size_t i = 0; i < patterns_.size(); ++i)
      if (!used_[i])
        throw Error(
            "--reinitialize {}: no tensor of this voice has such a name. `vits-train inspect --json` lists its parts.",
            patterns_[i]);
  }

 private:
  const std::vector<std::string>& patterns_;
  std::vector<bool> used_;
};

// The file's tensors in the spelling that the network wants, one name at a time.
class Offer {
 public:
  explicit Offer(const TensorMap& tensors) : tensors_(tensors) {}

  at::Tensor take(const std::string& name) {
    if (const auto* tensor = use(name)) return *tensor;
    if (const auto owner = weight_norm_owner(name)) {
      const auto* weight = use(*owner + ".weight");
      if (!weight) return {};
      return name.ends_with(kLength) ? length_of(*weight) : *weight;
    }
    if (!name.ends_with(".weight")) return {};
    const std::string owner = name.substr(0, name.size() - std::string_view(".weight").size());
    const auto* length = use(owner + std::string(kLength));
    const auto* direction = use(owner + std::string(kDirection));
    return length && direction ? folded(*length, *direction) : at::Tensor();
  }

  std::vector<std::string> left() const {
    std::vector<std::string> names;
    for (const auto& entry : tensors_)
      if (!used_.contains(entry.first)) names.push_back(entry.first);
    return names;
  }

 private:
  const at::Tensor* use(const std::string& name) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) return nullptr;
    used_.insert(name);
    return &found->second;
  }

  const TensorMap& tensors_;
  std::set<std::string> used_;
};

bool is_finite(const at::Tensor& tensor) {
  if (!tensor.is_floating_point()) return true;
  // A sum is four times faster than looking at each value, and only finite when all of them are.
  if (std::isfinite(tensor.sum(at::kFloat).item<float>())) return true;
  return tensor.isfinite().all().item<bool>();
}

struct Findings {
  std::vector<std::string> missing, unexpected, misshapen, not_finite;

  void throw_if_any(const VoiceFiles& voice) const {
    std::string text;
    const auto say = [&](const char* what, const std::vector<std::string>& names) {
      if (!names.empty()) text += fmt::format("\n  {} {}: {}", names.size(), what, listed(names));
    };
    say("missing", missing);
    say("not expected", unexpected);
    say("of another shape", misshapen);
    say("with values that are no finite numbers", not_finite);
    if (text.empty()) return;
    throw Error(
        "{} does not fit the network that its config describes. Tensors:{}\nIf they are to start afresh, say which "
        "with --reinitialize PATTERN.",
        voice.source.string(), text);
  }
};

using Values = std::vector<std::pair<at::Tensor, at::Tensor>>;  // parameter, value

void compare(torch::nn::Module& network, const TensorMap& tensors, const std::string& prefix, Patterns& patterns,
             Values& values, Findings& findings, Applied& applied) {
  Offer offer(tensors);
  for (const auto& parameter : network.named_parameters()) {
    const std::string name = prefix + parameter.key();
    const at::Tensor value = offer.take(parameter.key());
    if (patterns.match(name)) {
      applied.reinitialized.push_back(name);
    } else if (!value.defined()) {
      findings.missing.push_back(name);
    } else if (value.sizes() != parameter.value().sizes()) {
      findings.misshapen.push_back(fmt::format("{} ({} instead of {})", name, fmt::join(value.sizes(), "x"),
                                               fmt::join(parameter.value().sizes(), "x")));
    } else if (!is_finite(value)) {
      findings.not_finite.push_back(name);
    } else {
      values.emplace_back(parameter.value(), value);
    }
  }
  for (const auto& name : offer.left())
    if (!patterns.match(prefix + name)) findings.unexpected.push_back(prefix + name);
}

}  // namespace

Applied apply_weights(torch::nn::Module& generator, torch::nn::Module* discriminators, const VoiceFiles& voice,
                      const ApplyOptions& options) {
  torch::NoGradGuard no_grad;
  Patterns patterns(options.reinitialize);
  Values values;
  Findings findings;
  Applied applied;
  compare(generator, voice.generator, "", patterns, values, findings, applied);
  if (discriminators)
    compare(*discriminators, voice.discriminators, kDiscriminator, patterns, values, findings, applied);
  findings.throw_if_any(voice);
  patterns.check_all_used();
  for (auto& [parameter, value] : values) parameter.copy_(value);
  return applied;
}

TensorMap weights_of(const torch::nn::Module& network) {
  torch::NoGradGuard no_grad;
  TensorMap tensors;
  for (const auto& parameter : network.named_parameters())
    tensors[parameter.key()] = parameter.value().detach().to(at::TensorOptions(at::kCPU).dtype(at::kFloat),
                                                             /*non_blocking=*/false, /*copy=*/true);
  std::vector<std::string> notes;
  tensors = file_spelling(std::move(tensors), "the network", notes);
  for (auto& entry : tensors) entry.second = entry.second.contiguous();
  return tensors;
}

}  // namespace vits::checkpoint
