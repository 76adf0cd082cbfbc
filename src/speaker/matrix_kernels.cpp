#include "matrix_kernels.h"

#include "registers.h"

namespace vits::speaker {

namespace {

// `rows` rows at once: each register of the input is loaded once and used for all of them.
template <int width, int rows>
[[gnu::always_inline]] inline void lane_rows(const float* weights, int64_t weight_stride, int64_t depth,
                                             const float* input, const float* bias, float* output) {
  constexpr int kParts = kLanes / width;
  typename Register<width>::Floats sums[rows][kParts];
#pragma GCC unroll 16
  for (int row = 0; row < rows; ++row) {
#pragma GCC unroll 16
    for (int part = 0; part < kParts; ++part) {
      sums[row][part] = typename Register<width>::Floats{} + (bias != nullptr ? bias[row] : 0.0f);
    }
  }
  for (int64_t step = 0; step < depth; ++step) {
#pragma GCC unroll 16
    for (int part = 0; part < kParts; ++part) {
      typename Register<width>::Floats column;
      load(input + step * kLanes + part * width, column);
#pragma GCC unroll 16
      for (int row = 0; row < rows; ++row) sums[row][part] += weights[row * weight_stride + step] * column;
    }
  }
#pragma GCC unroll 16
  for (int row = 0; row < rows; ++row) {
#pragma GCC unroll 16
    for (int part = 0; part < kParts; ++part) store(sums[row][part], output + row * kLanes + part * width);
  }
}

template <int width, int tile>
[[gnu::always_inline]] inline void lanes_body(const float* weights, int64_t weight_stride, int64_t rows, int64_t depth,
                                              const float* input, const float* bias, float* output) {
  int64_t row = 0;
  for (; row + tile <= rows; row += tile) {
    lane_rows<width, tile>(weights + row * weight_stride, weight_stride, depth, input,
                           bias != nullptr ? bias + row : nullptr, output + row * kLanes);
  }
  for (; row < rows; ++row) {
    lane_rows<width, 1>(weights + row * weight_stride, weight_stride, depth, input,
                        bias != nullptr ? bias + row : nullptr, output + row * kLanes);
  }
}

template <int width>
[[gnu::always_inline]] inline void row_body(const float* input, int64_t depth, const float* weights, int64_t columns,
                                            float* output) {
  constexpr int kRegisters = 8;
  for (int64_t column = 0; column < columns; column += kRegisters * width) {
    typename Register<width>::Floats sums[kRegisters];
#pragma GCC unroll 16
    for (int part = 0; part < kRegisters; ++part) load(output + column + part * width, sums[part]);
    for (int64_t step = 0; step < depth; ++step) {
      const float* row = weights + step * columns + column;
#pragma GCC unroll 16
      for (int part = 0; part < kRegisters; ++part) {
        typename Register<width>::Floats weight;
        load(row + part * width, weight);
        sums[part] += input[step] * weight;
      }
    }
#pragma GCC unroll 16
    for (int part = 0; part < kRegisters; ++part) store(sums[part], output + column + part * width);
  }
}

template <int width>
[[gnu::always_inline]] inline void cell_body(const float* sums, int64_t units, float* cell, float* hidden) {
  using Floats = typename Register<width>::Floats;
  for (int64_t unit = 0; unit < units; unit += width) {
    Floats in, forget, candidate, out, state;
    load(sums + unit, in);
    load(sums + units + unit, forget);
    load(sums + 2 * units + unit, candidate);
    load(sums + 3 * units + unit, out);
    load(cell + unit, state);
    sigmoid<width>(in);
    sigmoid<width>(forget);
    hyperbolic_tangent<width>(candidate);
    sigmoid<width>(out);
    state = forget * state + in * candidate;
    store(state, cell + unit);
    hyperbolic_tangent<width>(state);
    store(Floats(out * state), hidden + unit);
  }
}

struct Kernels {
  decltype(&multiply_lanes) lanes;
  decltype(&multiply_row) row;
  decltype(&lstm_cell) cell;
};

// The number of rows at once follows from the registers there are: sums, one input, one weight.
#ifdef __x86_64__
[[gnu::target("avx512f")]] void lanes_avx512(const float* weights, int64_t weight_stride, int64_t rows, int64_t depth,
                                             const float* input, const float* bias, float* output) {
  lanes_body<16, 8>(weights, weight_stride, rows, depth, input, bias, output);
}
[[gnu::target("avx512f")]] void row_avx512(const float* input, int64_t depth, const float* weights, int64_t columns,
                                           float* output) {
  row_body<16>(input, depth, weights, columns, output);
}
[[gnu::target("avx512f")]] void cell_avx512(const float* sums, int64_t units, float* cell, float* hidden) {
  cell_body<16>(sums, units, cell, hidden);
}
[[gnu::target("avx2,fma")]] void lanes_avx2(const float* weights, int64_t weight_stride, int64_t rows, int64_t depth,
                                            const float* input, const float* bias, float* output) {
  lanes_body<8, 4>(weights, weight_stride, rows, depth, input, bias, output);
}
[[gnu::target("avx2,fma")]] void row_avx2(const float* input, int64_t depth, const float* weights, int64_t columns,
                                          float* output) {
  row_body<8>(input, depth, weights, columns, output);
}
[[gnu::target("avx2,fma")]] void cell_avx2(const float* sums, int64_t units, float* cell, float* hidden) {
  cell_body<8>(sums, units, cell, hidden);
}
#endif

void lanes_plain(const float* weights, int64_t weight_stride, int64_t rows, int64_t depth, const float* input,
                 const float* bias, float* output) {
  lanes_body<4, 2>(weights, weight_stride, rows, depth, input, bias, output);
}
void row_plain(const float* input, int64_t depth, const float* weights, int64_t columns, float* output) {
  row_body<4>(input, depth, weights, columns, output);
}
void cell_plain(const float* sums, int64_t units, float* cell, float* hidden) {
  cell_body<4>(sums, units, cell, hidden);
}

Kernels kernels_of_this_machine() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f")) return {lanes_avx512, row_avx512, cell_avx512};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {lanes_avx2, row_avx2, cell_avx2};
#endif
  return {lanes_plain, row_plain, cell_plain};
}

const Kernels& kernels() {
  static const Kernels chosen = kernels_of_this_machine();
  return chosen;
}

}  // namespace

void multiply_lanes(const float* weights, int64_t weight_stride, int64_t rows, int64_t depth, const float* input,
                    const float* bias, float* output) {
  kernels().lanes(weights, weight_stride, rows, depth, input, bias, output);
}

void multiply_row(const float* input, int64_t depth, const float* weights, int64_t columns, float* output) {
  kernels().row(input, depth, weights, columns, output);
}

void lstm_cell(const float* sums, int64_t units, float* cell, float* hidden) {
  kernels().cell(sums, units, cell, hidden);
}

}  // namespace vits::speaker
