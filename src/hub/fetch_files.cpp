#include <algorithm>
#include <optional>

#include "retry.h"
#include "visit.h"
#include "vits/base/error.h"
#include "vits/base/patterns.h"
#include "vits/hub/hub.h"

namespace vits::hub {

namespace {

struct Cached {
  Snapshot snapshot;
  bool complete = false;  // proved by a listing of the repository
};

// None when a pattern matches nothing, or when a file that is known to match is missing.
std::optional<Cached> find(const CachedRepository& cache, const std::vector<std::string>& patterns) {
  const auto commit = cache.commit();
  if (!commit) return std::nullopt;
  Cached cached{{cache.snapshot(*commit), {}}, false};
  std::vector<std::string> names = cache.files(*commit);
  if (const auto listing = cache.listing(*commit)) {
    names.assign(listing->begin(), listing->end());
    cached.complete = true;
  }
  for (const auto& name : names) {
    if (!base::matches_any(name, patterns)) continue;
    if (!cache.holds(*commit, name)) return std::nullopt;
    cached.snapshot.files.push_back(name);
  }
  for (const auto& pattern : patterns)
    if (std::none_of(names.begin(), names.end(), [&](const std::string& name) { return base::matches(name, pattern); }))
      return std::nullopt;
  return cached;
}

Snapshot fetch_matching(const Repository& repository, const std::vector<std::string>& patterns,
                        const Settings& settings, const Listeners& listeners) {
  Visit visit(repository, settings, listeners);
  std::vector<std::string> names;
  for (const auto& file : visit.listing().files)
    if (base::matches_any(file.name, patterns)) names.push_back(file.name);
  if (names.empty())
    throw Error("{} has no file that matches {}. What it has stands at {}/tree/{}.", repository.name,
                fmt::join(patterns, " or "), page(repository, settings), repository.revision);
  std::sort(names.begin(), names.end());
  visit.fetch(names);
  visit.remember_listing();
  return {visit.finish(), names};
}

}  // namespace

Snapshot fetch_files(const Repository& repository, const std::vector<std::string>& patterns, const Settings& settings,
                     const Listeners& listeners) {
  const CachedRepository cache(settings, repository);
  const auto cached = find(cache, patterns);
  if (cached && cached->complete && !settings.refresh) return cached->snapshot;
  try {
    if (settings.offline) throw Trouble("HF_HUB_OFFLINE is set, so {} is not asked", settings.endpoint);
    return fetch_matching(repository, patterns, settings, listeners);
  } catch (const Trouble& trouble) {
    if (!cached)
      throw Error(
          "{}: {}. The cache {} does not hold it either: fetch it on another machine and copy its folder {} there.",
          repository.name, without_full_stop(trouble.what()), settings.cache_folder.string(),
          cache.folder().filename().string());
    if (listeners.notice)
      listeners.notice(fmt::format("{}; the {} files that the cache holds of {} are used{}",
                                   without_full_stop(trouble.what()), cached->snapshot.files.size(), repository.name,
                                   cached->complete ? "" : ", which may not be all"));
    return cached->snapshot;
  }
}

}  // namespace vits::hub
