// The Python half of the benchmarks against other programs, carried in this one so that it runs from anywhere.
#pragma once
#include <string_view>

namespace vits::cli {

std::string_view synthesize_peer_script();  // src/cli/peer/synthesize.py, for `python -c`

}  // namespace vits::cli
