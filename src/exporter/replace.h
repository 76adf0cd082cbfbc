// What stands where a voice is to be written: what of it may be replaced, and what a killed program left beside it.
#pragma once
#include <filesystem>

namespace vits::exporter {

// What a training from a TorchScript archive puts beside the files of the Hugging Face voice.
inline constexpr const char* kArchiveBeside = "voice.torchscript.pt";

// check_replaceable() of write_voice.h for an archive: nothing, an empty file or another TorchScript archive, told by
// its content, may stand there.
void check_replaceable_archive(const std::filesystem::path& archive);

// The place to write to, checked and without what killed programs had begun there. That is `to` itself or, of a link,
// what it leads to: the link stays and who reads through it finds the new voice.
std::filesystem::path ready_folder(const std::filesystem::path& to);
std::filesystem::path ready_archive(const std::filesystem::path& to);

}  // namespace vits::exporter
