// A step of an LSTM for many sequences side by side. LibTorch's LSTM gains nothing from a large batch: measured on two
// cores, the time of a sequence is the same in a batch of 4 and of 256, a quarter of what the processor can do.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace vits::speaker {

inline constexpr int64_t kSequences = 32;  // worked on side by side

// Weights as the step reads them: of each unit, for each input and then each hidden unit, the four gates together.
struct LstmWeights {
  int64_t inputs = 0, units = 0;  // units is even
  std::vector<float> gates;       // [units, inputs + units, 4]
  std::vector<float> bias;        // [units, 4]
};

// From PyTorch's layout: [4 * units, inputs], [4 * units, units], [4 * units], [4 * units], gates in the order input,
// forget, candidate, output.
LstmWeights lstm_weights(int64_t inputs, int64_t units, std::span<const float> input_weights,
                         std::span<const float> hidden_weights, std::span<const float> input_bias,
                         std::span<const float> hidden_bias);

// input [inputs, kSequences] and hidden [units, kSequences] -> next_hidden [units, kSequences]; cell is moved on.
// `next_hidden` must not be `hidden`.
void lstm_step(const LstmWeights& weights, const float* input, const float* hidden, float* cell, float* next_hidden);

}  // namespace vits::speaker
