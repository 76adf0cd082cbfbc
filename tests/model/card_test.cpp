// Which cards are told to be too old, and for what.
#include "vits/model/card.h"

#include <gtest/gtest.h>
#include <torch/cuda.h>

#include "vits/base/error.h"

namespace vits::model {
namespace {

std::string complaint(const Card& card, std::optional<c10::ScalarType> half) {
  try {
    check_card(card, half);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Card, IsToldWhenItIsTooOld) {
  const Card pascal{"GTX 1080", 6, 1}, turing{"RTX 2070", 7, 5}, hopper{"H200", 9, 0};
  EXPECT_EQ(complaint(pascal, {}),
            "GTX 1080 has compute capability 6.1, but this program takes 7.5. --device cpu computes without it.");
  EXPECT_EQ(complaint(turing, c10::ScalarType::Half), "");
  EXPECT_EQ(complaint(turing, c10::ScalarType::BFloat16),
            "RTX 2070 has compute capability 7.5, but --bf16 takes 8.0. Leave --bf16 out: --fp16 is as fast there.");
  EXPECT_EQ(complaint(hopper, c10::ScalarType::BFloat16), "");
}

TEST(Card, TheCpuIsNone) { EXPECT_FALSE(card_of(c10::Device(c10::kCPU)).has_value()); }

TEST(CardCuda, HasANameAndCanBeComputedOn) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  const auto card = card_of(c10::Device(c10::kCUDA, 0));
  ASSERT_TRUE(card.has_value());
  EXPECT_FALSE(card->name.empty());
  EXPECT_NO_THROW(check_card(*card, {})) << card->name;
}

}  // namespace
}  // namespace vits::model
