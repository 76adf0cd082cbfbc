// One repository in Hugging Face's cache:
//
//   models--owner--name/refs/main                        the commit that main was when it was last asked
//                      /snapshots/COMMIT/config.json     a link to ../../blobs/ETAG
//                      /blobs/ETAG                       a file's bytes, named by their hash
//                      /.no_exist/COMMIT/speakers.json   empty: the repository has no such file at that commit
//                      /trees/COMMIT.json                all its files, if huggingface_hub >= 2 has listed them
//   .locks/models--owner--name/ETAG.lock                 held (flock) by whoever downloads or links that blob
#pragma once
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "vits/base/lock_file.h"
#include "vits/hub/hub.h"

namespace vits::hub {

class CachedRepository {
 public:
  CachedRepository(const Settings& settings, const Repository& repository);

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path snapshot(const std::string& commit) const;
  std::filesystem::path blob(const std::string& etag) const;

  // The commit that the repository's revision stands for as far as the cache knows, if any of its files is there.
  std::optional<std::string> commit() const;
  bool holds(const std::string& commit, const std::string& file) const;
  bool knows_absent(const std::string& commit, const std::string& file) const;
  std::vector<std::string> files(const std::string& commit) const;                // in the snapshot, sorted
  std::optional<std::set<std::string>> listing(const std::string& commit) const;  // all that the repository has

  // Gives a blob its name in the snapshot. Where links are not possible, the blob itself moves there.
  void link(const std::string& commit, const std::string& file, const std::string& etag) const;
  void remember_absent(const std::string& commit, const std::string& file) const;
  void remember_listing(const std::string& commit, const nlohmann::json& files) const;
  void remember_commit(const std::string& commit) const;

  // Waits until no other program works on the blob. On a disk without locks the hash still keeps a blob right, only the
  // work may be done twice.
  std::unique_ptr<base::LockFile> lock(const std::string& etag, const Listeners& listeners) const;

 private:
  std::filesystem::path cache_, folder_;
  std::string revision_;
  bool links_;
};

// Names that come from a server and become paths. A file's name must stay inside its folder, an etag and a commit must
// be plain words.
bool is_safe_file_name(const std::string& name);
bool is_safe_word(const std::string& word);
bool is_commit(const std::string& text);  // 40 hex digits

}  // namespace vits::hub
