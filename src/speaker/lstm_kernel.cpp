#include "lstm_kernel.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

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

// From the gates' sums to the state, for the units from `first` and the sequences from `lane` on.
template <int width, int units_at_once>
[[gnu::always_inline]] inline void finish_units(int64_t first, int64_t lane,
                                                typename Register<width>::Floats (&sums)[units_at_once][kGates][kParts],
                                                float* cell, float* next_hidden) {
  using Floats = typename Register<width>::Floats;
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
      finish_units<width, units_at_once>(first, lane, sums, cell, next_hidden);
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

#ifdef __x86_64__
#define VITS_BFLOAT16 [[gnu::target("avx512f,avx512bw,avx512vl,avx512bf16")]]

// numbers [depth, kSequences] -> pairs [depth / 2, kSequences], the even step in the lower half of each.
VITS_BFLOAT16 void to_pairs(const float* numbers, int64_t depth, uint32_t* pairs) {
  typedef uint32_t Words __attribute__((vector_size(64)));
  for (int64_t step = 0; step < depth; step += 2) {
    for (int64_t lane = 0; lane < kSequences; lane += 16) {
      Words even, odd;
      std::memcpy(&even, numbers + step * kSequences + lane, sizeof(even));
      std::memcpy(&odd, numbers + (step + 1) * kSequences + lane, sizeof(odd));
      even = (even + 0x7fff + ((even >> 16) & 1)) >> 16;  // to the nearest, ties to even
      odd = (odd + 0x7fff + ((odd >> 16) & 1)) & 0xffff0000u;
      const Words both = even | odd;
      std::memcpy(pairs + step / 2 * kSequences + lane, &both, sizeof(both));
    }
  }
}

VITS_BFLOAT16 void step_bfloat16(const LstmWeights& weights, const float* input, const float* hidden, float* cell,
                                 float* next_hidden) {
  static_assert(kSequences == 16 * kParts);
  constexpr int kUnitsAtOnce = 2;
  const int64_t steps = (weights.inputs + weights.units) / 2;
  thread_local std::vector<uint32_t> columns;
  columns.resize(size_t(steps * kSequences));
  to_pairs(input, weights.inputs, columns.data());
  to_pairs(hidden, weights.units, columns.data() + weights.inputs / 2 * kSequences);
  for (int64_t first = 0; first < weights.units; first += kUnitsAtOnce) {
    Register<16>::Floats sums[kUnitsAtOnce][kGates][kParts];
    const uint32_t* rows[kUnitsAtOnce];
#pragma GCC unroll 16
    for (int unit = 0; unit < kUnitsAtOnce; ++unit) {
      rows[unit] = weights.pairs.data() + (first + unit) * steps * kGates;
#pragma GCC unroll 16
      for (int gate = 0; gate < kGates; ++gate) {
#pragma GCC unroll 16
        for (int part = 0; part < kParts; ++part) {
          sums[unit][gate][part] = _mm512_set1_ps(weights.bias[size_t((first + unit) * kGates + gate)]);
        }
      }
    }
    for (int64_t step = 0; step < steps; ++step) {
      __m512i column[kParts];
#pragma GCC unroll 16
      for (int part = 0; part < kParts; ++part) {
        column[part] = _mm512_loadu_si512(columns.data() + step * kSequences + part * 16);
      }
#pragma GCC unroll 16
      for (int unit = 0; unit < kUnitsAtOnce; ++unit) {
#pragma GCC unroll 16
        for (int gate = 0; gate < kGates; ++gate) {
          const __m512i weight = _mm512_set1_epi32(int(rows[unit][step * kGates + gate]));
#pragma GCC unroll 16
          for (int part = 0; part < kParts; ++part) {
            sums[unit][gate][part] = _mm512_dpbf16_ps(sums[unit][gate][part], (__m512bh)weight, (__m512bh)column[part]);
          }
        }
      }
    }
    finish_units<16, kUnitsAtOnce>(first, 0, sums, cell, next_hidden);
  }
}
#endif

bool multiplies_bfloat16() {
#ifdef __x86_64__
  return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw")
         && __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

// To the nearest, ties to even.
uint32_t bfloat16_bits(float number) {
  uint32_t bits;
  std::memcpy(&bits, &number, sizeof(bits));
  return (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
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
                         std::span<const float> hidden_bias, Precision precision) {
  const int64_t depth = inputs + units;
  LstmWeights weights{inputs,
                      units,
                      std::vector<float>(size_t(units * depth * kGates)),
                      std::vector<float>(size_t(units * kGates)),
                      {}};
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
  if (precision == Precision::kRounded && multiplies_bfloat16()) {
    weights.pairs.resize(weights.gates.size() / 2);
    for (int64_t place = 0; place < int64_t(weights.pairs.size()); ++place) {
      const int64_t even = (place / kGates * 2) * kGates + place % kGates;
      weights.pairs[size_t(place)] =
          bfloat16_bits(weights.gates[size_t(even)]) | bfloat16_bits(weights.gates[size_t(even + kGates)]) << 16;
    }
  }
  return weights;
}

void lstm_step(const LstmWeights& weights, const float* input, const float* hidden, float* cell, float* next_hidden) {
  static const auto exact_step = step_of_this_machine();
#ifdef __x86_64__
  if (!weights.pairs.empty()) return step_bfloat16(weights, input, hidden, cell, next_hidden);
#endif
  exact_step(weights, input, hidden, cell, next_hidden);
}

}  // namespace vits::speaker
