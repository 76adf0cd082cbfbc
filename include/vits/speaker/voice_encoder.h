// Whose voice it is, as 256 numbers: the GE2E speaker encoder of Resemblyzer (Apache-2.0; L. Wan and others,
// "Generalized End-to-End Loss for Speaker Verification"), in plain C++ with its weights inside the program. Clips of
// one speaker lie close together: their embeddings' product is near 1.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace vits::speaker {

using Embedding = std::array<float, 256>;  // of length 1, no number negative

// Sound is heard in windows of this length, a little over half of it apart. A shorter clip is filled up with silence,
// and says the less of its speaker the shorter it is.
inline constexpr double kWindowSeconds = 1.6;

// Makes sound as loud as the encoder knows it, 30 dB below full scale in the mean. Resemblyzer itself only raises quiet
// sound; but the encoder hears no logarithm, so that one voice, recorded louder on another day, would seem two.
void set_volume(std::span<float> samples);

// One embedding for each sound at 16 kHz, equal to Resemblyzer's VoiceEncoder.embed_utterance() within 1e-4 in their
// product, whatever other sounds are given with it. Works on one thread, quickest with a few dozen sounds at once; safe
// to call from several. Throws Error when the program was built without the weights.
std::vector<Embedding> embed(std::span<const std::vector<float>> sounds_16k);

double similarity(const Embedding& a, const Embedding& b);

}  // namespace vits::speaker
