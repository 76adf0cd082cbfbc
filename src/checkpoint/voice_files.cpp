#include "vits/checkpoint/voice_files.h"

#include <algorithm>
#include <map>
#include <optional>

#include "vits/base/error.h"
#include "vits/checkpoint/original_layout.h"
#include "voice_source.h"
#include "weight_names.h"

namespace vits::checkpoint {

using formats::Json;
using formats::TensorMap;

namespace {

at::ScalarType most_common_dtype(const TensorMap& tensors) {
  std::map<at::ScalarType, int64_t> values;
  for (const auto& entry : tensors) values[entry.second.scalar_type()] += entry.second.numel();
  at::ScalarType most = at::kFloat;
  for (const auto& [dtype, count] : values)
    if (count > values[most]) most = dtype;
  return most;
}

// {"name": id, ...} or ["name", ...], wherever it comes from.
std::vector<std::string> names_by_id(const Json& json, int64_t speakers, const std::string& source) {
  std::vector<std::string> names;
  const auto put = [&](int64_t id, const std::string& name) {
    if (id < 0 || id >= speakers)
      throw Error("{}: the speaker \"{}\" has the number {}, but the voice has {} speakers.", source, name, id,
                  speakers);
    if (static_cast<int64_t>(names.size()) <= id) names.resize(static_cast<size_t>(id) + 1);
    auto& place = names[static_cast<size_t>(id)];
    if (!place.empty())
      throw Error("{}: the speakers \"{}\" and \"{}\" have the same number {}.", source, place, name, id);
    place = name;
  };
  if (json.is_object()) {
    for (const auto& [name, id] : json.items()) {
      if (!id.is_number_integer()) throw Error("{}: the number of the speaker \"{}\" is {}.", source, name, id.dump());
      put(id.get<int64_t>(), name);
    }
  } else if (json.is_array()) {
    for (size_t id = 0; id < json.size(); ++id) {
      if (!json[id].is_string()) throw Error("{}: speaker {} is {}, but must be a name.", source, id, json[id].dump());
      put(static_cast<int64_t>(id), json[id].get<std::string>());
    }
  } else {
    throw Error("{}: speakers are a list of names, or names with their numbers.", source);
  }
  return names;
}

std::vector<std::string> read_speakers(const VoiceSource& source, const RawVoice& raw, const Json& config,
                                       int64_t speakers) {
  if (speakers <= 1) return {};
  const std::string folder = source.folder.string();
  if (const Json file = read_document(source, raw, "speakers.json"); !file.is_null())
    return names_by_id(file, speakers, folder + "/speakers.json");
  // Piper, older Hugging Face exports, forks of the original VITS.
  for (const char* key : {"speaker_id_map", "speaker2id", "speakers"})
    if (const auto found = config.find(key); found != config.end() && !found->empty())
      return names_by_id(*found, speakers, fmt::format("{}/config.json, {}", folder, key));
  return {};
}

// Does the original code speak phonemes of espeak with the cleaners that config.json names? None when it does not say.
std::optional<bool> cleaners_phonemize(const Json& data) {
  const auto cleaners = data.find("text_cleaners");
  if (cleaners == data.end()) return std::nullopt;
  const auto names_any = [&](std::initializer_list<const char*> names) {
    const auto is_one = [&](const Json& cleaner) {
      return std::any_of(names.begin(), names.end(), [&](const char* name) { return cleaner == name; });
    };
    return cleaners->is_array() ? std::any_of(cleaners->begin(), cleaners->end(), is_one) : is_one(*cleaners);
  };
  if (names_any({"english_cleaners2", "english_cleaners3"})) return true;
  if (names_any({"basic_cleaners", "transliteration_cleaners", "english_cleaners"})) return false;
  return std::nullopt;
}

// What an original voice's files tell of its text, in the words of transformers' tokenizer_config.json.
Json original_tokenizer(const VoiceSource& source, const Json& config, const std::string& first_symbol) {
  const Json data = config.value("data", Json::object());
  const auto text_of = [&](const char* key) {
    const auto found = data.find(key);
    return found != data.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  // The folders of MMS are named by the language (ISO 639-3), which changes how Romanian is read.
  const std::string name = std::filesystem::absolute(source.folder).lexically_normal().filename().string();
  const std::string code = name.substr(0, name.find('-'));
  const bool is_code = code.size() == 3 && code.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos;
  const auto add_blank = data.find("add_blank");
  const bool published = !std::filesystem::exists(source.folder / "vocab.txt");
  return {{"tokenizer_class", "VitsTokenizer"},
          {"language", is_code ? Json(code) : Json()},
          {"add_blank", add_blank != data.end() && add_blank->is_boolean() && add_blank->get<bool>()},
          {"normalize", true},
          {"phonemize", cleaners_phonemize(data).value_or(published)},
          {"is_uroman", text_of("training_files").ends_with(".uroman")},
          {"pad_token", first_symbol},
          {"unk_token", "<unk>"}};
}

// transformers' tokenizer files for an original voice.
void describe_original_text(const VoiceSource& source, VoiceFiles& voice) {
  const auto symbols = original_symbols(source.folder, voice.original_config, voice.config.vocab_size);
  voice.vocab = Json::object();
  for (size_t id = 0; id < symbols.size(); ++id)
    if (symbols[id] != unused_symbol(id)) voice.vocab[symbols[id]] = id;  // of a symbol that occurs twice, the last
  const auto kept = voice.original_config.find(kTokenizerKey);
  voice.tokenizer_config = kept != voice.original_config.end() && kept->is_object()
                               ? *kept
                               : original_tokenizer(source, voice.original_config, symbols.front());
}

// The original makes conditioning layers for one speaker too when its config asks for them, and never uses them.
void drop_idle_conditioning(VoiceFiles& voice) {
  if (voice.config.has_speakers()) return;
  const auto dropped = std::erase_if(voice.generator, [](const auto& entry) {
    const std::string& name = entry.first;
    return name.starts_with("decoder.cond.") || name.starts_with("duration_predictor.cond.")
           || name.find(".wavenet.cond_layer.") != std::string::npos;
  });
  if (dropped)
    voice.notes.push_back(
        fmt::format("{} tensors left out that would condition on a speaker: there is one alone", dropped));
}

}  // namespace

std::string_view name_of(VoiceKind kind) {
  switch (kind) {
    case VoiceKind::huggingface:
      return "huggingface";
    case VoiceKind::torchscript:
      return "torchscript";
    case VoiceKind::original:
      return "original";
    case VoiceKind::run:
      return "run";
  }
  return "";
}

VoiceFiles read_stored_voice(const VoiceSource& source) {
  RawVoice raw = read_raw_voice(source);
  VoiceFiles voice;
  voice.kind = source.kind;
  voice.source = in_one_file(source) ? source.weights : source.folder;
  voice.weights = raw.files;
  voice.dtype = most_common_dtype(raw.generator);

  const Json config = read_document(source, raw, "config.json");
  const std::string config_name = voice.source.string() + (in_one_file(source) ? ":" : "/") + "config.json";
  if (config.is_null())
    throw Error("{} has no config.json in it{}.", voice.source.string(),
                source.kind == VoiceKind::run
                    ? ", so its network is not known"
                    : ". Make it with vits-train convert --format torchscript, which puts it there");
  if (source.kind == VoiceKind::original) {
    voice.original_config = config;
    voice.config = config_from_original(config, raw.generator, raw.discriminators, config_name);
    voice.raw_config = config_to_json(voice.config, {});
  } else {
    voice.raw_config = config;
    voice.config = config_from_json(config, config_name);
  }
  voice.generator = std::move(raw.generator);
  voice.discriminators = std::move(raw.discriminators);
  if (source.discriminator_weights)
    voice.notes.push_back("discriminators from " + source.discriminator_weights->filename().string());
  if (raw.averaged) voice.notes.push_back("the average of the weights over the training is taken");

  if (source.kind == VoiceKind::original) {
    describe_original_text(source, voice);
    drop_idle_conditioning(voice);
  } else {
    voice.vocab = read_document(source, raw, "vocab.json");
    voice.tokenizer_config = read_document(source, raw, "tokenizer_config.json");
    voice.special_tokens_map = read_document(source, raw, "special_tokens_map.json");
    voice.added_tokens = read_document(source, raw, "added_tokens.json");
    voice.preprocessor_config = read_document(source, raw, "preprocessor_config.json");
  }
  voice.speakers = read_speakers(source, raw, config, voice.config.num_speakers);
  return voice;
}

VoiceFiles read_voice(const std::filesystem::path& path) {
  VoiceFiles voice = read_stored_voice(locate_voice(path));
  voice.generator = file_spelling(std::move(voice.generator), voice.weights.front().string(), voice.notes);
  voice.discriminators = file_spelling(std::move(voice.discriminators), voice.weights.back().string(), voice.notes);
  return voice;
}

}  // namespace vits::checkpoint
