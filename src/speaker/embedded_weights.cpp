#include "embedded_weights.h"

#include "vits/base/error.h"
#include "weights/weight_list.h"

#ifdef VITS_SPEAKER_WEIGHTS_FILE
// VITS_SPEAKER_WEIGHTS_FILE is the packed file, from src/cmake/speaker_weights.cmake.
__asm__(
    ".pushsection .rodata\n"
    ".balign 64\n"
    "vits_speaker_weights:\n"
    ".incbin \"" VITS_SPEAKER_WEIGHTS_FILE
    "\"\n"
    "vits_speaker_weights_end:\n"
    ".popsection\n");
extern "C" {
extern const float vits_speaker_weights[] __attribute__((visibility("hidden")));
extern const float vits_speaker_weights_end[] __attribute__((visibility("hidden")));
}
#endif

namespace vits::speaker {

namespace {

constexpr size_t kVoiceActivityNumbers = numbers_of(kVoiceActivityTensors);
constexpr size_t kVoiceEncoderNumbers = numbers_of(kVoiceEncoderTensors);

std::span<const float> all_weights() {
#ifdef VITS_SPEAKER_WEIGHTS_FILE
  const std::span<const float> weights{vits_speaker_weights, vits_speaker_weights_end};
  if (weights.size() == kVoiceActivityNumbers + kVoiceEncoderNumbers) return weights;
  throw Error("the program's speaker weights hold {} numbers instead of {}; this is a bug in vits-train",
              weights.size(), kVoiceActivityNumbers + kVoiceEncoderNumbers);
#else
  throw Error(
      "this vits-train was built without the weights that know speech and speakers. Run scripts/setup on a machine "
      "with a network; it fetches them (25 MB) and builds again.");
#endif
}

}  // namespace

bool weights_built_in() {
#ifdef VITS_SPEAKER_WEIGHTS_FILE
  return true;
#else
  return false;
#endif
}

std::span<const float> voice_activity_weights() { return all_weights().first(kVoiceActivityNumbers); }
std::span<const float> voice_encoder_weights() { return all_weights().last(kVoiceEncoderNumbers); }

}  // namespace vits::speaker
