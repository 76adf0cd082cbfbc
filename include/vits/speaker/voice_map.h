// Voices on a plane for a person to look at: alike voices lie together (t-SNE; L. van der Maaten and G. Hinton,
// "Visualizing Data using t-SNE"). The same voices give the same map.
#pragma once
#include <array>
#include <span>
#include <vector>

#include "vits/speaker/voice_encoder.h"

namespace vits::speaker {

// Time grows by the square: a second or two for 1,500 voices.
std::vector<std::array<double, 2>> voice_map(std::span<const Embedding> voices);

}  // namespace vits::speaker
