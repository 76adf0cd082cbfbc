// A step of an LSTM for many sequences side by side. LibTorch's LSTM gains nothing from a large batch (measured: a
// sequence takes the same processor time in a batch of 4 and of 256), and its bfloat16 LSTM is no faster in a large
// one.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace vits::speaker {

inline constexpr int64_t kSequences = 32;  // worked on side by side

enum class Precision {
  kExact,
  kRounded,  // weights, inputs and hidden state may be rounded to bfloat16
};

// Weights as the step reads them: of each unit, for each input and then each hidden unit, the four gates together.
struct LstmWeights {
  int64_t inputs = 0, units = 0;  // both even
  std::vector<float> gates;       // [units, inputs + units, 4]
  std::vector<float> bias;        // [units, 4]

  // Of Precision::kRounded where the processor multiplies pairs of bfloat16, at twice the speed: two inputs' weights in
  // each number. Empty otherwise.
  std::vector<uint32_t> pairs;  // [units, (inputs + units) / 2, 4]
};

// From PyTorch's layout: [4 * units, inputs], [4 * units, units], [4 * units], [4 * units], gates in the order input,
// forget, candidate, output.
LstmWeights lstm_weights(int64_t inputs, int64_t units, std::span<const float> input_weights,
                         std::span<const float> hidden_weights, std::span<const float> input_bias,
                         std::span<const float> hidden_bias, Precision precision);

// input [inputs, kSequences] and hidden [units, kSequences] -> next_hidden [units, kSequences]; cell is moved on.
// `next_hidden` must not be `hidden`.
void lstm_step(const LstmWeights& weights, const float* input, const float* hidden, float* cell, float* next_hidden);

}  // namespace vits::speaker
