#include "adamw_cpu.h"

#include <cmath>

#include "vits/base/parallel.h"

namespace vits::train {

namespace {

constexpr int64_t kPiece = 1024 * 1024;  // numbers that a thread takes at a time

//   mean   += (1 - beta_1) (g - mean)                    g = gradient / divisor
//   square  = beta_2 square + (1 - beta_2) g^2
//   value   = (1 - rate decay) value - step mean / (sqrt(square) / root + epsilon)
struct Factors {
  float divisor, mean, keep_square, square, keep_value, step, root, epsilon;
};

// Compiled without errno (CMakeLists.txt): a square root is then one instruction, and the loop becomes vectors.
void move(float* __restrict value, float* __restrict gradient, float* __restrict mean, float* __restrict square,
          int64_t count, const Factors by) {
  for (int64_t i = 0; i < count; ++i) {
    const float g = gradient[i] / by.divisor;
    const float m = mean[i] + by.mean * (g - mean[i]);
    const float s = by.keep_square * square[i] + by.square * g * g;
    mean[i] = m;
    square[i] = s;
    value[i] = by.keep_value * value[i] - by.step * m / (std::sqrt(s) / by.root + by.epsilon);
    gradient[i] = 0.0f;
  }
}

}  // namespace

void adamw_cpu(const AdamWProblem& problem, int threads) {
  const double so_far_1 = 1.0 - std::pow(problem.beta_1, problem.steps);
  const double so_far_2 = 1.0 - std::pow(problem.beta_2, problem.steps);
  const Factors by{.divisor = problem.divisor,
                   .mean = static_cast<float>(1.0 - problem.beta_1),
                   .keep_square = static_cast<float>(problem.beta_2),
                   .square = static_cast<float>(1.0 - problem.beta_2),
                   .keep_value = static_cast<float>(1.0 - problem.learning_rate * problem.weight_decay),
                   .step = static_cast<float>(problem.learning_rate / so_far_1),
                   .root = static_cast<float>(std::sqrt(so_far_2)),
                   .epsilon = static_cast<float>(problem.epsilon)};
  base::for_each_piece(problem.count, kPiece, threads, [&](int64_t begin, int64_t end) {
    move(problem.value + begin, problem.gradient + begin, problem.mean + begin, problem.square + begin, end - begin,
         by);
  });
}

}  // namespace vits::train
