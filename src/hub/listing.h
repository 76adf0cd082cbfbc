// What the hub says about a repository: the commit that a revision stands for and the files there, each with the hash
// that names its content.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "http.h"
#include "vits/hub/hub.h"

namespace vits::hub {

struct RemoteFile {
  std::string name;      // relative to the repository's root
  std::string etag;      // SHA-256 or Git blob SHA-1 of its content; empty until described
  int64_t bytes = -1;    // -1 until described
  std::string git_etag;  // Git's hash of what stands in the repository, which for a large file is a pointer
};

struct Listing {
  std::string commit;
  std::vector<RemoteFile> files;

  const RemoteFile* find(const std::string& name) const;
};

// Throws Trouble when the hub refuses or cannot be asked; the text says which and what to do.
Listing list(Http& http, const Repository& repository, const Settings& settings, const Listeners& listeners);

// Fills in etag and bytes by asking for that file alone, for hubs (mirrors, proxies) whose listings have names only.
void describe(Http& http, const Repository& repository, const std::string& commit, const Settings& settings,
              const Listeners& listeners, RemoteFile& file);

std::string page(const Repository& repository, const Settings& settings);  // for a person's browser
std::string file_url(const Repository& repository, const std::string& commit, const std::string& file,
                     const Settings& settings);

// Says why a question about the repository was refused: no such name, a token or a consent is missing.
[[noreturn]] void refuse(Http& http, const Answer& answer, const Repository& repository, const Settings& settings);

}  // namespace vits::hub
