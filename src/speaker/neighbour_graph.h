// How many people speak where what is said scatters the clips as much as who says it: digits, commands, one word each.
//
// There the clips of one word and speaker lie together, and clusters would be words. But of a clip's nearest
// neighbours, a tenth to a quarter of all, most are other words of the same speaker, so that the graph of neighbours
// falls into as many parts as people speak. Their number is where the eigenvalues of its Laplacian make their widest
// step; of several sizes of neighbourhood the one with the widest step for its size is believed (normalised maximum
// eigengap: T. Park and others, 2019).
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "vits/speaker/voice_encoder.h"

namespace vits::speaker {

// Fewer have no neighbourhoods to speak of.
inline constexpr int64_t kFewestForGraph = 60;

// 1 to `most`. Of a large set some hundreds are looked at.
int64_t speakers_in_graph(std::span<const Embedding> voices, int64_t most);

// The smallest `count` eigenvalues, from below, and the largest behind them, of a symmetric matrix [size, size] that
// has none below 0.
std::vector<double> outer_eigenvalues(std::vector<double> matrix, int64_t size, int64_t count);

}  // namespace vits::speaker
