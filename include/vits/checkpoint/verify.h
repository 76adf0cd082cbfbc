// `vits-train verify`: is this voice whole? Everything that speaking with it needs is done once.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace vits::checkpoint {

struct Verification {
  std::vector<std::string> checked;  // sentences: what was looked at and is right
  std::vector<std::string> defects;  // sentences: what is wrong; empty of a whole voice
};

// Reads the voice, fits its tensors into the network that its config describes, looks for values that are no finite
// numbers, compares the vocabulary with the embedding and speaks a dozen symbols with every speaker (at most eight of
// them). Throws Error only when there is nothing at `path` to look at.
Verification verify(const std::filesystem::path& path);

}  // namespace vits::checkpoint
