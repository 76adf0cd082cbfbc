#include "visit.h"

#include <nlohmann/json.hpp>

#include "download.h"
#include "vits/base/error.h"
#include "vits/base/files.h"

namespace vits::hub {

namespace {

std::string megabytes(int64_t bytes) { return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6); }

}  // namespace

Visit::Visit(const Repository& repository, const Settings& settings, const Listeners& listeners)
    : repository_(repository),
      settings_(settings),
      listeners_(listeners),
      cache_(settings, repository),
      http_(settings),
      listing_(list(http_, repository, settings, listeners)) {}

void Visit::fetch(const std::vector<std::string>& names) {
  std::vector<RemoteFile> wanted;
  double needed_bytes = 0;  // floating, because a lying server must not make the sum overflow
  for (const auto& name : names) {
    const RemoteFile* listed = listing_.find(name);
    if (!listed) {
      cache_.remember_absent(listing_.commit, name);
    } else if (!cache_.holds(listing_.commit, name)) {
      wanted.push_back(*listed);
      describe(http_, repository_, listing_.commit, settings_, listeners_, wanted.back());
      needed_bytes += static_cast<double>(missing_bytes(wanted.back(), cache_));
    }
  }
  const auto free_bytes = static_cast<double>(base::free_bytes(settings_.cache_folder));
  if (needed_bytes > free_bytes)
    throw Error(
        "{} needs {} more on the disk of {}, which has {} free. Free some, or name another place with HF_HUB_CACHE.",
        repository_.name, megabytes(static_cast<int64_t>(needed_bytes)), settings_.cache_folder.string(),
        megabytes(static_cast<int64_t>(free_bytes)));
  for (const auto& file : wanted) download(http_, repository_, listing_.commit, file, cache_, settings_, listeners_);
}

void Visit::remember_listing() const {
  nlohmann::json files = nlohmann::json::object();
  for (const auto& file : listing_.files) {
    if (file.git_etag.empty() || file.etag.empty()) return;
    auto& entry = files[file.name] = {{"size", file.bytes}, {"blob_id", file.git_etag}};
    if (file.etag != file.git_etag) entry.update({{"lfs_sha256", file.etag}, {"lfs_size", file.bytes}});
  }
  cache_.remember_listing(listing_.commit, files);
}

std::filesystem::path Visit::finish() {
  cache_.remember_commit(listing_.commit);
  return folder();
}

}  // namespace vits::hub
