// VitsConfig from and to JSON, for rooms that may not include `formats`.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "vits/base/files.h"
#include "vits/model/vits_config.h"

namespace vits::support {

inline model::VitsConfig config_from(const nlohmann::json& values) {
  model::VitsConfig config;
  model::VitsConfig::visit(config, [&](const char* name, auto& value) {
    if (values.contains(name)) values.at(name).get_to(value);
  });
  config.check("a test");
  return config;
}

inline nlohmann::json json_of(const model::VitsConfig& config) {
  nlohmann::json values;
  model::VitsConfig::visit(config, [&](const char* name, const auto& value) { values[name] = value; });
  return values;
}

inline nlohmann::json read_json(const std::filesystem::path& path) {
  return nlohmann::json::parse(base::read_file(path));
}

}  // namespace vits::support
