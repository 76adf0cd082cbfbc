#include "cluster_tree.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace vits::speaker {

std::vector<Merge> ward_tree(std::span<const Embedding> points) {
  const size_t count = points.size();
  // Squared distances between clusters in Ward's sense, both triangles, so that a row lies in one piece.
  std::vector<float> distances(count * count);
  for (size_t a = 0; a < count; ++a) {
    for (size_t b = 0; b < a; ++b) {
      distances[a * count + b] = distances[b * count + a] = float(2.0 - 2.0 * similarity(points[a], points[b]));
    }
  }
  std::vector<int64_t> sizes(count, 1);  // 0: merged into another
  std::vector<Merge> tree;
  std::vector<size_t> chain;
  size_t first_alive = 0;
  while (tree.size() + 1 < count) {
    if (chain.empty()) {
      while (sizes[first_alive] == 0) ++first_alive;
      chain.push_back(first_alive);
    }
    // Nearest neighbours are followed until two are each other's; the one before wins a tie, so that the chain ends.
    const size_t last = chain.back();
    size_t nearest = chain.size() > 1 ? chain[chain.size() - 2] : count;
    float least = nearest < count ? distances[last * count + nearest] : std::numeric_limits<float>::infinity();
    for (size_t other = 0; other < count; ++other) {
      if (sizes[other] != 0 && other != last && distances[last * count + other] < least) {
        least = distances[last * count + other];
        nearest = other;
      }
    }
    if (chain.size() < 2 || nearest != chain[chain.size() - 2]) {
      chain.push_back(nearest);
      continue;
    }
    chain.resize(chain.size() - 2);
    tree.push_back({int64_t(last), int64_t(nearest), least});
    // Lance and Williams' formula gives the distances of the union, which takes the place of `nearest`.
    const auto of_last = double(sizes[last]), of_nearest = double(sizes[nearest]);
    for (size_t other = 0; other < count; ++other) {
      if (sizes[other] == 0 || other == last || other == nearest) continue;
      const auto of_other = double(sizes[other]);
      const double joined = ((of_last + of_other) * distances[last * count + other]
                             + (of_nearest + of_other) * distances[nearest * count + other] - of_other * least)
                            / (of_last + of_nearest + of_other);
      distances[nearest * count + other] = distances[other * count + nearest] = float(joined);
    }
    sizes[nearest] += sizes[last];
    sizes[last] = 0;
  }
  std::ranges::stable_sort(tree, {}, &Merge::height);
  return tree;
}

std::vector<int64_t> cut_tree(const std::vector<Merge>& tree, int64_t clusters) {
  std::vector<int64_t> parent(tree.size() + 1);
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&parent](int64_t point) {
    while (parent[size_t(point)] != point) {
      parent[size_t(point)] = parent[size_t(parent[size_t(point)])];
      point = parent[size_t(point)];
    }
    return point;
  };
  const auto merges = std::max<int64_t>(int64_t(tree.size()) + 1 - clusters, 0);
  for (int64_t merge = 0; merge < merges; ++merge)
    parent[size_t(root(tree[size_t(merge)].a))] = root(tree[size_t(merge)].b);
  std::vector<int64_t> label_of_root(parent.size(), -1), labels(parent.size());
  int64_t next = 0;
  for (size_t point = 0; point < parent.size(); ++point) {
    int64_t& label = label_of_root[size_t(root(int64_t(point)))];
    if (label < 0) label = next++;
    labels[point] = label;
  }
  return labels;
}

}  // namespace vits::speaker
