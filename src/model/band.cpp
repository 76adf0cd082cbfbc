#include "band.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "band_elements.h"
#include "vits/model/kernel_call.h"

namespace vits::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

template <class Problem>
void run_band(const char* name, const Problem& problem, const at::Device& device) {
  call_kernel(
      name, device, [&] { band_cpu(problem); }, [&](auto stream) { return band_cuda(problem, stream); });
}

at::Tensor spread(const at::Tensor& band) {
  const int64_t clips = band.size(0), tokens = band.size(1), window = band.size(2) / 2;
  const auto from = band.contiguous();
  auto square = at::empty({clips, tokens, tokens}, band.options());
  VITS_FOR_NUMBERS_OF(band, "band", [&] {
    run_band(
        "vits::band_to_square",
        BandToSquare<scalar_t>{
            {clips * tokens, tokens, window}, from.const_data_ptr<scalar_t>(), square.mutable_data_ptr<scalar_t>()},
        band.device());
  });
  return square;
}

at::Tensor gather(const at::Tensor& square, int64_t window) {
  const int64_t clips = square.size(0), tokens = square.size(1);
  const auto from = square.contiguous();
  auto band = at::empty({clips, tokens, 2 * window + 1}, square.options());
  VITS_FOR_NUMBERS_OF(square, "band", [&] {
    run_band("vits::square_to_band",
             SquareToBand<scalar_t>{
                 {clips * tokens, tokens, window}, from.const_data_ptr<scalar_t>(), band.mutable_data_ptr<scalar_t>()},
             square.device());
  });
  return band;
}

class Spread : public torch::autograd::Function<Spread> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& band) {
    context->saved_data["window"] = band.size(2) / 2;
    return spread(band);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    return {gather(gradients[0], context->saved_data["window"].toInt())};
  }
};

class Gather : public torch::autograd::Function<Gather> {
 public:
  static at::Tensor forward(AutogradContext*, const at::Tensor& square, int64_t window) {
    return gather(square, window);
  }
  static variable_list backward(AutogradContext*, const variable_list& gradients) {
    return {spread(gradients[0]), at::Tensor()};
  }
};

}  // namespace

at::Tensor band_to_square(const at::Tensor& band) { return Spread::apply(band); }

at::Tensor square_to_band(const at::Tensor& square, int64_t window) { return Gather::apply(square, window); }

}  // namespace vits::model
