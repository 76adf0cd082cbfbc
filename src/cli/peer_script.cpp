#include "peer_script.h"

// VITS_PEER_FOLDER is src/cli/peer, from src/cmake/embed.cmake.
__asm__(
    ".pushsection .rodata\n"
    "vits_peer_synthesize:\n"
    ".incbin \"" VITS_PEER_FOLDER
    "/synthesize.py\"\n"
    "vits_peer_synthesize_end:\n"
    ".popsection\n");
extern "C" {
extern const char vits_peer_synthesize[] __attribute__((visibility("hidden")));
extern const char vits_peer_synthesize_end[] __attribute__((visibility("hidden")));
}

namespace vits::cli {

std::string_view synthesize_peer_script() {
  return {vits_peer_synthesize, static_cast<size_t>(vits_peer_synthesize_end - vits_peer_synthesize)};
}

}  // namespace vits::cli
