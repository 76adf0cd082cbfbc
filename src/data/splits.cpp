#include "splits.h"

#include <fmt/ranges.h>

#include "vits/base/error.h"

namespace vits::data {

std::string split_name(std::string_view name) {
  std::string lower;
  for (const char c : name) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (lower == "training") return "train";
  for (const char* word : {"valid", "val", "dev", "development"})
    if (lower == word) return "validation";
  for (const char* word : {"testing", "eval", "evaluation"})
    if (lower == word) return "test";
  return lower;
}

bool is_usual_split(std::string_view name) {
  const std::string split = split_name(name);
  return split == "train" || split == "validation" || split == "test";
}

std::string split_folder_of(std::string_view path) {
  const size_t slash = path.find('/');
  return slash != std::string_view::npos && is_usual_split(path.substr(0, slash)) ? split_name(path.substr(0, slash))
                                                                                  : "";
}

SplitChoice::SplitChoice(const std::vector<std::string>& wanted) {
  for (const std::string& word : wanted) wanted_.insert(split_name(word));
}

bool SplitChoice::takes(std::string_view split) {
  if (wanted_.empty()) return true;
  const std::string name = split_name(split);
  if (!name.empty()) seen_.insert(name);
  return wanted_.contains(name);
}

void SplitChoice::check(const std::string& source) const {
  for (const std::string& wanted : wanted_) {
    if (seen_.contains(wanted)) continue;
    if (seen_.empty()) throw UsageError("--splits {}: {} has no splits.", wanted, source);
    throw UsageError("--splits {}: {} has no such split. It has: {}.", wanted, source, fmt::join(seen_, ", "));
  }
}

}  // namespace vits::data
