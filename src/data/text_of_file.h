// A transcript that has a file of its own.
#pragma once
#include <filesystem>
#include <string>

namespace vits::data {

struct TextOfFile {
  std::string text;    // its lines made one
  std::string defect;  // why there is none
};

TextOfFile text_of_file(const std::filesystem::path& path, const std::string& encoding);

}  // namespace vits::data
