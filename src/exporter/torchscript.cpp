#include <ATen/ATen.h>

#include <set>

#include "cast.h"
#include "documents.h"
#include "replace.h"
#include "script_voice.h"
#include "vits/base/error.h"
#include "vits/checkpoint/weights.h"
#include "vits/exporter/write_voice.h"
#include "vits/formats/torchscript.h"

namespace vits::exporter {

using formats::TensorMap;

namespace {

// Names of an archive begin with the module that scripts/convert_to_torchscript.py has put the part into.
constexpr std::string_view kGenerator = "model.", kDiscriminator = "discriminator.";

std::string without(const std::string& name, std::string_view prefix) {
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

std::string current(std::string name) {
  constexpr std::string_view kOld[] = {".weight_g", ".weight_v"};
  for (size_t half = 0; half < 2; ++half)
    if (name.ends_with(kOld[half]))
      return name.substr(0, name.size() - kOld[half].size()) + ".parametrizations.weight.original"
             + std::to_string(half);
  return name;
}

// The archive that the voice came from, with its code, whoever wrote that, and the weights of the voice. Throws Error
// when they do not fit into it.
void rewrite(const std::filesystem::path& source, const std::filesystem::path& to,
             const checkpoint::VoiceFiles& voice) {
  const auto old_tensors = formats::read_torchscript(source).tensors;
  std::set<std::string> generator_used, discriminators_used;
  TensorMap values;
  WeightCast cast;
  for (const auto& [name, old] : old_tensors) {
    const bool judge = name.starts_with(kDiscriminator);
    const at::Tensor value =
        judge ? checkpoint::tensor_named(voice.discriminators, current(without(name, kDiscriminator)),
                                         discriminators_used)
              : checkpoint::tensor_named(voice.generator, current(without(name, kGenerator)), generator_used);
    if (!value.defined()) throw Error("{} has {}, which the voice has not.", source.string(), name);
    if (value.sizes() != old.sizes())
      throw Error("{} is {} in {} and {} in the voice.", name, fmt::join(old.sizes(), "x"), source.string(),
                  fmt::join(value.sizes(), "x"));
    values[name] = cast.to(old.scalar_type(), name, value);
  }
  cast.check();
  for (const auto& [name, tensor] : voice.generator)
    if (!generator_used.contains(name)) throw Error("{} lacks {}, which the voice has.", source.string(), name);
  formats::ExtraFiles extra = {
      {"config.json", formats::json_text(checkpoint::config_to_json(voice.config, voice.raw_config))}};
  formats::rewrite_torchscript(source, to, values, extra);
}

void put_below(TensorMap& all, std::string_view prefix, const TensorMap& tensors, WeightCast& cast) {
  for (const auto& [name, tensor] : tensors) all[std::string(prefix) + name] = cast.to(at::kFloat, name, tensor);
}

void write_new(const std::filesystem::path& to, const checkpoint::VoiceFiles& voice) {
  TensorMap tensors;
  WeightCast cast;
  put_below(tensors, kGenerator, voice.generator, cast);
  put_below(tensors, kDiscriminator, voice.discriminators, cast);
  cast.check();
  formats::ExtraFiles extra;
  for (const auto& [name, document] : documents_of(voice)) extra[name] = formats::json_text(document);
  formats::write_torchscript(to, script_voice(voice.config, !voice.discriminators.empty()), tensors, extra);
}

}  // namespace

std::string write_torchscript(const std::filesystem::path& to, const checkpoint::VoiceFiles& voice,
                              const std::filesystem::path& code_of) {
  const std::filesystem::path archive = ready_archive(to);
  std::string note;
  if (!code_of.empty()) {
    try {
      rewrite(code_of, archive, voice);
      return note;
    } catch (const Error& error) {  // a full disk ends the attempt below too
      note =
          fmt::format("{} is a new archive with vits-train's own code: {}", archive.filename().string(), error.what());
    }
  }
  write_new(archive, voice);
  return note;
}

}  // namespace vits::exporter
