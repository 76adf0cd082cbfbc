// `prepare` asks one question about a voice, at which rate it speaks. Whoever makes the command brings the answer: to
// read a voice needs LibTorch, and `prepare` shall start without it (vits/cli/light.h).
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "command.h"

namespace vits::cli {

// Takes a path or a name on the hub and gives samples a second.
using RateOfVoice = std::function<int64_t(const std::string& path_or_name)>;

Command make_prepare_command(RateOfVoice rate_of_voice);

}  // namespace vits::cli
