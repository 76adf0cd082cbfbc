#include "vits/base/nearest.h"

#include <algorithm>

namespace vits::base {

int edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<int>> cost(a.size() + 1, std::vector<int>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = static_cast<int>(i);
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const int replaced = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

namespace {

constexpr size_t kFewestLettersOfABeginning = 3;

std::optional<std::string> shortest_beginning_with(const std::string& word, const std::vector<std::string>& known) {
  const auto first_letter = word.find_first_not_of('-');
  if (first_letter == std::string::npos || word.size() - first_letter < kFewestLettersOfABeginning) return {};
  std::optional<std::string> best;
  for (const std::string& candidate : known)
    if (candidate.starts_with(word) && (!best || candidate.size() < best->size())) best = candidate;
  return best;
}

}  // namespace

std::optional<std::string> nearest(const std::string& word, const std::vector<std::string>& known) {
  std::optional<std::string> best;
  int least = 0;
  for (const std::string& candidate : known) {
    const int distance = edit_distance(word, candidate);
    if (best && distance >= least) continue;
    best = candidate;
    least = distance;
  }
  if (best && least <= std::max<int>(2, static_cast<int>(best->size()) / 3)) return best;
  return shortest_beginning_with(word, known);
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
  const auto best = nearest(word, known);
  return best ? " Did you mean \"" + *best + "\"?" : "";
}

}  // namespace vits::base
