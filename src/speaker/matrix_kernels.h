// The two products that the voice activity network consists of, and its cell, with the widest vectors that the
// processor has. LibTorch is not used: its products cost microseconds each to start, and this network's take less.
#pragma once
#include <cstdint>

namespace vits::speaker {

inline constexpr int64_t kLanes = 16;  // columns that are worked on side by side

// output [rows, kLanes] = bias [rows] + weights [rows, depth] * input [depth, kLanes]. A row of weights begins
// `weight_stride` numbers after the one before; `bias` may be null.
void multiply_lanes(const float* weights, int64_t weight_stride, int64_t rows, int64_t depth, const float* input,
                    const float* bias, float* output);

// output [columns] += input [depth] * weights [depth, columns]; columns is a multiple of 128.
void multiply_row(const float* input, int64_t depth, const float* weights, int64_t columns, float* output);

// A step of an LSTM from the sums of its gates [4, units] in PyTorch's order (input, forget, candidate, output): `cell`
// is moved on and `hidden` [units] follows from it. units is a multiple of 16.
void lstm_cell(const float* sums, int64_t units, float* cell, float* hidden);

}  // namespace vits::speaker
