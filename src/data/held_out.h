// Which clips are held out to judge by; the rule stands at `prepare`.
#pragma once
#include <string>
#include <vector>

namespace vits::data {

struct HeldOutCandidate {
  std::string id, speaker;
};

// One value for each clip: true when it is held out.
std::vector<bool> held_out(const std::vector<HeldOutCandidate>& clips, double share);

}  // namespace vits::data
