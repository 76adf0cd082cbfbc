#include "vits/text/tokenizer_settings.h"

#include "vits/base/error.h"

namespace vits::text {
namespace {

using formats::Json;

constexpr char kVocabFile[] = "vocab.json";
constexpr char kConfigFile[] = "tokenizer_config.json";

bool flag(const Json& config, const char* key, bool otherwise) {
  const auto found = config.find(key);
  if (found == config.end()) return otherwise;
  if (found->is_null()) return false;
  if (!found->is_boolean())
    throw Error("{}, key \"{}\": {} is neither true nor false. Write one of the two.", kConfigFile, key, found->dump());
  return found->get<bool>();
}

// A token is written as text, or as an object with its text under "content".
std::string text_of(const Json& config, const char* key, const std::string& otherwise) {
  const auto found = config.find(key);
  if (found == config.end()) return otherwise;
  if (found->is_null()) return {};
  const bool is_object = found->is_object() && found->contains("content");
  const Json& value = is_object ? found->at("content") : *found;
  if (!value.is_string())
    throw Error("{}, key \"{}\": {} is no text. Write it in quotes.", kConfigFile, key, found->dump());
  return value.get<std::string>();
}

}  // namespace

TokenizerSettings settings_from_json(const Json& vocab, const Json& tokenizer_config) {
  if (!vocab.is_object() || vocab.empty())
    throw Error("{} holds {}; it must be an object of symbols and their ids. Take the one that belongs to the voice.",
                kVocabFile, vocab.is_object() ? "no symbol" : std::string("a JSON ") + vocab.type_name());
  const Json config = tokenizer_config.is_null() ? Json::object() : tokenizer_config;
  if (!config.is_object()) throw Error("{} holds a JSON {}; it must be an object.", kConfigFile, config.type_name());

  TokenizerSettings settings;
  for (const auto& [symbol, id] : vocab.items()) {
    if (!id.is_number_integer() || id < 0)
      throw Error("{}, key \"{}\": {} is no id. Ids are whole numbers from 0.", kVocabFile, symbol, id.dump());
    if (!symbol.empty()) settings.vocab[symbol] = id.get<int64_t>();
  }
  settings.language = text_of(config, "language", "");
  settings.pad_token = text_of(config, "pad_token", "<pad>");
  settings.unk_token = text_of(config, "unk_token", "<unk>");
  settings.add_blank = flag(config, "add_blank", true);
  settings.normalize = flag(config, "normalize", true);
  settings.phonemize = flag(config, "phonemize", true);
  settings.is_uroman = flag(config, "is_uroman", false);
  return settings;
}

TokenizerSettings settings_from_vocab_txt(std::string_view vocab_txt, const std::string& language, bool is_uroman) {
  TokenizerSettings settings;
  settings.language = language;
  settings.is_uroman = is_uroman;
  settings.unk_token = "<unk>";
  for (int64_t id = 0; !vocab_txt.empty(); ++id) {
    const size_t end = vocab_txt.find('\n');
    std::string_view symbol = vocab_txt.substr(0, end);
    vocab_txt.remove_prefix(end == std::string_view::npos ? vocab_txt.size() : end + 1);
    if (symbol.ends_with('\r')) symbol.remove_suffix(1);
    if (symbol.empty()) continue;  // the line has its id, but nothing can be written with it
    settings.vocab[std::string(symbol)] = id;
    if (id == 0) settings.pad_token = symbol;
  }
  if (settings.vocab.empty())
    throw Error("vocab.txt has no symbol; it must have one on each line. Take the one that belongs to the voice.");
  return settings;
}

Json vocab_json(const TokenizerSettings& settings) { return Json(settings.vocab); }

Json tokenizer_config_json(const TokenizerSettings& settings) {
  Json config{{"tokenizer_class", "VitsTokenizer"},
              {"add_blank", settings.add_blank},
              {"normalize", settings.normalize},
              {"phonemize", settings.phonemize},
              {"is_uroman", settings.is_uroman},
              {"pad_token", settings.pad_token},
              {"unk_token", settings.unk_token},
              {"language", nullptr},
              {"model_max_length", static_cast<int64_t>(1e18)}};
  if (!settings.language.empty()) config["language"] = settings.language;
  return config;
}

}  // namespace vits::text
