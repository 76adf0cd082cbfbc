// The hub names a file's content by its hash: SHA-256 of the bytes for large files (Git LFS), Git's own blob hash,
// which is SHA-1 over a small header and the bytes, for the others. So a name is also a check.
#pragma once
#include <filesystem>
#include <string>

namespace vits::hub {

std::string sha256(const std::filesystem::path& file);         // 64 hex digits
std::string git_blob_sha1(const std::filesystem::path& file);  // 40 hex digits

// Whether the file has the content that `etag` names. An etag of another form names nothing that could be checked:
// true.
bool has_content(const std::filesystem::path& file, const std::string& etag);

}  // namespace vits::hub
