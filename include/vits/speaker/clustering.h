// Which clips are of one speaker, from their embeddings.
//
// Ward's agglomerative clustering gives a tree; for each number of speakers its clusters are mended by k-means and
// judged by their silhouette. The largest number that is nearly as good as the best one is taken, and clusters whose
// centres are one voice's are joined again: two voices have centres with a similarity below 0.8, two halves of one
// voice, recorded on different days even, 0.85 and more, once the noise of short clips is taken out. So one speaker,
// too, is found to be one. Where clips are single words and no number of clusters is clearly the best, the graph of
// neighbours tells the number (neighbour_graph.h).
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "vits/speaker/voice_encoder.h"

namespace vits::speaker {

struct ClusterLimits {
  int64_t speakers = 0;  // 0: to be found
  int64_t most_speakers = 40;
  bool single_words = false;  // what is said may scatter the clips as much as who says it
  // Of a large set this many are clustered and the others given to the nearest centre: the tree takes memory by the
  // square.
  int64_t most_in_tree = 3000;
};

struct Clusters {
  std::vector<int64_t> of;         // the cluster of each voice, from 0, the largest cluster first
  std::vector<Embedding> centres;  // means, not of length 1
  std::vector<int64_t> sizes;
  std::vector<double> closeness;  // mean similarity within each cluster, of different voices

  int64_t count() const { return static_cast<int64_t>(centres.size()); }
};

Clusters find_speakers(std::span<const Embedding> voices, const ClusterLimits& limits);

// The clusters that a labelling makes; `of` counts from 0 without gaps.
Clusters describe_clusters(std::span<const Embedding> voices, std::vector<int64_t> of);

// How alike two clusters' voices are, the noise of single clips taken out: about 1 for one voice, below 0.8 for two.
double likeness(const Clusters& a, int64_t cluster_of_a, const Clusters& b, int64_t cluster_of_b);
inline constexpr double kSameVoice = 0.82;

// How sure it is that a voice belongs to its cluster, 0 to 1: the share of the way from the nearest other centre (or
// from a stranger's voice, when that is nearer) to its own.
std::vector<double> confidence(std::span<const Embedding> voices, const Clusters& clusters);

}  // namespace vits::speaker
