// What stands beside a voice's weights, as transformers' own save_pretrained writes it: config.json, vocab.json,
// tokenizer_config.json, special_tokens_map.json and added_tokens.json (made up where the voice had none),
// preprocessor_config.json when the voice has one and, of several speakers with names, speakers.json.
#pragma once
#include <map>
#include <string>

#include "vits/checkpoint/voice_files.h"
#include "vits/formats/json.h"

namespace vits::exporter {

// By file name. config.json says "float32", whatever the dtype of the weights: transformers computes in it.
std::map<std::string, formats::Json> documents_of(const checkpoint::VoiceFiles& voice);

}  // namespace vits::exporter
