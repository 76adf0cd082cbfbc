// TorchScript archives (torch.jit.save) read, rewritten and made anew as data: their tensors and extra files. The
// program that is in them (code/) is neither run nor compiled here; a rewritten archive keeps it byte for byte and runs
// in Python and C++ as before.
#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "vits/formats/script_module.h"
#include "vits/formats/tensor_map.h"

namespace vits::formats {

using ExtraFiles = std::map<std::string, std::string>;  // by name, such as config.json

struct TorchScriptArchive {
  TensorMap tensors;  // parameters and buffers, named as state_dict() names them; read-only views of the mapped file
  ExtraFiles extra_files;
};

// Throws Error when the file is no such archive, is damaged, or holds objects of classes other than its own modules.
TorchScriptArchive read_torchscript(const std::filesystem::path& path);

// The extra files alone (at most 64 MB together).
ExtraFiles read_torchscript_extra_files(const std::filesystem::path& path);

// Copies `source` to `destination` (which may be the same) with the given tensors and extra files replaced or added,
// atomically. Throws Error when a tensor is not in the archive, differs in dtype or shape, or shares memory with one
// that would then change without having been asked.
void rewrite_torchscript(const std::filesystem::path& source, const std::filesystem::path& destination,
                         const TensorMap& new_values, const ExtraFiles& extra_files = {});

// A new archive of `root`, atomically; its parameters are learnable. Throws Error when a tensor is missing or belongs
// to no module. The text of the methods is not compiled here: a mistake in it shows when the archive is loaded.
void write_torchscript(const std::filesystem::path& path, const ScriptModule& root, const TensorMap& tensors,
                       const ExtraFiles& extra_files);

}  // namespace vits::formats
