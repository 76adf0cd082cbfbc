#include "vits/exporter/convert.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <algorithm>

#include "replace.h"
#include "vits/base/error.h"
#include "vits/checkpoint/voice_files.h"
#include "vits/checkpoint/weights.h"
#include "vits/exporter/write_voice.h"

namespace vits::exporter {

namespace fs = std::filesystem;
using checkpoint::VoiceFiles;

namespace {

constexpr std::string_view kDiscriminatorPrefix = "discriminator.";

std::optional<at::ScalarType> dtype_named(const std::string& name) {
  if (name == "float32") return at::kFloat;
  if (name == "float16") return at::kHalf;
  if (name == "bfloat16") return at::kBFloat16;
  return std::nullopt;
}

// Fits the voice into a network of its config, which says whether it is whole, and takes from there what starts afresh.
std::vector<std::string> check(VoiceFiles& voice, const ConvertOptions& options) {
  at::manual_seed(static_cast<uint64_t>(options.seed));
  model::Generator generator(voice.config);
  model::Discriminators discriminators{nullptr};
  const bool fresh_discriminators =
      std::any_of(options.reinitialize.begin(), options.reinitialize.end(),
                  [](const auto& pattern) { return pattern.starts_with(kDiscriminatorPrefix); });
  if (!voice.discriminators.empty() || fresh_discriminators) discriminators = model::Discriminators(voice.config);
  auto* judges = discriminators.is_empty() ? nullptr : &discriminators;
  const auto applied = apply_weights(generator, judges, voice, {options.reinitialize});
  if (!applied.reinitialized.empty()) take_weights(voice, generator, judges);
  return applied.reinitialized;
}

}  // namespace

Converted convert(const fs::path& from, const fs::path& to, const ConvertOptions& options) {
  if (options.format != "huggingface" && options.dtype != "keep")
    throw UsageError("--dtype {} goes with --format huggingface alone.", options.dtype);
  if (options.format != "huggingface" && options.keep_discriminators)
    throw UsageError("--keep_discriminators goes with --format huggingface alone; the other formats keep them anyway.");
  const bool occupied = fs::exists(to) && !(fs::is_directory(to) && fs::is_empty(to));
  if (occupied && !options.overwrite)
    throw Error("{} exists. Name another place, or replace it with --overwrite.", to.string());
  if (options.format == "torchscript")
    check_replaceable_archive(to);
  else
    check_replaceable(to);

  VoiceFiles voice = checkpoint::read_voice(from);
  Converted converted;
  converted.reinitialized = check(voice, options);
  if (options.keep_discriminators && voice.discriminators.empty())
    throw Error("{} has no discriminators to keep. Make new ones with --reinitialize 'discriminator.*'.",
                from.string());
  if (options.format == "torchscript") {
    const bool from_archive = voice.kind == checkpoint::VoiceKind::torchscript;
    std::string note = write_torchscript(to, voice, from_archive ? voice.source : fs::path());
    if (!note.empty()) voice.notes.push_back(std::move(note));
  } else if (options.format == "original") {
    write_original(to, voice);
  } else {
    write_huggingface(to, voice, {dtype_named(options.dtype), options.keep_discriminators});
    if (!voice.vocab.is_object()) voice.notes.push_back("no tokenizer files: the voice has no vocab.json");
    if (voice.config.resblock != "1")
      voice.notes.push_back("transformers has no residual block \"2\" and cannot speak with this voice");
  }
  converted.notes = std::move(voice.notes);
  return converted;
}

}  // namespace vits::exporter
