// A night: one run from its first step, or from a checkpoint, to the finished voice.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>

#include "vits/train/run_options.h"

namespace vits::train {

class Trainer {
 public:
  // `find_voice` tells where options.places.model_name is on this disk, if it takes a download; a run that goes on from
  // a checkpoint does not ask. The hours began `seconds_ago`, with the program.
  Trainer(const RunOptions& options, std::function<std::filesystem::path()> find_voice, double seconds_ago = 0.0);
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  // Loads, measures and prints the plan; leaves no trace on the disk.
  void plan();

  // Trains. Throws Stopped after a signal, when everything is saved, and Error when the guard gave the run up, with the
  // best voice saved.
  void run();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vits::train
