#include <ATen/ATen.h>

#include "cast.h"
#include "documents.h"
#include "replace.h"
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

void put(TensorMap& all, const std::string& prefix, const TensorMap& tensors, std::optional<at::ScalarType> dtype,
         WeightCast& cast) {
  for (const auto& [name, tensor] : tensors) {
    const bool wavenet = name.find(".wavenet.") != std::string::npos;
    const bool split = name.find(".parametrizations.weight.original") != std::string::npos;
    const bool product = wavenet && tensor.dim() > 1 && name.ends_with(".weight");
    if (product || (split && !wavenet))
      throw Error("{} is not in the spelling of weight norm that transformers loads; this is a bug in vits-train.",
                  name);
    all[prefix + name] = cast.to(dtype.value_or(tensor.scalar_type()), prefix + name, tensor);
  }
}

void put_files(const std::filesystem::path& folder, const VoiceFiles& voice, const HuggingFaceOptions& options) {
  TensorMap tensors;
  WeightCast cast;
  put(tensors, "", voice.generator, options.dtype, cast);
  if (options.keep_discriminators) put(tensors, "discriminator.", voice.discriminators, options.dtype, cast);
  cast.check();

  for (const auto& [name, document] : documents_of(voice)) formats::write_json(folder / name, document);
  formats::write_safetensors(folder / "model.safetensors", tensors);
  formats::write_torch_state(folder / "pytorch_model.bin", tensors);
}

}  // namespace

void write_huggingface(const std::filesystem::path& folder, const VoiceFiles& voice,
                       const HuggingFaceOptions& options) {
  base::AtomicFolder out(ready_folder(folder));
  put_files(out.path(), voice, options);
  out.commit();
}

std::string write_trained(const std::filesystem::path& folder, const VoiceFiles& voice,
                          const std::filesystem::path& code_of) {
  base::AtomicFolder out(ready_folder(folder));
  put_files(out.path(), voice, {});
  std::string note;
  if (!code_of.empty()) note = write_torchscript(out.path() / kArchiveBeside, voice, code_of);
  out.commit();
  return note;
}

}  // namespace vits::exporter
