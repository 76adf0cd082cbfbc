// Every command, in the order and the groups in which `--help` shows them.
#pragma once
#include <vector>

#include "command.h"

namespace vits::cli {

inline constexpr const char* kTrain = "Train (what the program does without a command)";
inline constexpr const char* kMakeATrainingSet = "Make a training set";
inline constexpr const char* kUseAVoice = "Use a voice";
inline constexpr const char* kLookInside = "Look inside and convert";
inline constexpr const char* kThisMachine = "This machine";

std::vector<Command> all_commands();

}  // namespace vits::cli
