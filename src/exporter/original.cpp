#include <ATen/ATen.h>

#include "cast.h"
#include "replace.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/checkpoint/original_layout.h"
#include "vits/exporter/write_voice.h"
#include "vits/formats/json.h"
#include "vits/formats/pickle.h"

namespace vits::exporter {

using checkpoint::VoiceFiles;
using formats::TensorMap;

namespace {

// A symbol a line, its id the line's number.
std::string vocab_text(const VoiceFiles& voice) {
  if (!voice.vocab.is_object())
    throw Error("{} has no vocab.json; the original layout needs one for its vocab.txt.", voice.source.string());
  std::vector<std::string> symbols(static_cast<size_t>(voice.config.vocab_size));
  for (size_t id = 0; id < symbols.size(); ++id) symbols[id] = checkpoint::unused_symbol(id);
  for (const auto& [symbol, id] : voice.vocab.items()) {
    if (!id.is_number_integer() || id < 0)
      throw Error("{}: the id of \"{}\" in vocab.json is {}.", voice.source.string(), symbol, id.dump());
    if (symbol.find('\n') != std::string::npos)
      throw Error("{}: a symbol with a line break cannot stand in vocab.txt.", voice.source.string());
    if (id < symbols.size()) symbols[id.get<size_t>()] = symbol;
  }
  return fmt::format("{}\n", fmt::join(symbols, "\n"));
}

void write_training_state(const std::filesystem::path& path, const TensorMap& tensors, double learning_rate) {
  TensorMap plain;
  WeightCast cast;
  for (const auto& [name, tensor] : tensors) plain[name] = cast.to(at::kFloat, name, tensor);
  cast.check();
  formats::write_torch_checkpoint(path, plain, {.iteration = 0, .learning_rate = learning_rate});
}

}  // namespace

void write_original(const std::filesystem::path& folder, const VoiceFiles& voice) {
  const std::filesystem::path place = ready_folder(folder);
  const formats::Json config = checkpoint::config_to_original(voice);
  const std::string vocab = vocab_text(voice);
  const double learning_rate = config["train"].value("learning_rate", 2e-4);

  base::AtomicFolder out(place);
  formats::write_json(out.path() / "config.json", config);
  base::write_file(out.path() / "vocab.txt", vocab);
  write_training_state(out.path() / "G_100000.pth", checkpoint::generator_to_original(voice.generator), learning_rate);
  if (!voice.discriminators.empty())
    write_training_state(out.path() / "D_100000.pth", checkpoint::discriminators_to_original(voice.discriminators),
                         learning_rate);
  out.commit();
}

}  // namespace vits::exporter
