#include "vits/speaker/clustering.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "cluster_tree.h"
#include "neighbour_graph.h"

namespace vits::speaker {

namespace {

// Measured on real and synthetic speakers with clips of 2 to 5 s: voices of one speaker have a mean similarity of 0.8
// to 0.9, of two speakers below 0.7.
constexpr double kUsualCloseness = 0.85;
constexpr double kStranger = 0.6;
constexpr double kSameVoiceOfTwoClips = 0.7;
constexpr double kNearlyBest = 0.9;        // of the best silhouette
constexpr double kClearSilhouette = 0.52;  // sentences of 2 to 12 speakers: 0.54 to 0.72; words: 0.27 to 0.5
constexpr int64_t kClipsOfASpeaker = 10;   // fewer in a cluster may well be one word
constexpr int64_t kFewestToMeasure = 4;    // voices in a cluster for its closeness to be trusted
constexpr int64_t kFewestForSilhouette = 6;

Embedding of_length_one(const Embedding& mean) {
  const double length = std::sqrt(similarity(mean, mean));
  Embedding scaled = mean;
  for (float& number : scaled) number = float(number / std::max(length, 1e-9));
  return scaled;
}

std::vector<int64_t> nearest_centres(std::span<const Embedding> voices, const std::vector<Embedding>& centres) {
  std::vector<Embedding> directions;
  for (const Embedding& centre : centres) directions.push_back(of_length_one(centre));
  std::vector<int64_t> of(voices.size());
  for (size_t voice = 0; voice < voices.size(); ++voice) {
    double best = -1.0;
    for (size_t centre = 0; centre < directions.size(); ++centre) {
      const double alike = similarity(voices[voice], directions[centre]);
      if (alike > best) {
        best = alike;
        of[voice] = int64_t(centre);
      }
    }
  }
  return of;
}

// A cluster that loses its last voice keeps its number out of use; the numbers are made without gaps again.
std::vector<int64_t> without_gaps(std::vector<int64_t> of) {
  std::vector<int64_t> number;
  int64_t next = 0;
  for (int64_t& cluster : of) {
    if (size_t(cluster) >= number.size()) number.resize(size_t(cluster) + 1, -1);
    if (number[size_t(cluster)] < 0) number[size_t(cluster)] = next++;
    cluster = number[size_t(cluster)];
  }
  return of;
}

Clusters mended(std::span<const Embedding> voices, Clusters clusters) {
  for (int round = 0; round < 4; ++round) {
    std::vector<int64_t> of = without_gaps(nearest_centres(voices, clusters.centres));
    if (of == clusters.of) break;
    clusters = describe_clusters(voices, std::move(of));
  }
  return clusters;
}

// The mean over all voices of how much nearer the own cluster is than the next one; distance is 1 - similarity.
double silhouette(std::span<const Embedding> voices, const Clusters& clusters) {
  double sum = 0.0;
  for (size_t voice = 0; voice < voices.size(); ++voice) {
    const auto own = size_t(clusters.of[voice]);
    const auto size = double(clusters.sizes[own]);
    if (size < 2.0) continue;
    const double within = 1.0 - (similarity(voices[voice], clusters.centres[own]) * size - 1.0) / (size - 1.0);
    double outside = 2.0;
    for (size_t other = 0; other < clusters.centres.size(); ++other) {
      if (other != own) outside = std::min(outside, 1.0 - similarity(voices[voice], clusters.centres[other]));
    }
    sum += (outside - within) / std::max({outside, within, 1e-9});
  }
  return sum / double(voices.size());
}

struct Pair {
  int64_t a = 0, b = 0;
  double likeness = -1.0;
};

Pair most_alike(const Clusters& clusters) {
  Pair best;
  for (int64_t a = 0; a < clusters.count(); ++a) {
    for (int64_t b = 0; b < a; ++b) {
      const double alike = likeness(clusters, a, clusters, b);
      if (alike > best.likeness) best = {a, b, alike};
    }
  }
  return best;
}

Clusters joined(std::span<const Embedding> voices, const Clusters& clusters, int64_t a, int64_t b) {
  std::vector<int64_t> of = clusters.of;
  std::ranges::replace(of, a, b);
  return describe_clusters(voices, without_gaps(std::move(of)));
}

// Of a handful there is nothing to compare a number of speakers by: what is alike goes together.
Clusters of_a_handful(std::span<const Embedding> voices, const ClusterLimits& limits) {
  std::vector<int64_t> of(voices.size());
  std::iota(of.begin(), of.end(), 0);
  Clusters clusters = describe_clusters(voices, of);
  while (clusters.count() > 1) {
    Pair best;
    for (int64_t a = 0; a < clusters.count(); ++a) {
      for (int64_t b = 0; b < a; ++b) {
        const double alike = similarity(clusters.centres[size_t(a)], clusters.centres[size_t(b)]);
        if (alike > best.likeness) best = {a, b, alike};
      }
    }
    if (best.likeness < kSameVoiceOfTwoClips && clusters.count() <= limits.most_speakers) break;
    clusters = joined(voices, clusters, best.a, best.b);
  }
  return clusters;
}

Clusters of_a_tree(std::span<const Embedding> voices, const ClusterLimits& limits) {
  const std::vector<Merge> tree = ward_tree(voices);
  const auto cut = [&](int64_t clusters) {
    return mended(voices, describe_clusters(voices, cut_tree(tree, clusters)));
  };
  const auto count = int64_t(voices.size());
  if (limits.speakers > 0) return cut(std::min(limits.speakers, count));
  if (count < kFewestForSilhouette) return of_a_handful(voices, limits);

  std::vector<double> quality;  // of 2, 3, ... clusters
  for (int64_t clusters = 2; clusters <= std::min(limits.most_speakers, count - 1); ++clusters) {
    quality.push_back(silhouette(voices, cut(clusters)));
  }
  if (quality.empty()) return cut(1);
  if (limits.single_words && count >= kFewestForGraph) {
    const auto large = std::min(count / kClipsOfASpeaker - 1, int64_t(quality.size()));
    if (*std::max_element(quality.begin(), quality.begin() + large) < kClearSilhouette)
      return cut(speakers_in_graph(voices, limits.most_speakers));
  }
  const double enough = kNearlyBest * std::ranges::max(quality);
  int64_t chosen = 1 + int64_t(quality.size());
  while (quality[size_t(chosen - 2)] < enough) --chosen;
  Clusters clusters = cut(chosen);
  while (clusters.count() > 1) {
    const Pair pair = most_alike(clusters);
    if (pair.likeness < kSameVoice) break;
    clusters = joined(voices, clusters, pair.a, pair.b);
  }
  return clusters;
}

Clusters largest_first(std::span<const Embedding> voices, const Clusters& clusters) {
  std::vector<int64_t> order(clusters.sizes.size()), place(clusters.sizes.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order,
                           [&](int64_t a, int64_t b) { return clusters.sizes[size_t(a)] > clusters.sizes[size_t(b)]; });
  for (size_t number = 0; number < order.size(); ++number) place[size_t(order[number])] = int64_t(number);
  std::vector<int64_t> of = clusters.of;
  for (int64_t& cluster : of) cluster = place[size_t(cluster)];
  return describe_clusters(voices, std::move(of));
}

}  // namespace

Clusters find_speakers(std::span<const Embedding> voices, const ClusterLimits& limits) {
  if (voices.empty()) return {};
  if (int64_t(voices.size()) <= limits.most_in_tree) return largest_first(voices, of_a_tree(voices, limits));

  std::vector<Embedding> sample;
  for (int64_t number = 0; number < limits.most_in_tree; ++number) {
    sample.push_back(voices[size_t(number * int64_t(voices.size()) / limits.most_in_tree)]);
  }
  const Clusters found = of_a_tree(sample, limits);
  Clusters all = describe_clusters(voices, without_gaps(nearest_centres(voices, found.centres)));
  return largest_first(voices, mended(voices, std::move(all)));
}

Clusters describe_clusters(std::span<const Embedding> voices, std::vector<int64_t> of) {
  Clusters clusters;
  const auto count = of.empty() ? 0 : size_t(std::ranges::max(of)) + 1;
  std::vector<std::array<double, std::tuple_size_v<Embedding>>> sums(count);
  clusters.sizes.assign(count, 0);
  for (size_t voice = 0; voice < voices.size(); ++voice) {
    const auto cluster = size_t(of[voice]);
    ++clusters.sizes[cluster];
    for (size_t number = 0; number < sums[cluster].size(); ++number) sums[cluster][number] += voices[voice][number];
  }
  clusters.centres.resize(count);
  for (size_t cluster = 0; cluster < count; ++cluster) {
    const auto size = double(clusters.sizes[cluster]);
    double squares = 0.0;
    for (size_t number = 0; number < sums[cluster].size(); ++number) {
      squares += sums[cluster][number] * sums[cluster][number];
      clusters.centres[cluster][number] = float(sums[cluster][number] / size);
    }
    clusters.closeness.push_back(size < 2.0 ? 1.0 : (squares - size) / (size * (size - 1.0)));
  }
  clusters.of = std::move(of);
  return clusters;
}

double likeness(const Clusters& a, int64_t cluster_of_a, const Clusters& b, int64_t cluster_of_b) {
  // Single clips scatter about their voice, which shortens the mean by the square root of their closeness.
  const auto closeness = [](const Clusters& clusters, size_t cluster) {
    return clusters.sizes[cluster] < kFewestToMeasure ? kUsualCloseness : clusters.closeness[cluster];
  };
  const double noise = closeness(a, size_t(cluster_of_a)) * closeness(b, size_t(cluster_of_b));
  return similarity(a.centres[size_t(cluster_of_a)], b.centres[size_t(cluster_of_b)])
         / std::sqrt(std::max(noise, 1e-9));
}

std::vector<double> confidence(std::span<const Embedding> voices, const Clusters& clusters) {
  std::vector<Embedding> directions;
  for (const Embedding& centre : clusters.centres) directions.push_back(of_length_one(centre));
  std::vector<double> sure;
  for (size_t voice = 0; voice < voices.size(); ++voice) {
    const auto own = size_t(clusters.of[voice]);
    double nearest = kStranger;
    for (size_t other = 0; other < directions.size(); ++other) {
      if (other != own) nearest = std::max(nearest, similarity(voices[voice], directions[other]));
    }
    const double alike = similarity(voices[voice], directions[own]);
    sure.push_back(std::clamp((alike - nearest) / std::max(1.0 - nearest, 1e-9), 0.0, 1.0));
  }
  return sure;
}

}  // namespace vits::speaker
