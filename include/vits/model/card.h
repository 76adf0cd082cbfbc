// What a card is, and whether this program can compute on it: told before anything is loaded, because LibTorch notices
// with the first kernel and then says "no kernel image is available".
#pragma once
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <optional>
#include <string>

namespace vits::model {

// What it takes to compute on a card, besides the card.
struct CardSight {
  bool has_kernels = false;  // this build does
  bool is_found = false;     // LibTorch does, with a driver that it can use
};
CardSight look_for_card();

// Why nothing can be computed on a card, as a clause with its remedy; empty when it can.
std::string why_no_card(const CardSight& sight);

// LibTorch alone is not to be asked: it finds cards that a build without kernels would fail on at its first step.
bool card_is_usable();

struct Card {
  std::string name;          // "NVIDIA GeForce RTX 2070"
  int major = 0, minor = 0;  // its compute capability
  uint64_t total_bytes = 0;  // of its memory
};

// Empty on the CPU and in a build without CUDA.
std::optional<Card> card_of(c10::Device device);

// Throws Error when the card is too old for this program, or for computing in `half`.
void check_card(const Card& card, std::optional<c10::ScalarType> half);

}  // namespace vits::model
