// All ways of writing the parts of one text that have been found so far, and the choice among them.
#pragma once
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "romanizer_number.h"

namespace vits::text::romanization {

// What is known of a part that is a number, beside how it is written.
struct Number {
  bool active = false;  // not yet part of a larger number, and to be preferred to other readings
  Value value = {};
  bool fraction = false;  // and not zero
  int64_t base = 0;       // the power of ten that smaller numbers are added to; 0 for none
  bool digit = false, large_power = false, cjk = false;
  bool scaled = false;        // a digit after a power of ten that stands for the next lower power
  std::string original = {};  // as written in the text
};

// How characters [start, end) are written. Earlier kinds are preferred.
struct Edge {
  enum class Kind { kRomanized, kDecomposed, kOther };

  int start = 0, end = 0;
  std::string text = {};
  Kind kind = Kind::kRomanized;
  std::optional<Number> number = {};
};

class Lattice {
 public:
  explicit Lattice(size_t characters) : by_start_(characters + 1), by_end_(characters + 1) {}

  Edge& add(Edge edge);  // the reference stays valid

  // The reading of exactly this part: an active number, else by kind, among equals the first that was added. Null:
  // none.
  Edge* best_in_span(int start, int end) const;
  // The readings of the longest part that starts, or ends, here.
  Edge* best_from(int start) const;
  Edge* best_until(int end) const;

  const std::vector<Edge*>& ending_at(int end) const { return by_end_[end]; }
  std::string best_path() const;                   // the whole text
  std::string last_reading_before(int end) const;  // of the nearest part that is not written as nothing

 private:
  std::deque<Edge> edges_;
  std::vector<std::vector<Edge*>> by_start_, by_end_;
};

}  // namespace vits::text::romanization
