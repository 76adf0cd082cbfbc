#include "lstm_kernel.h"

#include "registers.h"

namespace vits::speaker {

namespace {

constexpr int kGates = 4, kParts = 2;  // registers side by side: each weight that is loaded is used as often

template <int width, int units_at_once>
[[gnu::always_inline]] inline void add_products(
    const float* const (&weights)[units_at_once], int64_t depth, const float* input,
    typename Register<width>::Floats (&sums)[units_at_once][kGates][kParts]) {
  for (int64_t step = 0; step < depth; ++step) {
    typename Register<width>::Floats columns[kParts];
#pragma GCC unroll 16
    for (int part = 0; part < kParts; ++part) load(input + step * kSequences + part * width, columns[part]);
#pragma GCC unroll 16
    for (int unit = 0; unit < units_at_once; ++unit) {
#pragma GCC unroll 16
      for (int gate = 0; gate < kGates; ++gate) {
        const float weight = weights[unit][step * kGates + gate];
#pragma GCC unroll 16
        for (int part = 0; part < kParts; ++part) sums[unit][gate][part] += weight * columns[part];
      }
    }
  }
}

template <int width, int units_at_once>
[[gnu::always_inline]] inline void step_body(const LstmWeights& weights, const float* input, const float* hidden,
                                             float* cell, float* next_hidden) {
  using Floats = typename Register<width>::Floats;
  const int64_t depth = weights.inputs + weights.units;
  for (int64_t first = 0; first < weights.units; first += units_at_once) {
    const float *of_input[units_at_once], *of_hidden[units_at_once];
#pragma GCC unroll 16
    for (int unit = 0; unit < units_at_once; ++unit) {
      of_input[unit] = weights.gates.data() + (first + unit) * depth * kGates;
      of_hidden[unit] = of_input[unit] + weights.inputs * kGates;
    }
    for (int64_t lane = 0; lane < kSequences; lane += kParts * width) {
      Floats sums[units_at_once][kGates][kParts];
#pragma GCC unroll 16
      for (int unit = 0; unit < units_at_once; ++unit) {
#pragma GCC unroll 16
        for (int gate = 0; gate < kGates; ++gate) {
#pragma GCC unroll 16
          for (int part = 0; part < kParts; ++part) {
            sums[unit][gate][part] = Floats{} + weights.bias[size_t((first + unit) * kGates + gate)];
          }
        }
      }
      add_products<width, units_at_once>(of_input, weights.inputs, input + lane, sums);
      add_products<width, units_at_once>(of_hidden, weights.units, hidden + lane, sums);
#pragma GCC unroll 16
      for (int unit = 0; unit < units_at_once; ++unit) {
#pragma GCC unroll 16
        for (int part = 0; part < kParts; ++part) {
          auto& [in, forget, candidate, out] = sums[unit];
          sigmoid<width>(in[part]);
          sigmoid<width>(forget[part]);
          hyperbolic_tangent<width>(candidate[part]);
          sigmoid<width>(out[part]);
          const int64_t place = (first + unit) * kSequences + lane + part * width;
          Floats state;
          load(cell + place, state);
          state = forget[part] * state + in[part] * candidate[part];
          store(state, cell + place);
          hyperbolic_tangent<width>(state);
          store(Floats(out[part] * state), next_hidden + place);
        }
      }
    }
  }
}

#ifdef __x86_64__
[[gnu::target("avx512f")]] void step_avx512(const LstmWeights& weights, const float* input, const float* hidden,
                                            float* cell, float* next_hidden) {
  step_body<16, 2>(weights, input, hidden, cell, next_hidden);
}
[[gnu::target("avx2,fma")]] void step_avx2(const LstmWeights& weights, const float* input, const float* hidden,
                                           float* cell, float* next_hidden) {
  step_body<8, 1>(weights, input, hidden, cell, next_hidden);
}
#endif
void step_plain(const LstmWeights& weights, const float* input, const float* hidden, float* cell, float* next_hidden) {
  step_body<4, 1>(weights, input, hidden, cell, next_hidden);
}

decltype(&lstm_step) step_of_this_machine() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f")) return step_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return step_avx2;
#endif
  return step_plain;
}

}  // namespace

LstmWeights lstm_weights(int64_t inputs, int64_t units, std::span<const float> input_weights,
                         std::span<const float> hidden_weights, std::span<const float> input_bias,
                         std::span<const float> hidden_bias) {
  const int64_t depth = inputs + units;
  LstmWeights weights{inputs, units, std::vector<float>(size_t(units * depth * kGates)),
                      std::vector<float>(size_t(units * kGates))};
  for (int64_t unit = 0; unit < units; ++unit) {
    for (int64_t gate = 0; gate < kGates; ++gate) {
      const int64_t row = gate * units + unit;
      for (int64_t step = 0; step < depth; ++step) {
        weights.gates[size_t((unit * depth + step) * kGates + gate)] =
            step < inputs ? input_weights[size_t(row * inputs + step)]
                          : hidden_weights[size_t(row * units + step - inputs)];
      }
      weights.bias[size_t(unit * kGates + gate)] = input_bias[size_t(row)] + hidden_bias[size_t(row)];
    }
  }
  return weights;
}

void lstm_step(const LstmWeights& weights, const float* input, const float* hidden, float* cell, float* next_hidden) {
  static const auto step = step_of_this_machine();
  step(weights, input, hidden, cell, next_hidden);
}

}  // namespace vits::speaker
