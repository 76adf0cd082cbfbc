// What a voice's files say about its text: vocab.json and tokenizer_config.json, or the original's vocab.txt.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "vits/formats/json.h"

namespace vits::text {

struct TokenizerSettings {
  // Symbol and its id. Texts are taken one code point at a time, so a longer symbol is never spoken; it only keeps its
  // capitals when text is lower-cased.
  std::map<std::string, int64_t> vocab;
  std::string language;  // ISO 639-3 code, empty when unknown
  std::string pad_token, unk_token;
  bool add_blank = true;
  bool normalize = true;
  bool phonemize = false;
  bool is_uroman = false;
};

// Of a Hugging Face folder. A key that is missing means what it means to transformers: `phonemize` true, `is_uroman`
// false, "<pad>" and "<unk>". `tokenizer_config` may be null: all keys are missing. Throws Error that names the file
// and the key.
TokenizerSettings settings_from_json(const formats::Json& vocab, const formats::Json& tokenizer_config);

// Of an original (fairseq) folder: one symbol a line, its id the line's number from 0. Its padding token is symbol 0.
TokenizerSettings settings_from_vocab_txt(std::string_view vocab_txt, const std::string& language = {},
                                          bool is_uroman = false);

// The two files that transformers opens as the same tokenizer.
formats::Json vocab_json(const TokenizerSettings& settings);
formats::Json tokenizer_config_json(const TokenizerSettings& settings);

}  // namespace vits::text
