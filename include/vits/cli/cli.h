// The program: flags in, exit code out. 0 done, 1 an error that the last line explains, 2 wrong usage, 128 + N stopped
// by signal N.
#pragma once

namespace vits::cli {

int run(int argument_count, char** arguments);

}  // namespace vits::cli
