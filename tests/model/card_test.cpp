// When a card is used at all, and which are told to be too old, and for what.
#include "vits/model/card.h"

#include <gtest/gtest.h>

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

TEST(Card, IsUsedOnlyWhereTheBuildHasKernelsForIt) {
  EXPECT_EQ(why_no_card({.has_kernels = true, .is_found = true}), "");
  EXPECT_NE(why_no_card({.has_kernels = true, .is_found = false}).find("`vits-train doctor` says why"),
            std::string::npos);
  for (const bool is_found : {false, true})
    EXPECT_NE(why_no_card({.has_kernels = false, .is_found = is_found}).find("has no CUDA kernels (install"),
              std::string::npos);
  EXPECT_EQ(card_is_usable(), why_no_card(look_for_card()).empty());
}

TEST(Card, TheCpuIsNone) { EXPECT_FALSE(card_of(c10::Device(c10::kCPU)).has_value()); }

TEST(CardCuda, HasANameAndCanBeComputedOn) {
  if (!model::card_is_usable()) GTEST_SKIP() << "no CUDA device";
  const auto card = card_of(c10::Device(c10::kCUDA, 0));
  ASSERT_TRUE(card.has_value());
  EXPECT_FALSE(card->name.empty());
  EXPECT_NO_THROW(check_card(*card, {})) << card->name;
}

}  // namespace
}  // namespace vits::model
