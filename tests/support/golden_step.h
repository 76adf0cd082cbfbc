// One training step of the Python reference, taken apart (tests/reference/golden.py), as our structs.
#pragma once
#include <nlohmann/json.hpp>

#include "support/voices.h"
#include "vits/model/training_forward.h"

namespace vits::support {

enum class Keep { kEverything, kSmall };  // gradients and feature maps of any size, or those of at most 1024 numbers

struct GoldenStep {
  // `folder` holds what golden.py wrote.
  explicit GoldenStep(const std::filesystem::path& folder)
      : tensors(read_tensors(folder / "train.safetensors")), report(read_json(folder / "train.json")) {
    const auto if_there = [&](const char* name) {
      const auto found = tensors.find(name);
      return found == tensors.end() ? at::Tensor() : found->second;
    };
    batch = {.token_ids = tensors.at("in.input_ids"),
             .token_lengths = tensors.at("in.text_lengths"),
             .token_mask = {},
             .spectrogram = tensors.at("in.spec"),
             .frame_lengths = tensors.at("in.frame_lengths"),
             .frame_mask = {},
             .waveform = (tensors.at("in.pcm").to(at::kFloat) / 32768).unsqueeze(1),
             .speaker_ids = if_there("in.speaker_ids")};
    batch.add_masks();
    draws = {tensors.at("noise.posterior"), if_there("noise.duration"), tensors.at("noise.starts")};
  }

  GoldenStep(const NamedVoice& voice, Keep keep)
      : GoldenStep(reference_data("golden_" + voice.name, "tests/reference/golden.py", arguments(voice, keep, 0))) {}

  // With `steps` steps of the optimisers behind the one taken apart, every number of which is in report["run"].
  static GoldenStep with_run(const NamedVoice& voice, int64_t steps) {
    return GoldenStep(
        reference_data("run_" + voice.name, "tests/reference/golden.py", arguments(voice, Keep::kSmall, steps)));
  }

  // The draws of a step of the run.
  model::Draws draws_of(int64_t step) const {
    const std::string prefix = "run." + std::to_string(step) + ".";
    const auto duration = tensors.find(prefix + "duration");
    return {tensors.at(prefix + "posterior"), duration == tensors.end() ? at::Tensor() : duration->second,
            tensors.at(prefix + "starts")};
  }

  static std::vector<std::string> arguments(const NamedVoice& voice, Keep keep, int64_t steps) {
    std::vector<std::string> words{"--model", folder_of(voice).string(), "--steps", std::to_string(steps)};
    if (keep == Keep::kEverything) words.push_back("--everything");
    return words;
  }

  std::map<std::string, at::Tensor> tensors;
  nlohmann::json report;
  model::TrainingBatch batch;
  model::Draws draws;
};

}  // namespace vits::support
