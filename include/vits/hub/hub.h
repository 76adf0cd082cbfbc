// Names on a model hub become folders on this disk.
//
// Files are kept in Hugging Face's cache, in its layout and under its locks: huggingface_hub and transformers find what
// was downloaded here, and we what they did. What is complete in the cache is used without a word to the network, so
// that a voice which worked yesterday works on the train today; Settings::refresh asks whether the revision has moved.
//
// A download survives what happens to downloads. A broken one continues where it stopped, in this run or the next; a
// hub that is busy is asked again when it says; a file whose bytes do not have the hash that names it is fetched once
// more and then refused. Ctrl-C throws Stopped and keeps what has come.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "vits/hub/repository.h"
#include "vits/hub/settings.h"

namespace vits::hub {

struct Listeners {
  // As bytes come; the last call for a file has done_bytes == total_bytes. Files that were there already are not told.
  std::function<void(const std::string& file, int64_t done_bytes, int64_t total_bytes)> progress;
  // A sentence on something unusual: a wait, a second try, a fallback to the cache.
  std::function<void(const std::string& sentence)> notice;
};

// The folder with all that the hub has of a voice: config.json and the weights, which are required, the vocabulary and
// the tokenizer's settings, the speakers' names. Weights are model.safetensors, else pytorch_model.bin, in one piece or
// in shards with their index. `name` is "owner/name" or "owner/name@revision". Throws Error when the voice cannot be
// had, with what was tried and what to do.
std::filesystem::path fetch_model(std::string_view name, const Settings& settings, const Listeners& listeners = {});

struct Snapshot {
  std::filesystem::path folder;
  std::vector<std::string> files;  // relative to the folder, those that match, sorted
};

// All files of a repository that match one of the patterns: "*" stands for any characters, slashes too, and "?" for
// one. Without a network, the matching files of the cache, if what is known of the repository says that they are all.
Snapshot fetch_files(const Repository& repository, const std::vector<std::string>& patterns, const Settings& settings,
                     const Listeners& listeners = {});

}  // namespace vits::hub
