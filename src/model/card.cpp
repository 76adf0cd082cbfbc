#include "vits/model/card.h"

#include <fmt/format.h>

#include "vits/base/error.h"

#ifdef VITS_CUDA_KERNELS
#include <ATen/cuda/CUDAContext.h>
#endif

namespace vits::model {

std::optional<Card> card_of([[maybe_unused]] c10::Device device) {
#ifdef VITS_CUDA_KERNELS
  if (device.is_cuda()) {
    const auto* properties =
        at::cuda::getDeviceProperties(device.has_index() ? device.index() : c10::cuda::current_device());
    return Card{properties->name, properties->major, properties->minor};
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
