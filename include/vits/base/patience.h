// How the threads of a parallel computation wait for each other. OpenMP's default is to spin for milliseconds, which is
// quickest on an idle machine and ruinous on a busy one: with another program on the same processors a training step
// took six times as long instead of twice. LibTorch's OpenMP reads its settings before `main`, so the program starts
// itself anew with better ones, in the same process.
#pragma once

namespace vits::base {

// Call first in `main`, with its arguments. Returns at once when the person has set OMP_WAIT_POLICY or GOMP_SPINCOUNT,
// and in the program that was started anew.
void wait_patiently(char** arguments);

}  // namespace vits::base
