// A training run on disk: everything that continuing it bit for bit needs, in one file that Python opens too.
//
//   torch.load("checkpoint_epoch_7.pt", weights_only=True)
//   -> {"generator": {name: tensor}, "discriminators": {...}, "generator_exp_avg": {...}, ..., "facts": {...}}
//
// A file is written under a temporary name, flushed and renamed; each of its records carries a CRC-32, and `facts`
// stands in it once more as JSON text, so that it can be looked at without the tensors.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vits/formats/json.h"
#include "vits/formats/tensor_map.h"

namespace vits::checkpoint {

// A state opens as a voice too (voice_files.h: speaking, converting, a new run from it) when
//   facts["voice"]               has "config" and, as far as the voice has them, "vocab", "tokenizer_config",
//                                "special_tokens_map", "added_tokens", "preprocessor_config" and "speakers", each as
//                                the JSON file of that name
//   groups["generator"]          are its weights, in any spelling of weight norm
//   groups["generator_average"]  stand, where they are, in place of those of the same name
//   groups["discriminators"]     may be there
struct RunState {
  std::map<std::string, formats::TensorMap> groups;  // by any name but "facts"
  formats::Json facts;  // a JSON object; `train` decides what is in it. A number that is not finite reads back as null
};

// Throws Error with the bytes needed and free when the disk has not enough room, before it writes, and when writing
// fails; what stood at `path` is then as it was. Contiguous tensors on the CPU are not copied, views neither. Removes
// from the folder what killed programs left half written.
void write_run_state(const std::filesystem::path& path, const RunState& state);

// Tensors may be READ-ONLY views of the mapped file. Reads a state too that Python changed and wrote again. Throws
// Error when the file is damaged or no such file.
RunState read_run_state(const std::filesystem::path& path);

// The facts alone, without a look at the tensors.
formats::Json read_run_facts(const std::filesystem::path& path);

// Did write_run_state() write this file? Told from its directory; false of what cannot be read.
bool is_run_state(const std::filesystem::path& path);

struct SavedRun {
  std::filesystem::path path;
  int64_t step = 0;                  // facts["step"]
  std::optional<double> validation;  // facts["validation_mel"], if it is a number
  bool is_ours = false;              // by its name, which ends in a number: a person's copy has another
};

// checkpoint_*.pt of a folder, the newest (by step) first; none of a folder that is not there. `damaged` is told of
// each file whose facts cannot be read. Removes what killed programs left half written.
using DamageListener = std::function<void(const std::filesystem::path& path, const std::string& why)>;
std::vector<SavedRun> saved_runs(const std::filesystem::path& folder, const DamageListener& damaged);

// The newest of ours that is whole to the last byte; damaged ones are told of and passed over. None when there is none.
std::optional<std::filesystem::path> newest_whole_run(const std::filesystem::path& folder,
                                                      const DamageListener& damaged);

// Removes all but the newest `keep_last` (one at least) and, of the others, the `keep_best` of smallest validation
// loss. Looks only at ours, such as checkpoint_epoch_7.pt: a person who copies one to another name means to keep it.
// Damaged files stay.
void remove_old_runs(const std::filesystem::path& folder, int64_t keep_last, int64_t keep_best);

}  // namespace vits::checkpoint
