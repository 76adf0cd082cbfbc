// What a file or folder is, told from its headers: `vits-train inspect`. The weights themselves are not read (a zip
// file's checksums are), nothing is built, and a file that is no voice is described as far as it goes.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "vits/formats/json.h"

namespace vits::checkpoint {

struct PartDescription {
  int64_t tensors = 0;
  int64_t parameters = 0;  // values, weight norm's lengths included, as the file has them
};

struct Description {
  std::filesystem::path path;
  std::string kind;                              // "huggingface", "torchscript", "original", or what kind of file it is
  std::map<std::string, PartDescription> parts;  // "text_encoder", "decoder", ...; "discriminators"
  std::map<std::string, int64_t> dtypes;         // values by dtype
  std::map<std::string, uint64_t> files;         // bytes of the weight files

  // Of a voice only.
  bool is_voice = false;
  int64_t sample_rate_hz = 0;
  int64_t speakers = 0;
  std::vector<std::string> speaker_names;
  int64_t vocabulary_size = 0;       // rows of the embedding
  std::vector<std::string> symbols;  // of the vocabulary, in the order of their ids
  std::string language;              // empty when the tokenizer does not say
  std::string text;                  // "characters", "uroman" or "phonemes": what the tokenizer makes of text
  bool stochastic_durations = true;
  std::string resblock;
  std::vector<std::string> notes;
};

Description describe(const std::filesystem::path& path);

formats::Json to_json(const Description& description);

}  // namespace vits::checkpoint
