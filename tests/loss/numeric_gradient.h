// Automatic derivatives against differences, in double precision.
#pragma once
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace vits::support {

// `loss` reads `input` (double) anew at each call. Looks at `places` entries spread over it.
inline void expect_numeric_gradient(const std::function<at::Tensor()>& loss, at::Tensor input, int64_t places = 40) {
  input.set_requires_grad(true);
  input.mutable_grad().reset();
  loss().backward();
  ASSERT_TRUE(input.grad().defined());
  const at::NoGradGuard no_grad;
  const auto flat = input.view(-1), gradient = input.grad().reshape(-1);
  const int64_t stride = std::max<int64_t>(1, flat.numel() / places);
  for (int64_t place = 0; place < flat.numel(); place += stride) {
    const double step = 1e-6, before = flat[place].item<double>();
    flat[place].fill_(before + step);
    const double above = loss().item<double>();
    flat[place].fill_(before - step);
    const double below = loss().item<double>();
    flat[place].fill_(before);
    const double expected = (above - below) / (2 * step);
    EXPECT_NEAR(gradient[place].item<double>(), expected, 1e-6 * (1 + std::abs(expected))) << "entry " << place;
  }
}

}  // namespace vits::support
