#include "documents.h"

namespace vits::exporter {

using checkpoint::VoiceFiles;
using formats::Json;

namespace {

Json config_of(const VoiceFiles& voice) {
  Json config = checkpoint::config_to_json(voice.config, voice.raw_config);
  config["architectures"] = {"VitsModel"};
  // transformers 4 writes torch_dtype, 5 writes dtype; each reads both, so a file keeps the one it had.
  config[config.contains("torch_dtype") ? "torch_dtype" : "dtype"] = "float32";
  return config;
}

void add_tokenizer(std::map<std::string, Json>& documents, const VoiceFiles& voice) {
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
  documents["vocab.json"] = voice.vocab;
  documents["tokenizer_config.json"] = std::move(tokenizer);
  documents["special_tokens_map.json"] = std::move(special);
  documents["added_tokens.json"] = std::move(added);
}

void add_speakers(std::map<std::string, Json>& documents, const VoiceFiles& voice) {
  Json speakers = Json::object();
  for (size_t id = 0; id < voice.speakers.size(); ++id)
    if (!voice.speakers[id].empty()) speakers[voice.speakers[id]] = id;
  if (!speakers.empty()) documents["speakers.json"] = std::move(speakers);
}

}  // namespace

std::map<std::string, Json> documents_of(const VoiceFiles& voice) {
  std::map<std::string, Json> documents{{"config.json", config_of(voice)}};
  add_tokenizer(documents, voice);
  add_speakers(documents, voice);
  if (voice.preprocessor_config.is_object()) documents["preprocessor_config.json"] = voice.preprocessor_config;
  return documents;
}

}  // namespace vits::exporter
