// What a file is, told by its content: names and extensions lie.
#pragma once
#include <filesystem>
#include <string_view>

namespace vits::formats {

enum class FileKind {
  safetensors,
  torch_zip,     // torch.save since 1.6: pytorch_model.bin, G_*.pth
  torch_legacy,  // torch.save before
  torchscript,   // torch.jit.save
  json,
  text,
  unknown
};

// Looks at no more than a zip's directory or the first 64 KiB. A file cut short still has its kind, so that its reader
// can say what is wrong with it. Throws Error when the file cannot be read.
FileKind file_kind(const std::filesystem::path& path);

std::string_view name_of(FileKind kind);  // for people: "safetensors file"

}  // namespace vits::formats
