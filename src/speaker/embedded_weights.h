// The two networks' weights as the program carries them, in the order of weights/weight_list.h.
#pragma once
#include <span>

namespace vits::speaker {

bool weights_built_in();

// Both throw Error that says to run scripts/setup when the program was built without weights.
std::span<const float> voice_activity_weights();
std::span<const float> voice_encoder_weights();

}  // namespace vits::speaker
