// Which nvcc a build takes: by scripts/setup and by CMake alone, with one that is there for its version only.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "support/support.h"
#include "vits/base/files.h"
#include "vits/base/process.h"

namespace {

using namespace vits::base;
namespace fs = std::filesystem;

class Nvcc : public testing::Test {
 protected:
  // In a folder of its own, which is given.
  fs::path nvcc_of(const std::string& version) const {
    const fs::path folder = root_.path() / version;
    write_file(folder / "nvcc",
               "#!/bin/sh\necho 'Cuda compilation tools, release " + version + ", V" + version + ".1'\n");
    fs::permissions(folder / "nvcc", fs::perms::owner_all);
    return folder;
  }

  // Gives the nvcc on PATH afterwards, and standard error.
  Finished find(const std::string& on_path, const std::string& elsewhere) const {
    return run_program({"bash", "-c",
                        "set -euo pipefail; source \"$1/scripts/lib.sh\"; PATH=$2:/usr/bin:/bin; find_nvcc \"$3\"; "
                        "command -v nvcc || true",
                        "setup", vits::support::source_folder().string(), on_path, elsewhere});
  }

  Finished configure(const std::string& wish, const fs::path& nvcc) const {
    const fs::path libtorch = root_.path() / "torch", project = root_.path() / "project";
    for (const char* name : {"torch", "torch_cpu", "torch_cuda", "c10", "c10_cuda"})
      write_file(libtorch / "lib" / ("lib" + std::string(name) + ".so"), "");
    write_file(libtorch / "include/torch/headeronly/version.h", "#define TORCH_VERSION \"2.11.0\"\n");
    write_file(project / "CMakeLists.txt",
               "cmake_minimum_required(VERSION 3.25)\nproject(nvcc LANGUAGES NONE)\n"
               "include("
                   + vits::support::source_folder().string() + "/src/cmake/libtorch.cmake)\n");
    return run_program({cmake(), "-S", project.string(), "-B", (root_.path() / wish).string(),
                        "-DLIBTORCH=" + libtorch.string(), "-DVITS_CUDA=" + wish,
                        "-DCMAKE_CUDA_COMPILER=" + nvcc.string()});
  }

  static std::string cmake() {
    std::istringstream cache(read_file(fs::path(std::getenv("VITS_BUILD")) / "CMakeCache.txt"));
    const std::string name = "CMAKE_COMMAND:INTERNAL=";
    for (std::string line; std::getline(cache, line);)
      if (line.starts_with(name)) return line.substr(name.size());
    return "cmake";
  }

  TemporaryFolder root_;
};

bool says(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

TEST_F(Nvcc, OfLibTorchsCudaIsFoundBehindAnOlderOne) {
  const auto found = find(nvcc_of("11.8"), nvcc_of("13.0") / "nvcc");
  EXPECT_EQ(found.output, (root_.path() / "13.0/nvcc").string() + "\n");
  EXPECT_EQ(found.error_output, "");
  EXPECT_EQ(find(nvcc_of("13.1"), nvcc_of("13.0") / "nvcc").output, (root_.path() / "13.1/nvcc").string() + "\n");
}

TEST_F(Nvcc, ThatIsTooOldOrMissingMakesABuildForTheCpuAloud) {
  const auto old = find(nvcc_of("12.6"), "/none");
  EXPECT_EQ(old.exit_code, 0);
  EXPECT_TRUE(says(old.error_output, "12.6/nvcc is of CUDA 12.6, too old for this LibTorch: building without"))
      << old.error_output;
  const auto none = find("/none", "/none");
  EXPECT_EQ(none.exit_code, 0);
  EXPECT_TRUE(says(none.error_output, "no nvcc found: building without CUDA kernels")) << none.error_output;
}

TEST_F(Nvcc, ThatIsTooOldIsLeftAloneByCMakeOrRefused) {
  const fs::path nvcc = nvcc_of("12.6") / "nvcc";
  const auto automatic = configure("auto", nvcc), wanted = configure("on", nvcc);
  EXPECT_EQ(automatic.exit_code, 0) << automatic.error_output;
  EXPECT_TRUE(says(automatic.output, "12.6/nvcc is of CUDA 12.6 and LibTorch of 13: this build trains on the CPU only"))
      << automatic.output;
  EXPECT_NE(wanted.exit_code, 0);
  EXPECT_TRUE(says(wanted.error_output, "VITS_CUDA=on, but " + nvcc.string())) << wanted.error_output;
}

}  // namespace
