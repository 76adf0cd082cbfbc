// "Did you mean": the known word that a mistyped one most likely stands for.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace vits::base {

// Letters to insert, delete, replace or swap with a neighbour to make one word of the other.
int edit_distance(const std::string& a, const std::string& b);

// None when even the best one differs in more than a third of its letters (at least two may differ) and `word`, of
// three letters or more, begins none; the shortest that it begins is taken.
std::optional<std::string> nearest(const std::string& word, const std::vector<std::string>& known);

// " Did you mean "x"?", or an empty text.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& known);

}  // namespace vits::base
