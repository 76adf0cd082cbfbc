// Ward's agglomerative clustering by the nearest-neighbour chain: time and memory by the square of the points.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "vits/speaker/voice_encoder.h"

namespace vits::speaker {

struct Merge {
  int64_t a = 0, b = 0;  // points: any member of each of the two clusters
  double height = 0.0;
};

// points - 1 merges, lowest first.
std::vector<Merge> ward_tree(std::span<const Embedding> points);

// The labelling, from 0, that is left when all but the last clusters - 1 merges are made.
std::vector<int64_t> cut_tree(const std::vector<Merge>& tree, int64_t clusters);

}  // namespace vits::speaker
