// JSON as files hold it: read with limits, because a file may come from anybody, and written atomically.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace vits::formats {

using Json = nlohmann::json;                 // keys sorted
using OrderedJson = nlohmann::ordered_json;  // keys as they came: for writing files whose order people read

// So that whatever the text is, less than 100 MB of memory are taken.
inline constexpr uint64_t kLargestJsonBytes = 16ull << 20;
inline constexpr int kDeepestJson = 200;

// Throws Error that names `source` (a file, usually), line:column and what is wrong: broken syntax, text that is not
// UTF-8, a key that occurs twice in one object, nesting deeper than kDeepestJson, more than half a million values.
Json parse_json(std::string_view text, const std::string& source);

// The same for a file of at most kLargestJsonBytes. A byte order mark at the beginning is skipped.
Json read_json(const std::filesystem::path& path);

// Pretty, letters of all scripts as they are, a newline at the end. Throws Error when a text in it is not UTF-8.
std::string json_text(const Json& value);
std::string json_text(const OrderedJson& value);
void write_json(const std::filesystem::path& path, const Json& value);
void write_json(const std::filesystem::path& path, const OrderedJson& value);

}  // namespace vits::formats
