#include "lstm_kernel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace vits::speaker {
namespace {

std::vector<float> numbers(size_t count, float size, std::mt19937& chance) {
  std::uniform_real_distribution<float> uniform(-size, size);
  std::vector<float> made(count);
  for (float& number : made) number = uniform(chance);
  return made;
}

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

TEST(LstmStep, EqualsTheDefinitionInBothPrecisions) {
  constexpr int64_t kInputs = 10, kUnits = 8;
  std::mt19937 chance(3);
  const auto of_input = numbers(4 * kUnits * kInputs, 0.5f, chance),
             of_hidden = numbers(4 * kUnits * kUnits, 0.5f, chance);
  const auto input_bias = numbers(4 * kUnits, 0.5f, chance), hidden_bias = numbers(4 * kUnits, 0.5f, chance);
  const auto input = numbers(kInputs * kSequences, 3.0f, chance), hidden = numbers(kUnits * kSequences, 1.0f, chance);
  const auto cell = numbers(kUnits * kSequences, 2.0f, chance);
  for (const Precision precision : {Precision::kExact, Precision::kRounded}) {
    const LstmWeights weights = lstm_weights(kInputs, kUnits, of_input, of_hidden, input_bias, hidden_bias, precision);
    std::vector<float> next_cell = cell, next_hidden(hidden.size());
    lstm_step(weights, input.data(), hidden.data(), next_cell.data(), next_hidden.data());
    const double tolerance = precision == Precision::kExact ? 1e-5 : 0.03;  // eight bits of mantissa
    for (size_t unit = 0; unit < kUnits; ++unit) {
      for (size_t sequence = 0; sequence < kSequences; ++sequence) {
        double gates[4];
        for (size_t gate = 0; gate < 4; ++gate) {
          const size_t row = gate * kUnits + unit;
          gates[gate] = double(input_bias[row]) + hidden_bias[row];
          for (size_t i = 0; i < kInputs; ++i) {
            gates[gate] += double(of_input[row * kInputs + i]) * input[i * kSequences + sequence];
          }
          for (size_t i = 0; i < kUnits; ++i) {
            gates[gate] += double(of_hidden[row * kUnits + i]) * hidden[i * kSequences + sequence];
          }
        }
        const size_t place = unit * kSequences + sequence;
        const double state = sigmoid(gates[1]) * cell[place] + sigmoid(gates[0]) * std::tanh(gates[2]);
        ASSERT_NEAR(next_cell[place], state, tolerance);
        ASSERT_NEAR(next_hidden[place], sigmoid(gates[3]) * std::tanh(state), tolerance);
      }
    }
  }
}

}  // namespace
}  // namespace vits::speaker
