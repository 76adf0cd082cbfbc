// When somebody speaks: Silero VAD's network (version 6, MIT licence) for 16 kHz, in plain C++ with its weights inside
// the program.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "vits/audio/trim.h"

namespace vits::speaker {

// The chance of speech in each 512 samples of a recording at 16 kHz, the last piece filled up with silence. Equal to
// the TorchScript model of the silero_vad package to 1e-4. Safe to call from several threads.
std::vector<float> speech_chances(std::span<const float> samples_16k);

// From the beginning of the first speech to the end of the last; empty when nobody speaks.
audio::Span spoken_part(std::span<const float> samples_16k);

bool voice_activity_built_in();  // false in a program built without the weights; the functions above then throw Error

}  // namespace vits::speaker
