#include "vits/checkpoint/run_state.h"

#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/formats/file_kind.h"
#include "vits/formats/pickle.h"
#include "vits/formats/torch_tree.h"
#include "vits/formats/zip.h"

namespace vits::checkpoint {

namespace fs = std::filesystem;
using formats::Json;
using formats::PickleValue;
using formats::TorchTree;

namespace {

constexpr const char* kFacts = "facts";
constexpr const char* kFactsRecord = "facts.json";
constexpr const char* kFactsInZip = "archive/facts.json";

// Not less than the file will have: what a tensor needs beside its bytes is its place in the pickle and in the zip
// file.
uint64_t bytes_needed(const RunState& state, const std::string& facts_text) {
  constexpr uint64_t kPerFile = 4096, kPerTensor = 600, kPerDimension = 24;
  uint64_t bytes = kPerFile + 8 * facts_text.size();
  for (const auto& [group, tensors] : state.groups)
    for (const auto& [name, tensor] : tensors)
      if (tensor.defined())
        bytes += tensor.nbytes() + name.size() + kPerTensor + kPerDimension * static_cast<uint64_t>(tensor.dim());
  return bytes;
}

TorchTree tree_of(const RunState& state) {
  TorchTree::Dictionary dictionary;
  for (const auto& [name, tensors] : state.groups) dictionary.push_back({name, formats::tree_of(tensors)});
  dictionary.push_back({kFacts, formats::tree_of(state.facts)});
  return {std::move(dictionary)};
}

Error not_a_run(const fs::path& path, std::string_view why) {
  return Error("{} is not the state of a training run: {}.", path.string(), why);
}

Json checked_facts(Json facts, const fs::path& path) {
  if (!facts.is_object()) throw not_a_run(path, "its facts are no dictionary");
  return facts;
}

// As the file was written by us; nothing of a file that Python wrote.
std::optional<Json> recorded_facts(const fs::path& path) {
  const formats::ZipReader zip(path);
  if (!zip.has(kFactsInZip)) return std::nullopt;
  return checked_facts(formats::parse_json(zip.read(kFactsInZip).text(), path.string() + ":" + kFactsRecord), path);
}

Json pickled_facts(const PickleValue& file, const fs::path& path) {
  const auto facts = file.find(kFacts);
  if (!facts) throw not_a_run(path, "it holds no facts");
  return checked_facts(formats::json_of(*facts), path);
}

}  // namespace

void write_run_state(const fs::path& path, const RunState& state) {
  if (!state.facts.is_object() || state.groups.contains(kFacts))
    throw Error("{} cannot be written: facts are an object, and no group of tensors has their name.", path.string());
  const std::string facts = formats::json_text(state.facts);
  formats::parse_json(facts, "facts");  // what could not be read back is better known now than after a power cut

  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  base::remove_unfinished(folder);
  const uint64_t needed = bytes_needed(state, facts), free = base::free_bytes(folder);
  if (needed > free)
    throw Error("{} needs {} bytes and the disk has {} free. Make room, or name a folder on another disk.",
                path.string(), needed, free);
  formats::write_torch_file(path, tree_of(state), {{kFactsRecord, facts}});
}

RunState read_run_state(const fs::path& path) {
  RunState state;
  auto facts = recorded_facts(path);
  const PickleValue file = formats::read_torch_file(path);
  if (!file.is(PickleValue::Kind::dictionary)) throw not_a_run(path, "it holds no dictionary");
  state.facts = facts ? std::move(*facts) : pickled_facts(file, path);
  for (const auto& [name, value] : file.entries()) {
    if (!name.is(PickleValue::Kind::text)) throw not_a_run(path, "a name in it is no text");
    if (name.text() == kFacts) continue;
    auto tensors = value.tensors();
    if (tensors.size() != value.size()) throw not_a_run(path, "not all in its groups are tensors with a name");
    state.groups[std::string(name.text())] = std::move(tensors);
  }
  return state;
}

Json read_run_facts(const fs::path& path) {
  if (auto facts = recorded_facts(path)) return std::move(*facts);
  return pickled_facts(formats::read_torch_file(path), path);
}

bool is_run_state(const fs::path& path) {
  try {
    return formats::file_kind(path) == formats::FileKind::torch_zip && formats::ZipReader(path).has(kFactsInZip);
  } catch (const Error&) {
    return false;
  }
}

}  // namespace vits::checkpoint
