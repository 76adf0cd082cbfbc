#include "vits/report/figures.h"

#include <gtest/gtest.h>

namespace {

using namespace vits::report;

TEST(Figures, ReadAsAPersonWritesThem) {
  EXPECT_EQ(thousands(0), "0");
  EXPECT_EQ(thousands(999), "999");
  EXPECT_EQ(thousands(36284592), "36,284,592");
  EXPECT_EQ(thousands(-1234), "-1,234");
  EXPECT_EQ(bytes_text(999), "999 bytes");
  EXPECT_EQ(bytes_text(332160712), "332.2 MB");
  EXPECT_EQ(bytes_text(999960000), "1.0 GB");
  EXPECT_EQ(duration_text(4.24), "4.2 s");
  EXPECT_EQ(duration_text(59.97), "1 min 00 s");
  EXPECT_EQ(duration_text(200), "3 min 20 s");
  EXPECT_EQ(duration_text(9.5 * 3600), "9 h 30 min");
  EXPECT_EQ(duration_text(-1), "unknown");
}

}  // namespace
