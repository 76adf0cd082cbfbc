// Voices with seeded random weights, made by tests/reference/make_model.py and loaded strictly.
#pragma once
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/config.h"
#include "support/support.h"
#include "support/tensors.h"
#include "vits/model/weights.h"

namespace vits::support {

struct NamedVoice {
  std::string name;
  std::vector<std::string> arguments;  // of make_model.py
};

inline const NamedVoice kSingleSpeaker{"tiny_single", {"--size", "tiny"}};
inline const NamedVoice kFourSpeakers{"tiny_4speakers_resblock2",
                                      {"--size", "tiny", "--speakers", "4", "--resblock", "2"}};
inline const NamedVoice kDeterministic{"tiny_deterministic", {"--size", "tiny", "--durations", "deterministic"}};
// Every other choice of the config that the text half knows.
inline const NamedVoice kUnusual{
    "tiny_unusual",
    {"--size", "tiny", "--speakers", "3", "--config",
     R"({"hidden_act": "gelu", "ffn_kernel_size": 4, "window_size": 0, "use_bias": false, "wavenet_dilation_rate": 2,
         "duration_predictor_flow_bins": 7, "duration_predictor_kernel_size": 5, "depth_separable_num_layers": 2,
         "duration_predictor_num_flows": 3, "num_attention_heads": 3, "layer_norm_eps": 0.001})"}};
inline const NamedVoice kWideWindow{
    "tiny_wide_window",
    {"--size", "tiny", "--speakers", "4", "--durations", "deterministic", "--config",
     R"({"hidden_act": "silu", "ffn_kernel_size": 1, "window_size": 30, "num_attention_heads": 1})"}};
inline const NamedVoice kMms{"mms", {"--size", "mms"}};

inline std::filesystem::path folder_of(const NamedVoice& voice) {
  return reference_data("voice_" + voice.name, "tests/reference/make_model.py", voice.arguments);
}

inline void copy_into(const torch::nn::Module& network, const std::map<std::string, at::Tensor>& tensors,
                      const std::string& prefix) {
  const at::NoGradGuard no_grad;
  const auto parameters = model::state_of(network);
  size_t expected = 0;
  for (const auto& [name, tensor] : tensors) expected += (name.rfind("discriminator.", 0) == 0) == !prefix.empty();
  if (parameters.size() != expected)
    throw std::runtime_error(std::to_string(parameters.size()) + " parameters, the file has "
                             + std::to_string(expected));
  for (const auto& [name, parameter] : parameters) parameter.copy_(tensors.at(prefix + name));
}

struct Voice {
  explicit Voice(const std::filesystem::path& folder)
      : config(config_from(read_json(folder / "config.json"))), generator(config), discriminators(config) {
    const auto tensors = read_tensors(folder / "model.safetensors");
    copy_into(*generator, tensors, "");
    copy_into(*discriminators, tensors, "discriminator.");
    generator->eval();
    discriminators->eval();
  }
  explicit Voice(const NamedVoice& voice) : Voice(folder_of(voice)) {}

  model::VitsConfig config;
  model::Generator generator;
  model::Discriminators discriminators;
};

}  // namespace vits::support
