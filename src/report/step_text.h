// A step report as one line, in plain letters.
#pragma once
#include <string>

#include "vits/report/run_report.h"

namespace vits::report {

// "epoch 3/12  412/5,267  loss 28.41 (mel 17.2 kl 1.9)  12.4/s  all 6 h 12 min": as much of it as `columns` hold. What
// a person can best do without goes first: the learning rate, the wait for data, the single losses, ...
std::string step_text(const StepReport& report, size_t columns);

// The place alone: "step 4,210 (epoch 3)".
std::string place_text(const RunPlace& place);

// A loss with four digits: 28.41, 0.01234, 1.2e+06.
std::string loss_text(double loss);

// Losses by name, "total" first and the others in the order they came: "total 28.41, mel 17.2".
std::string losses_text(const Figures& losses);

}  // namespace vits::report
