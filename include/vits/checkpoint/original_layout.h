// The original VITS (jaywalnut310/vits) and fairseq's MMS: G_*.pth and D_*.pth under their own module names, a
// config.json in three sections, and vocab.txt with a symbol a line.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "vits/checkpoint/voice_files.h"
#include "vits/formats/json.h"
#include "vits/formats/tensor_map.h"
#include "vits/model/vits_config.h"

namespace vits::checkpoint {

// Original names, in either spelling of weight norm, to those of transformers under current ones (weight_names.h), and
// linear layers that the original keeps as convolutions of width 1 to matrices. A name that is not known stays as it
// is: whoever applies the weights reports it.
formats::TensorMap generator_from_original(const formats::TensorMap& tensors);
formats::TensorMap discriminators_from_original(const formats::TensorMap& tensors);

// The reverse, weight norm put on wherever the original has it and spelled weight_g and weight_v.
formats::TensorMap generator_to_original(const formats::TensorMap& tensors);
formats::TensorMap discriminators_to_original(const formats::TensorMap& tensors);

// What `config` (an original config.json, `source` to blame for it) says, and where it is silent (the original fixes
// many sizes in its code) what the tensors show. Tensors under transformers' names.
model::VitsConfig config_from_original(const formats::Json& config, const formats::TensorMap& generator,
                                       const formats::TensorMap& discriminators, const std::string& source);

// A key of ours in an original config.json, which other programs pass over: transformers' tokenizer_config.json of the
// voice. The layout itself has no place for the language, and none for text that is read as it is, capitals and all.
inline constexpr const char* kTokenizerKey = "tokenizer_config";

// `original` (null, or the config.json of a voice that was original before) with the values of the voice.
formats::Json config_to_original(const VoiceFiles& voice);

// The symbols of an original voice by id: vocab.txt of the folder, the list `symbols` of config.json, or the 178
// symbols of the original's text/symbols.py. Throws Error when none of them is there or their number is not `rows`.
std::vector<std::string> original_symbols(const std::filesystem::path& folder, const formats::Json& config,
                                          int64_t rows);

// What stands in vocab.txt for an id that no symbol has.
std::string unused_symbol(size_t id);

}  // namespace vits::checkpoint
