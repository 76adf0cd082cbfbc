// A voice as files that others open. Everything is written beside its place and renamed when it is complete: whoever
// looks finds the old voice or the new one, on a full disk too.
//
// The weights written are those of `voice.generator` and `voice.discriminators` in their one spelling (voice_files.h).
// A WaveNet whose weight norm had been multiplied out would be loaded by transformers as random numbers with no more
// than a warning; write_huggingface() refuses to write one.
#pragma once
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "vits/checkpoint/voice_files.h"

namespace vits::exporter {

// What the writers below do first. A folder may be replaced when it is empty or a voice that is a folder (config.json
// of a VITS, weights) with no file in it that such a voice does not have; throws Error otherwise, with the first file
// that would be lost. A link is followed: what it leads to is replaced.
void check_replaceable(const std::filesystem::path& folder);

struct HuggingFaceOptions {
  // Of the weights in the files; none: as the voice has them. A finite value that is too large for it is an Error.
  std::optional<at::ScalarType> dtype;
  bool keep_discriminators = false;  // under `discriminator.`, to train on; VitsModel warns of keys it does not know
};

// A folder that `VitsModel.from_pretrained` and `VitsTokenizer.from_pretrained` open: config.json, model.safetensors,
// pytorch_model.bin, vocab.json, tokenizer_config.json, special_tokens_map.json, added_tokens.json and, of several
// speakers, speakers.json: {"name": id}. config.json says "float32" whatever the files' dtype, because that is what
// transformers then computes in.
void write_huggingface(const std::filesystem::path& folder, const checkpoint::VoiceFiles& voice,
                       const HuggingFaceOptions& options = {});

// An archive that Python's torch.jit.load and C++'s torch::jit::load run, with the methods, tensors and extra files of
// those that scripts/convert_to_torchscript.py makes; float32. With `code_of`, the archive that the voice came from, it
// is that one with the voice's weights and config in it: whoever made it, its code and dtypes stay as they were. Where
// that cannot be, as when the voice has grown since or its archive is gone, it is a new one like any other, and what is
// returned says why; otherwise that is empty.
std::string write_torchscript(const std::filesystem::path& archive, const checkpoint::VoiceFiles& voice,
                              const std::filesystem::path& code_of = {});

// What a training ends with: the Hugging Face folder and, when `code_of` is not empty, voice.torchscript.pt in it,
// which alone of the two has the discriminators. Either both are there afterwards or what was there before; `code_of`
// may lie in `folder`. Returns what write_torchscript() does.
std::string write_trained(const std::filesystem::path& folder, const checkpoint::VoiceFiles& voice,
                          const std::filesystem::path& code_of);

// G_100000.pth, D_100000.pth (when the voice has discriminators), config.json and vocab.txt, as jaywalnut310/vits and
// fairseq's MMS read them; the latter asks for that very number. Always float32. Without the optimiser's state that
// resuming a run of theirs would want.
void write_original(const std::filesystem::path& folder, const checkpoint::VoiceFiles& voice);

}  // namespace vits::exporter
