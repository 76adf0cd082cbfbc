#include "vits/base/patience.h"

#include <unistd.h>

#include <cstdlib>

namespace vits::base {

namespace {
// Turns of the waiting loop, some microseconds: with 0 every operator would put threads to sleep, with the default of
// 300,000 a thread burns the time in which the one that it waits for could run.
constexpr const char* kSpins = "1000";
}  // namespace

void wait_patiently(char** arguments) {
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return;
  ::setenv("GOMP_SPINCOUNT", kSpins, 0);
  ::execv("/proc/self/exe", arguments);  // returns only when it failed, and then all goes on as it was
}

}  // namespace vits::base
