// The arithmetic of gated_step.h at one number, the same source for the processor and the card. Half precision is
// computed in float32.
#pragma once
#include "gated_elements.h"
#include "smooth_functions.h"

namespace vits::model::gated_piece {

using smooth_functions::hyperbolic_tangent, smooth_functions::sigmoid;

// Element `frame` of row `row` (of B H rows): the two halves of it.
template <typename T>
struct Halves {
  int64_t first, second, place;       // in [B, 2 H, F], and in [B, H, F]
  Computed<T> add_first, add_second;  // the condition
};
template <typename T>
VITS_PIECE Halves<T> halves(const GateExtent& extent, int64_t row, const T* condition) {
  const int64_t clip = row / extent.channels, channel = row % extent.channels;
  const int64_t first_row = clip * 2 * extent.channels + channel, second_row = first_row + extent.channels;
  return {first_row * extent.frames, second_row * extent.frames, row * extent.frames,
          condition ? static_cast<Computed<T>>(condition[first_row]) : Computed<T>(0),
          condition ? static_cast<Computed<T>>(condition[second_row]) : Computed<T>(0)};
}

template <typename T>
VITS_PIECE void run(const GateForward<T>& problem, const Halves<T>& at, int64_t frame) {
  using C = Computed<T>;
  const C a = static_cast<C>(problem.x[at.first + frame]) + at.add_first;
  const C b = static_cast<C>(problem.x[at.second + frame]) + at.add_second;
  problem.y[at.place + frame] = static_cast<T>(hyperbolic_tangent(a) * sigmoid(b));
}

template <typename T>
VITS_PIECE void run(const GateBackward<T>& problem, const Halves<T>& at, int64_t frame) {
  using C = Computed<T>;
  const C t = hyperbolic_tangent(static_cast<C>(problem.x[at.first + frame]) + at.add_first);
  const C s = sigmoid(static_cast<C>(problem.x[at.second + frame]) + at.add_second);
  const C gradient = static_cast<C>(problem.y_gradient[at.place + frame]);
  problem.x_gradient[at.first + frame] = static_cast<T>(gradient * s * (C(1) - t * t));
  problem.x_gradient[at.second + frame] = static_cast<T>(gradient * t * s * (C(1) - s));
}

template <typename T>
VITS_PIECE void run(const StepForward<T>& problem, const Halves<T>& at, int64_t frame, const T* mask) {
  using C = Computed<T>;
  const C hidden = static_cast<C>(problem.hidden[at.place + frame]) + static_cast<C>(problem.change[at.first + frame]);
  problem.next_hidden[at.place + frame] = static_cast<T>(hidden * static_cast<C>(mask[frame]));
  const C skip = static_cast<C>(problem.change[at.second + frame]);
  problem.next_sum[at.place + frame] =
      static_cast<T>(problem.sum ? static_cast<C>(problem.sum[at.place + frame]) + skip : skip);
}

template <typename T>
VITS_PIECE void run(const StepBackward<T>& problem, const Halves<T>& at, int64_t frame, const T* mask) {
  using C = Computed<T>;
  const C hidden = problem.hidden_gradient
                       ? static_cast<C>(problem.hidden_gradient[at.place + frame]) * static_cast<C>(mask[frame])
                       : C(0);
  problem.from_hidden[at.place + frame] = static_cast<T>(hidden);
  problem.from_change[at.first + frame] = static_cast<T>(hidden);
  problem.from_change[at.second + frame] =
      problem.sum_gradient ? problem.sum_gradient[at.place + frame] : static_cast<T>(0.0f);
}

// Row `row` of any of the four.
template <template <typename> class Problem, typename T>
VITS_PIECE Halves<T> halves_of(const Problem<T>& problem, int64_t row) {
  if constexpr (requires { problem.condition; })
    return halves<T>(problem.extent, row, problem.condition);
  else
    return halves<T>(problem.extent, row, nullptr);
}

// One number of any of the four.
template <template <typename> class Problem, typename T>
VITS_PIECE void run_at(const Problem<T>& problem, const Halves<T>& at, int64_t row, int64_t frame) {
  if constexpr (requires { problem.mask; })
    run(problem, at, frame, problem.mask + row / problem.extent.channels * problem.extent.frames);
  else
    run(problem, at, frame);
}

}  // namespace vits::model::gated_piece
