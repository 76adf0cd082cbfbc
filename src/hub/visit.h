// What fetch_model and fetch_files do with the hub when the cache does not suffice.
#pragma once
#include <string>
#include <vector>

#include "cache.h"
#include "http.h"
#include "listing.h"

namespace vits::hub {

class Visit {
 public:
  // Asks for the listing. Throws Trouble when there is none to be had.
  Visit(const Repository& repository, const Settings& settings, const Listeners& listeners);

  const Listing& listing() const { return listing_; }

  // Downloads those of the named files that the repository has and the cache has not, after a look at the free disk,
  // and remembers the others as absent.
  void fetch(const std::vector<std::string>& names);

  // What the repository has goes into the cache too, so that a later look can tell there what is missing. Hubs that
  // list names only do not allow it.
  void remember_listing() const;

  std::filesystem::path folder() const { return cache_.snapshot(listing_.commit); }

  // Everything wanted is there: the cache's idea of the revision moves to this commit, not before.
  std::filesystem::path finish();

 private:
  Repository repository_;
  const Settings& settings_;
  const Listeners& listeners_;
  CachedRepository cache_;
  Http http_;
  Listing listing_;
};

}  // namespace vits::hub
