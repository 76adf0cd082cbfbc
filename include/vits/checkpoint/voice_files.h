// A voice as files hold it, read into one form whatever wrote it: a Hugging Face folder, a TorchScript archive, the
// original (and fairseq's) G_*.pth with its config.json and vocab.txt, or a training run's checkpoint.
//
// That form is transformers': its module names, weight norm in the WaveNets (`parametrizations.weight.original0`, the
// length g, and `original1`, the direction v) and plain `weight` elsewhere. Everything that reads a voice (speaking,
// training, writing it in another format) starts from here.
#pragma once
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "vits/formats/json.h"
#include "vits/formats/tensor_map.h"
#include "vits/model/vits_config.h"

namespace vits::checkpoint {

enum class VoiceKind { huggingface, torchscript, original, run };

std::string_view name_of(
    VoiceKind kind);  // "huggingface", "torchscript", "original", which are the words of --format; "run"

struct VoiceFiles {
  VoiceKind kind = VoiceKind::huggingface;
  std::filesystem::path source;                // the folder, the archive or the checkpoint
  std::vector<std::filesystem::path> weights;  // the files that hold the tensors

  model::VitsConfig config;
  formats::Json raw_config;       // config.json as transformers reads it, with the keys that `config` does not know
  formats::Json original_config;  // config.json of an original voice as it stood there; null of the other kinds

  // On the CPU, in the dtype of the file; may be READ-ONLY views of it: copy_() or clone() them.
  formats::TensorMap generator;
  formats::TensorMap discriminators;  // "discriminators.0.convs.0.weight", ...; empty when the voice has none
  at::ScalarType dtype = at::kFloat;  // of most of the generator's values

  // Tokenizer files as transformers reads them; null where the voice has none. An original voice's vocab.txt arrives as
  // `vocab` and `tokenizer_config`.
  formats::Json vocab, tokenizer_config, special_tokens_map, added_tokens, preprocessor_config;

  std::vector<std::string> speakers;  // names by id; empty when none are known
  std::vector<std::string> notes;     // what a person may want to know about how it was read
};

// `path` is a voice's folder or its weights (their config.json beside them). What it is, is told by content.
//
// Throws Error when it is no voice, a file is damaged, config.json does not describe a VITS or a weight norm lacks one
// of its halves. Whether the tensors are those that the config asks for is checked where they are used:
// apply_weights().
VoiceFiles read_voice(const std::filesystem::path& path);

// config.json of a Hugging Face folder. Unknown keys are ignored; a value of the wrong type is an Error that names
// `source` and the key. What only training needs may be missing and then follows from the rest.
model::VitsConfig config_from_json(const formats::Json& json, const std::string& source);

// `raw` with the values of `config`: the reverse of the above. Keys that `config` does not know stay as they are.
formats::Json config_to_json(const model::VitsConfig& config, formats::Json raw);

}  // namespace vits::checkpoint
