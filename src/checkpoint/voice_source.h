// Where a voice's files lie, and its tensors under the names that this project uses, their values untouched.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "vits/checkpoint/voice_files.h"
#include "vits/formats/json.h"
#include "vits/formats/tensor_map.h"
#include "vits/formats/torchscript.h"

namespace vits::checkpoint {

struct VoiceSource {
  VoiceKind kind = VoiceKind::huggingface;
  std::filesystem::path folder;   // that holds the weights and, unless it is one file, the other files
  std::filesystem::path weights;  // a file, or the index of its shards
  std::optional<std::filesystem::path> discriminator_weights;  // D_*.pth of an original voice
};

// Throws Error when `path` is no voice, with what it is instead.
VoiceSource locate_voice(const std::filesystem::path& path);

struct RawVoice {
  formats::TensorMap generator, discriminators;  // names of transformers and current weight norm; values as in the file
  std::vector<std::filesystem::path> files;      // that hold them
  formats::ExtraFiles extra_files;               // of a voice in one file
  bool averaged = false;                         // the generator's values are an average over the training
};

// Do the other files stand in that of the weights?
bool in_one_file(const VoiceSource& source);

RawVoice read_raw_voice(const VoiceSource& source);

// Tensors of a file by their names in it, whatever kind of weight file it is; an index stands for its shards, which are
// added to `files`.
formats::TensorMap read_weight_file(const std::filesystem::path& path, std::vector<std::filesystem::path>& files);

// read_voice() with the tensors' values as the file has them: their weight norm may be of any spelling.
VoiceFiles read_stored_voice(const VoiceSource& source);

// A document of the voice (config.json, vocab.json, ...): beside the weights, or in the archive. Null when there is
// none.
formats::Json read_document(const VoiceSource& source, const RawVoice& raw, const std::string& name);

}  // namespace vits::checkpoint
