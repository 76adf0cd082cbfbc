// The program without LibTorch, whose start alone takes half a second of the processor: longer than a person likes to
// wait for an answer, and a tenth of preparing a thousand clips. What asks no network is done here; everything else is
// handed to the whole program, which becomes this process (its number, its streams and its exit code are the same).
#pragma once
#include <filesystem>

namespace vits::cli {

int run_light(int argument_count, char** arguments, const std::filesystem::path& whole_program);

}  // namespace vits::cli
