#include <cstdio>
#include <cstdlib>

#include "vits/cli/cli.h"

int main(int count, char** words) {
  const int code = vits::cli::run(count, words);
  // Everything of ours is closed by now. What LibTorch takes down at the end would keep a person waiting, for seconds
  // on a busy machine, and nobody misses it.
  std::fflush(nullptr);
  std::_Exit(code);
}
