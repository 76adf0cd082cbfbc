// A voice with what sound_reference.py fed to its parts in Python and got from them.
#pragma once
#include "support/voices.h"

namespace vits::support {

struct SoundExample {
  explicit SoundExample(const NamedVoice& named)
      : voice(named),
        tensors(read_tensors(reference_data("sound_" + named.name, "tests/model/sound_reference.py",
                                            {"--model", folder_of(named).string()})
                             / "sound.safetensors")) {}

  const at::Tensor& operator()(const std::string& name) const { return tensors.at(name); }
  at::Tensor speaker() const { return tensors.count("in.speaker") ? tensors.at("in.speaker") : at::Tensor(); }
  at::Tensor speaker(int64_t row) const { return speaker().defined() ? speaker().narrow(0, row, 1) : at::Tensor(); }
  int64_t frames(int64_t row) const { return tensors.at("in.frame_mask")[row].sum().item<int64_t>(); }

  Voice voice;
  std::map<std::string, at::Tensor> tensors;
};

// With and without speakers, both residual blocks, and WaveNets that dilate.
inline const std::vector<const NamedVoice*> kSoundVoices{&kSingleSpeaker, &kFourSpeakers, &kUnusual};

}  // namespace vits::support
