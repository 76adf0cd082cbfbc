#include "vits/model/card.h"

#include <ATen/Context.h>
#include <fmt/format.h>

#include "vits/base/error.h"

#ifdef VITS_CUDA_KERNELS
#include <ATen/cuda/CUDAContext.h>
#endif

namespace vits::model {

CardSight look_for_card() {
  CardSight sight{.is_found = at::hasCUDA()};
#ifdef VITS_CUDA_KERNELS
  sight.has_kernels = true;
#endif
  return sight;
}

std::string why_no_card(const CardSight& sight) {
  if (!sight.has_kernels)
    return "this build of vits-train has no CUDA kernels (install the CUDA 13 toolkit, whose nvcc compiles them, and "
           "run scripts/setup again)";
  return sight.is_found ? "" : "LibTorch finds no card that it can use (`vits-train doctor` says why)";
}

bool card_is_usable() {
  const CardSight sight = look_for_card();
  return sight.has_kernels && sight.is_found;
}

std::optional<Card> card_of([[maybe_unused]] c10::Device device) {
#ifdef VITS_CUDA_KERNELS
  if (device.is_cuda()) {
    const auto* properties =
        at::cuda::getDeviceProperties(device.has_index() ? device.index() : c10::cuda::current_device());
    return Card{properties->name, properties->major, properties->minor, properties->totalGlobalMem};
  }
#endif
  return {};
}

void check_card(const Card& card, std::optional<c10::ScalarType> half) {
  const auto need = [&](int major, int minor, const char* what, const char* remedy) {
    if (card.major > major || (card.major == major && card.minor >= minor)) return;
    throw Error("{} has compute capability {}.{}, but {} takes {}.{}. {}", card.name, card.major, card.minor, what,
                major, minor, remedy);
  };
  need(7, 5, "this program", "--device cpu computes without it.");
  if (half == c10::ScalarType::BFloat16) need(8, 0, "--bf16", "Leave --bf16 out: --fp16 is as fast there.");
}

}  // namespace vits::model
