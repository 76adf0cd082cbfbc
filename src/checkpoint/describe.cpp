#include "vits/checkpoint/describe.h"

#include <ATen/ATen.h>

#include "vits/base/error.h"
#include "vits/checkpoint/run_state.h"
#include "vits/formats/file_kind.h"
#include "voice_source.h"

namespace vits::checkpoint {

namespace fs = std::filesystem;
using formats::Json;
using formats::TensorMap;

namespace {

std::string dtype_text(at::ScalarType dtype) {
  switch (dtype) {
    case at::kFloat:
      return "float32";
    case at::kHalf:
      return "float16";
    case at::kBFloat16:
      return "bfloat16";
    case at::kDouble:
      return "float64";
    default:
      return c10::toString(dtype);
  }
}

void add_tensors(Description& description, const TensorMap& tensors, const std::string& part_of_all = {}) {
  for (const auto& [name, tensor] : tensors) {
    auto& part = description.parts[part_of_all.empty() ? name.substr(0, name.find('.')) : part_of_all];
    ++part.tensors;
    part.parameters += tensor.numel();
    description.dtypes[dtype_text(tensor.scalar_type())] += tensor.numel();
  }
}

void add_files(Description& description, const std::vector<fs::path>& files) {
  for (const auto& file : files) description.files[file.filename().string()] = fs::file_size(file);
}

std::vector<std::string> symbols_of(const Json& vocab) {
  std::map<int64_t, std::string> by_id;
  for (const auto& [symbol, id] : vocab.items())
    if (id.is_number_integer()) by_id[id.get<int64_t>()] = symbol;
  std::vector<std::string> symbols;
  for (const auto& entry : by_id) symbols.push_back(entry.second);
  return symbols;
}

template <class Number>
std::optional<Number> number_in(const Json& facts, const char* key) {
  const auto found = facts.find(key);
  if (found == facts.end() || !found->is_number()) return std::nullopt;
  return found->get<Number>();
}

void describe_text(Description& description, const VoiceFiles& voice) {
  if (voice.vocab.is_object()) description.symbols = symbols_of(voice.vocab);
  const Json tokenizer = voice.tokenizer_config.is_object() ? voice.tokenizer_config : Json::object();
  const auto flag = [&](const char* key, bool unless) {
    const auto found = tokenizer.find(key);
    return found != tokenizer.end() && found->is_boolean() ? found->get<bool>() : unless;
  };
  if (const auto language = tokenizer.find("language"); language != tokenizer.end() && language->is_string())
    description.language = *language;
  // A tokenizer that says nothing phonemizes: the default of transformers.
  description.text = flag("is_uroman", false) ? "uroman" : flag("phonemize", true) ? "phonemes" : "characters";
}

// What the voice's documents say, in all but its weights.
void describe_network(Description& description, const VoiceFiles& voice) {
  description.is_voice = true;
  description.sample_rate_hz = voice.config.sampling_rate;
  description.speakers = voice.config.num_speakers;
  description.speaker_names = voice.speakers;
  description.vocabulary_size = voice.config.vocab_size;
  description.stochastic_durations = voice.config.use_stochastic_duration_prediction;
  description.resblock = voice.config.resblock;
  description.notes = voice.notes;
  describe_text(description, voice);
}

Description describe_voice(const fs::path& path) {
  const VoiceFiles voice = read_stored_voice(locate_voice(path));
  Description description;
  description.path = path;
  description.kind = name_of(voice.kind);
  add_tensors(description, voice.generator);
  add_tensors(description, voice.discriminators, "discriminators");
  add_files(description, voice.weights);
  describe_network(description, voice);
  return description;
}

Description describe_run(const fs::path& path) {
  const RunState state = read_run_state(path);
  Description description;
  description.path = path;
  description.kind = name_of(VoiceKind::run);
  for (const auto& [group, tensors] : state.groups) add_tensors(description, tensors, group);
  add_files(description, {path});
  description.run = RunDescription{number_in<int64_t>(state.facts, "step"), number_in<int64_t>(state.facts, "epoch"),
                                   number_in<double>(state.facts, "validation_mel")};
  try {
    describe_network(description, read_stored_voice(locate_voice(path)));
  } catch (const Error& error) {
    description.notes.push_back(error.what());
  }
  return description;
}

Description describe_file(const fs::path& path, const std::string& why_no_voice) {
  Description description;
  description.path = path;
  const auto kind = formats::file_kind(path);
  description.kind = formats::name_of(kind);
  description.notes.push_back(why_no_voice);
  description.files[path.filename().string()] = fs::file_size(path);
  if (kind == formats::FileKind::json || kind == formats::FileKind::text || kind == formats::FileKind::unknown)
    return description;
  std::vector<fs::path> files;
  add_tensors(description, read_weight_file(path, files));
  return description;
}

template <class Number>
Json json_of(const std::optional<Number>& number) {
  return number ? Json(*number) : Json();
}

}  // namespace

Description describe(const fs::path& path) {
  if (fs::is_regular_file(path) && is_run_state(path)) return describe_run(path);
  try {
    return describe_voice(path);
  } catch (const Error& error) {
    if (!fs::is_regular_file(path)) throw;
    return describe_file(path, error.what());
  }
}

int64_t parameters_of(const Description& description) {
  int64_t parameters = 0;
  for (const auto& [name, part] : description.parts)
    if (description.run ? name == "generator" : name != "discriminators") parameters += part.parameters;
  return parameters;
}

Json to_json(const Description& description) {
  Json parts = Json::object();
  for (const auto& [name, part] : description.parts)
    parts[name] = {{"tensors", part.tensors}, {"parameters", part.parameters}};
  Json json = {{"path", description.path.string()},
               {"kind", description.kind},
               {"is_voice", description.is_voice},
               {"parts", parts},
               {"parameters", parameters_of(description)},
               {"dtypes", description.dtypes},
               {"files", description.files},
               {"notes", description.notes}};
  if (const auto& run = description.run)
    json["run"] = {
        {"step", json_of(run->step)}, {"epoch", json_of(run->epoch)}, {"validation_mel", json_of(run->validation_mel)}};
  if (!description.is_voice) return json;
  json["sample_rate_hz"] = description.sample_rate_hz;
  json["speakers"] = description.speakers;
  json["speaker_names"] = description.speaker_names;
  json["vocabulary_size"] = description.vocabulary_size;
  json["symbols"] = description.symbols;
  json["language"] = description.language.empty() ? Json() : Json(description.language);
  json["text"] = description.text;
  json["stochastic_durations"] = description.stochastic_durations;
  json["resblock"] = description.resblock;
  json["has_discriminators"] = description.parts.contains("discriminators");
  return json;
}

}  // namespace vits::checkpoint
