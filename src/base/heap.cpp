#include "vits/base/heap.h"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#include <sys/resource.h>

#include <initializer_list>
#endif

namespace vits::base {

#ifdef __GLIBC__
namespace {

bool address_space_is_limited() {
  for (const auto resource : {RLIMIT_DATA, RLIMIT_AS}) {
    rlimit limit{};
    if (::getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) return true;
  }
  return false;
}

}  // namespace
#endif

void keep_freed_memory() {
#ifdef __GLIBC__
  if (address_space_is_limited()) {
    constexpr int kLeastOfItsOwn = 1 << 20;
    mallopt(M_MMAP_THRESHOLD, kLeastOfItsOwn);
    mallopt(M_ARENA_MAX, 1);  // 64 MB of addresses each
    return;
  }
  constexpr int kLargestThreshold = 32 << 20;  // glibc takes no more
  constexpr int kNeverTrim = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, kLargestThreshold);
  mallopt(M_TRIM_THRESHOLD, kNeverTrim);
  mallopt(M_TOP_PAD, kLargestThreshold);
#endif
}

void give_back_freed_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace vits::base
