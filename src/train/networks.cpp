#include "vits/train/networks.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <algorithm>

#include "vits/base/error.h"
#include "vits/checkpoint/original_layout.h"
#include "vits/checkpoint/run_state.h"
#include "vits/checkpoint/weights.h"
#include "vits/formats/file_kind.h"
#include "vits/formats/pickle.h"
#include "vits/model/weights.h"
#include "vits/report/figures.h"

namespace vits::train {

namespace {

void freeze(model::Generator& generator, const std::vector<std::string>& patterns, std::vector<std::string>& notes) {
  if (patterns.empty()) return;
  std::vector<bool> used(patterns.size(), false);
  int64_t frozen = 0, trained = 0;
  for (auto& parameter : generator->named_parameters()) {
    bool stays = false;
    for (size_t i = 0; i < patterns.size(); ++i) {
      const bool takes_out = patterns[i].starts_with('!');
      if (!checkpoint::pattern_means(patterns[i].substr(takes_out ? 1 : 0), parameter.key())) continue;
      used[i] = true;
      stays = !takes_out;
    }
    parameter.value().set_requires_grad(!stays);
    (stays ? frozen : trained) += parameter.value().numel();
  }
  for (size_t i = 0; i < patterns.size(); ++i)
    if (!used[i])
      throw Error("--freeze {}: the voice has no such part. `vits-train inspect --json` lists its parts.", patterns[i]);
  if (trained == 0)
    throw Error("--freeze leaves nothing to train. Take something out with a pattern such as '!decoder'.");
  notes.push_back(fmt::format("{} of the voice's {} parameters are trained, the others are frozen",
                              report::thousands(trained), report::thousands(trained + frozen)));
}

bool is_original_file(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path) || checkpoint::is_run_state(path)) return false;
  const formats::FileKind kind = formats::file_kind(path);
  return kind == formats::FileKind::torch_zip || kind == formats::FileKind::torch_legacy;
}

// The discriminators that --discriminator names: an original D_*.pth, or a voice that has some.
formats::TensorMap discriminators_at(const std::filesystem::path& path) {
  formats::TensorMap tensors;
  if (is_original_file(path)) {
    const auto file = formats::read_torch_file(path);
    const auto model = file.find("model");
    tensors = checkpoint::discriminators_from_original((model ? *model : file).tensors());
    std::erase_if(tensors, [](const auto& tensor) { return !tensor.first.starts_with("discriminators."); });
  } else {
    tensors = checkpoint::read_voice(path).discriminators;
  }
  if (tensors.empty())
    throw Error("--discriminator {} holds no discriminators. Leave the option out to train fresh ones.", path.string());
  return tensors;
}

void set_dropout(model::VitsConfig& config, double dropout) {
  if (dropout < 0) return;
  for (double* rate : {&config.hidden_dropout, &config.attention_dropout, &config.activation_dropout,
                       &config.duration_predictor_dropout})
    *rate = dropout;
}

constexpr const char* kFreshDiscriminators = "fresh discriminators learn alone first, the voice held";

void tell_fresh(const std::vector<std::string>& names, std::vector<std::string>& notes) {
  if (names.empty()) return;
  const size_t shown = std::min<size_t>(names.size(), 3);
  notes.push_back(fmt::format("{} tensors start afresh: {}{}", report::thousands(static_cast<int64_t>(names.size())),
                              fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                              shown < names.size() ? ", ..." : ""));
}

bool all_fresh(const model::Discriminators& discriminators, const std::vector<std::string>& reinitialized) {
  const auto fresh =
      std::ranges::count_if(reinitialized, [](const std::string& name) { return name.starts_with("discriminator."); });
  return fresh == static_cast<std::ptrdiff_t>(discriminators->named_parameters().size());
}

}  // namespace

Prepared prepare_networks(const checkpoint::VoiceFiles& voice, const VoiceOptions& options, at::Device device,
                          int64_t seed) {
  torch::manual_seed(static_cast<uint64_t>(seed));
  Prepared prepared;
  model::VitsConfig config = voice.config;
  set_dropout(config, options.dropout);
  auto& [generator, discriminators] = prepared.networks;
  generator = model::Generator(config);

  checkpoint::VoiceFiles source = voice;  // tensors are shared, not copied
  if (options.adversarial) {
    discriminators = model::Discriminators(config);
    if (!options.discriminator.empty()) source.discriminators = discriminators_at(options.discriminator);
    prepared.fresh_discriminators = source.discriminators.empty();
    if (prepared.fresh_discriminators)
      prepared.notes.push_back(fmt::format("the voice comes without discriminators: {}", kFreshDiscriminators));
  }
  const bool with_discriminators = options.adversarial && !prepared.fresh_discriminators;
  const auto applied = checkpoint::apply_weights(
      generator, with_discriminators ? &discriminators : nullptr, source,
      {.reinitialize = options.reinitialize,
       .discriminators_from = options.discriminator.empty() ? "" : "--discriminator " + options.discriminator});
  tell_fresh(applied.reinitialized, prepared.notes);
  if (with_discriminators && all_fresh(discriminators, applied.reinitialized)) {
    prepared.fresh_discriminators = true;
    prepared.notes.push_back(kFreshDiscriminators);
  }

  if (options.adversarial) {
    model::add_training_weight_norm(generator, discriminators);
    discriminators->to(device);
  } else {
    model::add_training_weight_norm(generator);
  }
  generator->to(device);
  freeze(generator, options.freeze, prepared.notes);
  return prepared;
}

}  // namespace vits::train
