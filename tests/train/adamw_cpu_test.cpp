// The step of AdamW on the CPU against LibTorch's own.
#include "adamw_cpu.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "vits/train/optimizer_options.h"

namespace vits::train {
namespace {

TEST(AdamWOnTheHost, TakesTheStepsOfLibTorchs) {
  constexpr int64_t kCount = 2'100'005;  // more than two threads take at once, and no multiple of a vector
  constexpr double kRate = 2e-3, kDivisor = 3.0;
  const OptimizerOptions options;
  at::manual_seed(1);
  auto value = at::randn({kCount}), mean = at::zeros({kCount}), square = at::zeros({kCount});
  auto expected = value.clone(), expected_mean = mean.clone(), expected_square = square.clone();
  auto steps = at::zeros({});
  for (int step = 1; step <= 5; ++step) {
    auto gradient = at::randn({kCount});
    gradient.narrow(0, 0, kCount / 2).zero_();  // a part that learns nothing only decays
    steps.add_(1);
    at::_fused_adamw_({expected}, {gradient / kDivisor}, {expected_mean}, {expected_square}, {}, {steps}, kRate,
                      options.beta_1, options.beta_2, options.weight_decay, options.epsilon, false, false);
    adamw_cpu({.value = value.mutable_data_ptr<float>(),
               .gradient = gradient.mutable_data_ptr<float>(),
               .mean = mean.mutable_data_ptr<float>(),
               .square = square.mutable_data_ptr<float>(),
               .count = kCount,
               .divisor = kDivisor,
               .learning_rate = kRate,
               .beta_1 = options.beta_1,
               .beta_2 = options.beta_2,
               .weight_decay = options.weight_decay,
               .epsilon = options.epsilon,
               .steps = static_cast<double>(step)},
              2);
    EXPECT_EQ(gradient.abs().max().item<float>(), 0.0f);
  }
  EXPECT_LT((value - expected).abs().max().item<float>(), 1e-6);
  EXPECT_LT((mean - expected_mean).abs().max().item<float>(), 1e-6);
  EXPECT_LT((square - expected_square).abs().max().item<float>(), 1e-6);
}

}  // namespace
}  // namespace vits::train
