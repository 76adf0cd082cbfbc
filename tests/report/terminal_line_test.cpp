#include "terminal_line.h"

#include <gtest/gtest.h>

#include "standard_error.h"
#include "vits/report/log.h"

namespace {

using namespace vits::report;

TEST(TerminalLine, IsDrawnAgainBelowALogLineUntilItIsLeft) {
  const auto screen = seen_after(60, [] {
    draw_line("[####......] 40 of 100 files");
    info("data", "one is broken");
    draw_line("[#####.....] 50");
    warn("data", "another\nis broken too");
    leave_line();
    info("data", "done");
    leave_line();
  });
  EXPECT_EQ(screen, (std::vector<std::string>{"[data] one is broken", "[data] warning: another", "is broken too",
                                              "[#####.....] 50", "[data] done", ""}));
}

}  // namespace
