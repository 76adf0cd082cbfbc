#include "romanizer_data.h"

// .incbin takes a fraction of a second where an array initializer of half a million numbers takes minutes and
// gigabytes. VITS_UROMAN_DATA is the folder, from src/cmake/embed.cmake.
#define VITS_EMBED(name, file)                                                        \
  __asm__(                                                                            \
      ".pushsection .rodata\n"                                                        \
      "vits_uroman_" #name                                                            \
      ":\n"                                                                           \
      ".incbin \"" VITS_UROMAN_DATA "/" file                                          \
      "\"\n"                                                                          \
      "vits_uroman_" #name                                                            \
      "_end:\n"                                                                       \
      ".popsection\n");                                                               \
  extern "C" {                                                                        \
  extern const char vits_uroman_##name[] __attribute__((visibility("hidden")));       \
  extern const char vits_uroman_##name##_end[] __attribute__((visibility("hidden"))); \
  }

VITS_EMBED(rules, "rules.tsv")
VITS_EMBED(characters, "characters.tsv")
VITS_EMBED(decompositions, "decompositions.tsv")
VITS_EMBED(numbers, "numbers.tsv")
VITS_EMBED(scripts, "scripts.tsv")
VITS_EMBED(signs, "signs.tsv")
VITS_EMBED(version, "version.txt")

#define VITS_EMBEDDED(name) \
  { vits_uroman_##name, vits_uroman_##name##_end }

namespace vits::text::romanization {

const Data& embedded_data() {
  static const Data data = {
      .rules = VITS_EMBEDDED(rules),
      .characters = VITS_EMBEDDED(characters),
      .decompositions = VITS_EMBEDDED(decompositions),
      .numbers = VITS_EMBEDDED(numbers),
      .scripts = VITS_EMBEDDED(scripts),
      .signs = VITS_EMBEDDED(signs),
      .version = VITS_EMBEDDED(version),
  };
  return data;
}

}  // namespace vits::text::romanization
