#include "romanizer_lattice.h"

#include <algorithm>
#include <utility>

namespace vits::text::romanization {

Edge& Lattice::add(Edge edge) {
  Edge& added = edges_.emplace_back(std::move(edge));
  by_start_[added.start].push_back(&added);
  by_end_[added.end].push_back(&added);
  return added;
}

Edge* Lattice::best_in_span(int start, int end) const {
  Edge* best = nullptr;
  for (Edge* edge : by_start_[start]) {
    if (edge->end != end) continue;
    if (edge->number && edge->number->active) return edge;
    if (!best || edge->kind < best->kind) best = edge;
  }
  return best;
}

Edge* Lattice::best_from(int start) const {
  int end = 0;
  for (const Edge* edge : by_start_[start]) end = std::max(end, edge->end);
  return best_in_span(start, end);
}

Edge* Lattice::best_until(int end) const {
  int start = end;
  for (const Edge* edge : by_end_[end]) start = std::min(start, edge->start);
  return best_in_span(start, end);
}

std::string Lattice::best_path() const {
  std::string text;
  const int characters = static_cast<int>(by_start_.size()) - 1;
  for (int position = 0; position < characters;) {
    const Edge* edge = best_from(position);
    if (edge) text += edge->text;
    position = edge ? edge->end : position + 1;
  }
  return text;
}

std::string Lattice::last_reading_before(int end) const {
  while (end > 0) {
    if (const Edge* edge = best_until(end)) {
      if (!edge->text.empty()) return edge->text;
      end = edge->start;
    }
    --end;  // also behind an empty reading: uroman passes over one more character there
  }
  return {};
}

}  // namespace vits::text::romanization
