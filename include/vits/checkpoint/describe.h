// What a file or folder is, told from its headers: `vits-train inspect`. The weights themselves are not read (a zip
// file's checksums are), nothing is built, and a file that is no voice is described as far as it goes.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "vits/formats/json.h"

namespace vits::checkpoint {

struct PartDescription {
  int64_t tensors = 0;
  int64_t parameters = 0;  // values, weight norm's lengths included, as the file has them
};

// How far the training had come that a checkpoint was written in; what is not known is empty.
struct RunDescription {
  std::optional<int64_t> step, epoch;
  std::optional<double> validation_mel;
};

struct Description {
  std::filesystem::path path;
  std::string kind;  // "huggingface", "torchscript", "original", "run", or what kind of file it is
  // "text_encoder", "decoder", ...; "discriminators". Of a run "generator", "generator_exp_avg", ...
  std::map<std::string, PartDescription> parts;
  std::map<std::string, int64_t> dtypes;  // values by dtype
  std::map<std::string, uint64_t> files;  // bytes of the weight files

  std::optional<RunDescription> run;

  // Of a voice only, a run that holds one too.
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

// Values of the generator.
int64_t parameters_of(const Description& description);

formats::Json to_json(const Description& description);

}  // namespace vits::checkpoint
