// Voices that the tests of `checkpoint` and `exporter` read, made once by the Python scripts beside this file.
#pragma once
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "support/support.h"
#include "vits/checkpoint/voice_files.h"
#include "vits/checkpoint/weights.h"
#include "vits/model/speech.h"

namespace vits::support {

// Every form of one Hugging Face voice: see make_variants.py.
inline std::filesystem::path variants(int speakers = 1) {
  return reference_data("checkpoint_variants_" + std::to_string(speakers), "tests/checkpoint/make_variants.py",
                        {"--speakers", std::to_string(speakers)});
}

struct OriginalVoice {
  std::string name;
  std::vector<std::string> arguments;
};

// Voices of the published VITS: see original_vits.py.
inline const OriginalVoice kOriginals[] = {
    {"single", {}},
    {"speakers", {"--speakers", "3"}},
    {"light", {"--resblock", "2", "--durations", "deterministic"}},
};

inline std::filesystem::path original(const OriginalVoice& voice) {
  return reference_data("checkpoint_original_" + voice.name, "tests/checkpoint/original_vits.py", voice.arguments);
}

// What the voice speaks, [1, S]; `noise_scale` of prior and durations alike.
inline at::Tensor spoken(const checkpoint::VoiceFiles& voice, const at::Tensor& ids, double noise_scale) {
  model::Generator generator(voice.config);
  checkpoint::apply_weights(generator, nullptr, voice);
  generator->eval();
  model::SpeechRequest request;
  request.token_ids = ids;
  request.noise_scale = request.noise_scale_duration = noise_scale;
  if (voice.config.has_speakers()) request.speaker_ids = at::tensor({voice.config.num_speakers - 1}, at::kLong);
  return model::speak(generator, request).waveform;
}

// The largest difference of two tensors of one shape, as a share of the largest value.
inline double distance(const at::Tensor& a, const at::Tensor& b) {
  TORCH_CHECK(a.sizes() == b.sizes(), a.sizes(), " and ", b.sizes());
  const auto wide = b.to(at::kDouble);
  return ((a.to(at::kDouble) - wide).abs().max() / wide.abs().max().clamp_min(1e-12)).item<double>();
}

inline void expect_text(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

}  // namespace vits::support
