#include <ATen/ATen.h>

#include "documents.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/exporter/write_voice.h"
#include "vits/formats/json.h"
#include "vits/formats/pickle.h"
#include "vits/formats/safetensors.h"

namespace vits::exporter {

using checkpoint::VoiceFiles;
using formats::Json;
using formats::TensorMap;

namespace {

void put(TensorMap& all, const std::string& prefix, const TensorMap& tensors, std::optional<at::ScalarType> dtype) {
  for (const auto& [name, tensor] : tensors) {
    const bool wavenet = name.find(".wavenet.") != std::string::npos;
    const bool split = name.find(".parametrizations.weight.original") != std::string::npos;
    const bool product = wavenet && tensor.dim() > 1 && name.ends_with(".weight");
    if (product || (split && !wavenet))
      throw Error("{} is not in the spelling of weight norm that transformers loads; this is a bug in vits-train.",
                  name);
    const bool convert = dtype && tensor.is_floating_point();
    all[prefix + name] = (convert ? tensor.to(*dtype) : tensor).contiguous();
  }
}

}  // namespace

void check_replaceable(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder)) return;
  if (!std::filesystem::is_directory(folder))
    throw Error("{} is a file; a voice of this format is a folder.", folder.string());
  if (std::filesystem::is_empty(folder)) return;
  if (!std::filesystem::exists(folder / "config.json"))
    throw Error("{} holds other things than a voice; they would be lost. Name a new folder.", folder.string());
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_directory())
      throw Error("{} has the folder {} in it, which would be lost. Name a new folder.", folder.string(),
                  entry.path().filename().string());
}

void write_huggingface(const std::filesystem::path& folder, const VoiceFiles& voice,
                       const HuggingFaceOptions& options) {
  check_replaceable(folder);
  TensorMap tensors;
  put(tensors, "", voice.generator, options.dtype);
  if (options.keep_discriminators) put(tensors, "discriminator.", voice.discriminators, options.dtype);

  base::AtomicFolder out(folder);
  for (const auto& [name, document] : documents_of(voice)) formats::write_json(out.path() / name, document);
  formats::write_safetensors(out.path() / "model.safetensors", tensors);
  formats::write_torch_state(out.path() / "pytorch_model.bin", tensors);
  out.commit();
}

}  // namespace vits::exporter
