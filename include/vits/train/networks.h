// A voice's files as the two networks that training works on.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "vits/checkpoint/voice_files.h"
#include "vits/train/learner.h"
#include "vits/train/voice_options.h"

namespace vits::train {

struct Prepared {
  Networks networks;
  bool fresh_discriminators = false;  // nobody has trained them yet
  std::vector<std::string> notes;     // sentences for the person
};

// On `device`, with training's weight norm, what --freeze names with requires_grad off. Throws Error when the weights
// do not fit and when a pattern fits nothing or leaves nothing to train.
Prepared prepare_networks(const checkpoint::VoiceFiles& voice, const VoiceOptions& options, at::Device device,
                          int64_t seed);

}  // namespace vits::train
