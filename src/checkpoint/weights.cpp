#include "vits/checkpoint/weights.h"

#include <ATen/ATen.h>

#include <map>
#include <set>

#include "vits/base/error.h"
#include "vits/base/patterns.h"
#include "vits/model/weights.h"
#include "weight_names.h"

namespace vits::checkpoint {

using formats::TensorMap;

namespace {

constexpr const char* kDiscriminator = "discriminator.";

std::string plain_name(const std::string& name) {
  const auto owner = weight_norm_owner(name);
  return owner ? *owner + ".weight" : name;
}

class Patterns {
 public:
  explicit Patterns(const std::vector<std::string>& patterns) : patterns_(patterns), used_(patterns.size(), false) {}

  bool match(const std::string& name) {
    bool any = false;
    for (size_t i = 0; i < patterns_.size(); ++i) {
      if (pattern_means(patterns_[i], name)) any = used_[i] = true;
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

struct Findings {
  std::vector<std::string> missing, unexpected, misshapen, not_floats, not_finite;

  void throw_if_any(const std::string& source) const {
    std::string text;
    const auto say = [&](const char* what, const std::vector<std::string>& names) {
      if (!names.empty()) text += fmt::format("\n  {} {}: {}", names.size(), what, listed(names));
    };
    say("missing", missing);
    say("not expected", unexpected);
    say("of another shape", misshapen);
    say("of whole numbers where fractions belong", not_floats);
    say("with values that are no finite numbers", not_finite);
    if (text.empty()) return;
    throw Error(
        "{} does not fit the network that the voice's config describes. Tensors:{}\nIf they are to start afresh, say "
        "which "
        "with --reinitialize PATTERN.",
        source, text);
  }
};

using Values = std::vector<std::pair<at::Tensor, at::Tensor>>;  // parameter, value

void compare(torch::nn::Module& network, const TensorMap& tensors, const std::string& prefix, Patterns& patterns,
             Values& values, Findings& findings, Applied& applied) {
  std::set<std::string> used;
  for (const auto& parameter : network.named_parameters()) {
    const std::string name = prefix + parameter.key();
    const at::Tensor value = tensor_named(tensors, parameter.key(), used);
    if (patterns.match(name)) {
      applied.reinitialized.push_back(name);
    } else if (!value.defined()) {
      findings.missing.push_back(name);
    } else if (value.sizes() != parameter.value().sizes()) {
      findings.misshapen.push_back(fmt::format("{} ({} instead of {})", name, fmt::join(value.sizes(), "x"),
                                               fmt::join(parameter.value().sizes(), "x")));
    } else if (!value.is_floating_point()) {  // a cast would load it, and the voice be spoilt in silence
      findings.not_floats.push_back(fmt::format("{} ({})", name, c10::toString(value.scalar_type())));
    } else if (!is_finite(value)) {
      findings.not_finite.push_back(name);
    } else {
      values.emplace_back(parameter.value(), value);
    }
  }
  for (const auto& entry : tensors)
    if (!used.contains(entry.first) && !patterns.match(prefix + entry.first))
      findings.unexpected.push_back(prefix + entry.first);
}

}  // namespace

bool pattern_means(const std::string& pattern, const std::string& name) {
  const auto fits = [&](const std::string& spelling) {
    return base::matches(spelling, pattern) || base::matches(spelling, pattern + ".*");
  };
  return fits(name) || fits(plain_name(name));
}

bool is_finite(const at::Tensor& tensor) {
  // A sum is four times faster than looking at each value, and only finite when all of them are.
  if (std::isfinite(tensor.sum(at::kFloat).item<float>())) return true;
  return tensor.isfinite().all().item<bool>();
}

Applied apply_weights(model::Generator& generator, model::Discriminators* discriminators, const VoiceFiles& voice,
                      const ApplyOptions& options) {
  torch::NoGradGuard no_grad;
  Patterns patterns(options.reinitialize);
  Values values;
  Findings of_voice, of_others;
  Applied applied;
  compare(*generator, voice.generator, "", patterns, values, of_voice, applied);
  const bool from_elsewhere = !options.discriminators_from.empty();
  if (discriminators)
    compare(**discriminators, voice.discriminators, kDiscriminator, patterns, values,
            from_elsewhere ? of_others : of_voice, applied);
  of_voice.throw_if_any(voice.source.string());
  of_others.throw_if_any(options.discriminators_from);
  patterns.check_all_used();
  for (auto& [parameter, value] : values) parameter.copy_(value);
  return applied;
}

void take_weights(VoiceFiles& voice, model::Generator& generator, model::Discriminators* discriminators) {
  voice.generator.clear();
  voice.discriminators.clear();
  for (auto& [name, tensor] : model::checkpoint_state(generator, discriminators)) {
    if (name.starts_with(kDiscriminator))
      voice.discriminators[name.substr(std::string_view(kDiscriminator).size())] = tensor;
    else
      voice.generator[name] = tensor;
  }
  voice.dtype = at::kFloat;
}

at::Tensor tensor_named(const TensorMap& tensors, const std::string& name, std::set<std::string>& used) {
  const auto use = [&](const std::string& there) {
    const auto found = tensors.find(there);
    if (found == tensors.end()) return at::Tensor();
    used.insert(there);
    return found->second;
  };
  if (at::Tensor tensor = use(name); tensor.defined()) return tensor;
  if (const auto owner = weight_norm_owner(name)) {
    const at::Tensor product = use(*owner + ".weight");
    return product.defined() && name.ends_with(kLength) ? length_of(product) : product;
  }
  if (!name.ends_with(".weight")) return {};
  const std::string owner = name.substr(0, name.size() - std::string_view(".weight").size());
  const at::Tensor length = use(owner + std::string(kLength)), direction = use(owner + std::string(kDirection));
  return length.defined() && direction.defined() ? folded(length, direction) : at::Tensor();
}

}  // namespace vits::checkpoint
