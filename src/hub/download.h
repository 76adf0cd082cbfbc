// One file from the hub into the cache, whole or not at all.
//
// Bytes go to blobs/ETAG.incomplete, which outlives a broken connection, Ctrl-C and a kill; the next try asks for the
// rest. Only when size and hash are right does the file get its name.
#pragma once
#include <string>

#include "cache.h"
#include "http.h"
#include "listing.h"

namespace vits::hub {

// Puts the described file into the snapshot of `commit`. Throws Trouble when the hub cannot be asked or refuses, Error
// when what comes is wrong twice or the disk does not take it.
void download(Http& http, const Repository& repository, const std::string& commit, const RemoteFile& file,
              const CachedRepository& cache, const Settings& settings, const Listeners& listeners);

// What of the file is still to come.
int64_t missing_bytes(const RemoteFile& file, const CachedRepository& cache);

}  // namespace vits::hub
