#include "vits/base/shape.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace {

using vits::base::check_shape;

TEST(CheckShape, AcceptsWhatFits) {
  check_shape(at::zeros({2, 1, 7}), "B 1 F", "mask");
  check_shape(at::zeros({3, 3}), "T T", "square");
  check_shape(at::zeros({}), "", "scalar");
  check_shape(at::zeros({513}), "513", "window");
}

TEST(CheckShape, RefusesWhatDoesNot) {
  EXPECT_THROW(check_shape(at::zeros({2, 2, 7}), "B 1 F", "mask"), c10::Error);
  EXPECT_THROW(check_shape(at::zeros({2, 7}), "B 1 F", "mask"), c10::Error);
  EXPECT_THROW(check_shape(at::zeros({2, 1, 7, 1}), "B 1 F", "mask"), c10::Error);
  EXPECT_THROW(check_shape(at::zeros({3, 4}), "T T", "square"), c10::Error);
  EXPECT_THROW(check_shape(at::Tensor(), "B", "nothing"), c10::Error);
}

}  // namespace
