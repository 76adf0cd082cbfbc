#include <ATen/ATen.h>

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

Json config_of(const VoiceFiles& voice) {
  Json config = checkpoint::config_to_json(voice.config, voice.raw_config);
  config["architectures"] = {"VitsModel"};
  // transformers 4 writes torch_dtype, 5 writes dtype; each reads both, so a file keeps the one it had.
  config[config.contains("torch_dtype") ? "torch_dtype" : "dtype"] = "float32";
  return config;
}

// What transformers' own save_pretrained writes beside vocab.json, made up where the voice had none.
void write_tokenizer(const std::filesystem::path& folder, const VoiceFiles& voice) {
  if (!voice.vocab.is_object()) return;
  Json tokenizer = voice.tokenizer_config.is_object() ? voice.tokenizer_config : Json::object();
  tokenizer["tokenizer_class"] = "VitsTokenizer";
  Json special = voice.special_tokens_map, added = voice.added_tokens;
  if (!special.is_object()) {
    special = {{"pad_token", tokenizer.value("pad_token", Json("<pad>"))},
               {"unk_token", tokenizer.value("unk_token", Json("<unk>"))}};
  }
  if (!added.is_object()) {
    added = Json::object();
    const Json unknown = tokenizer.value("unk_token", Json("<unk>"));
    if (unknown.is_string() && !voice.vocab.contains(unknown.get<std::string>()))
      added[unknown.get<std::string>()] = voice.vocab.size();
  }
  formats::write_json(folder / "vocab.json", voice.vocab);
  formats::write_json(folder / "tokenizer_config.json", tokenizer);
  formats::write_json(folder / "special_tokens_map.json", special);
  formats::write_json(folder / "added_tokens.json", added);
}

void write_speakers(const std::filesystem::path& folder, const VoiceFiles& voice) {
  Json speakers = Json::object();
  for (size_t id = 0; id < voice.speakers.size(); ++id)
    if (!voice.speakers[id].empty()) speakers[voice.speakers[id]] = id;
  if (!speakers.empty()) formats::write_json(folder / "speakers.json", speakers);
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
  formats::write_json(out.path() / "config.json", config_of(voice));
  write_tokenizer(out.path(), voice);
  write_speakers(out.path(), voice);
  if (voice.preprocessor_config.is_object())
    formats::write_json(out.path() / "preprocessor_config.json", voice.preprocessor_config);
  formats::write_safetensors(out.path() / "model.safetensors", tensors);
  formats::write_torch_state(out.path() / "pytorch_model.bin", tensors);
  out.commit();
}

}  // namespace vits::exporter
