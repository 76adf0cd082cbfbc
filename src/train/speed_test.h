// How fast this machine trains this voice on these clips: real steps on some of them, after which everything is put
// back, so that measuring changes nothing.
#pragma once
#include <cstdint>

#include "vits/data/loader.h"
#include "vits/train/fitted_steps.h"
#include "vits/train/session.h"

namespace vits::train {

struct Speed {
  double seconds_per_step = 0.0;
  double samples_per_second = 0.0;
  int64_t samples = 0;    // measured on
  double mel_loss = 0.0;  // mean of the steps, whose rate is too small to change the voice
};

// Steps of the first epoch's batches, of all lengths, until `samples` clips are learned or `most_seconds` are over, the
// first steps (cuDNN tries its algorithms, memory is taken for the first time) left out of the figures. At least one
// step is measured.
Speed measure_speed(Session& session, data::Loader& loader, FittedSteps& fitted, int64_t accumulation_steps,
                    int64_t samples, double most_seconds);

}  // namespace vits::train
