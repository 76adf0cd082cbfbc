// What a card is, and whether this program can compute on it: told before anything is loaded, because LibTorch notices
// with the first kernel and then says "no kernel image is available".
#pragma once
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <optional>
#include <string>

namespace vits::model {

struct Card {
  std::string name;          // "NVIDIA GeForce RTX 2070"
  int major = 0, minor = 0;  // its compute capability
};

// Empty on the CPU and in a build without CUDA.
std::optional<Card> card_of(c10::Device device);

// Throws Error when the card is too old for this program, or for computing in `half`.
void check_card(const Card& card, std::optional<c10::ScalarType> half);

}  // namespace vits::model
