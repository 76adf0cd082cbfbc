// The counting of kernels, casts and waits: known sums of small computations, and the same of the Python reference.
#include "operator_count.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "support/support.h"
#include "vits/formats/json.h"

namespace vits::train {
namespace {

template <class Work>
OperatorCounts counts_of(Work work) {
  const OperatorCount counting;
  work();
  return counting.counts();
}

// tests/train/count_known.py computes the same.
OperatorCounts of_everything() {
  const auto x = at::ones({2, 4, 16}), kernel = at::ones({4, 4, 3}).requires_grad_();
  return counts_of([&] {
    const auto y = at::conv1d(x, kernel, {}, 1, 1).transpose(1, 2).contiguous();
    const auto normal = at::layer_norm(y, {4});
    const auto product = at::matmul(normal.view({32, 4}), at::ones({4, 5}));
    const auto chosen = product.index({product > 0});
    const auto half = at::leaky_relu(product.to(at::kBFloat16), 0.1).to(at::kFloat);
    if (half.sum().item<float>() > 0) (half.sum() + chosen.sum()).backward();
  });
}

TEST(OperatorCount, TakesInOperatorsThatCallOthersOnlyForMemory) {
  const auto x = at::ones({2, 4, 16}), kernel = at::ones({4, 4, 3}), matrix = at::ones({5, 5});
  EXPECT_EQ(counts_of([&] { at::conv1d(x, kernel); }).kernels, 1);
  EXPECT_EQ(counts_of([&] { at::matmul(matrix, matrix); }).kernels, 1);
  EXPECT_EQ(counts_of([&] { at::layer_norm(matrix, {5}); }).kernels, 1);
  EXPECT_EQ(counts_of([&] { matrix + matrix; }).kernels, 1);
}

TEST(OperatorCount, LeavesViewsAndAllocationsOut) {
  const auto matrix = at::ones({6, 4});
  const auto counts = counts_of([&] {
    matrix.t().unsqueeze(0).slice(1, 0, 2).expand({3, 2, 6});
    at::empty_like(matrix);
    matrix.contiguous().to(at::kFloat);
  });
  EXPECT_EQ(counts.kernels, 0);
  EXPECT_GT(counts.views, 5);
}

TEST(OperatorCount, CountsCastsAndEveryWayOfWaiting) {
  const auto matrix = at::ones({6, 4});
  EXPECT_EQ(counts_of([&] { matrix.to(at::kHalf).to(at::kFloat); }).casts, 2);
  EXPECT_EQ(counts_of([&] { matrix.sum().item<float>(); }).waits, 1);
  EXPECT_EQ(counts_of([&] { matrix.index({matrix > 0}); }).waits, 1);
  EXPECT_EQ(counts_of([&] { matrix.masked_select(matrix > 0); }).waits, 1);
  EXPECT_EQ(counts_of([&] { matrix.nonzero(); }).waits, 1);
  EXPECT_EQ(counts_of([&] { at::where(matrix > 0, matrix, 0.0); }).waits, 0);
}

// scripts/bench_against_peer sets the reference's counts beside ours.
TEST(OperatorCount, CountsAsThePeerIsCounted) {
  const auto ours = of_everything();
  const auto theirs = formats::Json::parse(support::run_python("tests/train/count_known.py", {}));
  EXPECT_EQ(ours.kernels, theirs.at("kernels_per_step"));
  EXPECT_EQ(ours.casts, theirs.at("casts_per_step"));
  EXPECT_EQ(ours.waits, theirs.at("waits_per_step"));
  EXPECT_EQ(ours.waits, 2);
  for (const auto& [name, count] : theirs.at("commonest_kernels").items())
    EXPECT_EQ(ours.by_name.contains(name) ? ours.by_name.at(name) : 0, count) << name;
}

}  // namespace
}  // namespace vits::train
