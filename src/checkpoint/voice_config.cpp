#include <cstdint>

#include "vits/base/error.h"
#include "vits/checkpoint/voice_files.h"

namespace vits::checkpoint {

using formats::Json;

namespace {

constexpr int64_t kFramesOfASegment = 32;  // that published VITS recipes train the decoder on

struct Reader {
  const Json& json;
  const std::string& source;

  [[noreturn]] void refuse(const std::string& key, const Json& value, const char* wanted) const {
    throw Error("{}: {} is {}, but must be {}.", source, key, value.dump().substr(0, 80), wanted);
  }

  void read(const std::string& key, const Json& value, bool& into) const {
    if (!value.is_boolean()) refuse(key, value, "true or false");
    into = value.get<bool>();
  }
  void read(const std::string& key, const Json& value, int64_t& into) const {
    if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX))
      refuse(key, value, "a whole number");
    into = value.get<int64_t>();
  }
  void read(const std::string& key, const Json& value, double& into) const {
    if (!value.is_number()) refuse(key, value, "a number");
    into = value.get<double>();
  }
  void read(const std::string& key, const Json& value, std::string& into) const {
    if (key == "resblock" && value.is_number_integer()) {  // Piper and some forks write 1 where others write "1"
      into = value.dump();
      return;
    }
    if (!value.is_string()) refuse(key, value, "a text");
    into = value.get<std::string>();
  }
  template <class Item>
  void read(const std::string& key, const Json& value, std::vector<Item>& into) const {
    if (!value.is_array()) refuse(key, value, "a list");
    into.assign(value.size(), {});
    for (size_t i = 0; i < value.size(); ++i) read(fmt::format("{}[{}]", key, i), value[i], into[i]);
  }

  template <class Value>
  void operator()(const char* key, Value& into) const {
    const auto found = json.find(key);
    if (found != json.end() && !found->is_null()) read(key, *found, into);
  }
};

}  // namespace

model::VitsConfig config_from_json(const Json& json, const std::string& source) {
  if (!json.is_object()) throw Error("{}: a model's config is an object of keys and values.", source);
  if (const auto type = json.find("model_type"); type != json.end() && *type != "vits")
    throw Error("{}: model_type is {}; vits-train reads \"vits\" alone.", source, type->dump().substr(0, 80));
  model::VitsConfig config;
  model::VitsConfig::visit(config, Reader{json, source});
  // What transformers' own files do not say: they are made for speaking.
  if (!json.contains("hop_length")) config.hop_length = config.samples_per_frame();
  if (!json.contains("segment_size")) config.segment_size = kFramesOfASegment * config.hop_length;
  config.check(source);
  return config;
}

Json config_to_json(const model::VitsConfig& config, Json raw) {
  if (!raw.is_object()) raw = Json::object();
  Json defaults;
  const model::VitsConfig plain;
  model::VitsConfig::visit(plain, [&](const char* key, const auto& value) { defaults[key] = value; });
  model::VitsConfig::visit(config, [&](const char* key, const auto& value) {
    // These two follow from others when they are missing, so they are said even when they are the usual ones.
    const bool follows = key == std::string_view("hop_length") || key == std::string_view("segment_size");
    if (follows || raw.contains(key) || Json(value) != defaults[key]) raw[key] = value;
  });
  raw["model_type"] = "vits";
  return raw;
}

}  // namespace vits::checkpoint
