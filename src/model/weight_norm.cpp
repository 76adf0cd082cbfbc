#include "vits/model/weight_norm.h"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <torch/csrc/autograd/custom_function.h>

#include "vits/model/kernel_call.h"
#include "weight_rows.h"

namespace vits::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

template <typename T>
WeightRows<T> rows_of(const at::Tensor& direction, const at::Tensor& length, const at::Tensor& norm) {
  WeightRows<T> layer;
  layer.direction = direction.const_data_ptr<T>();
  // A plain weight has rows as well, for tasks or blocks to share.
  layer.rows = direction.dim() > 1 ? direction.size(0) : 1;
  layer.columns = direction.numel() / std::max<int64_t>(1, layer.rows);
  if (length.defined()) {
    layer.length = length.const_data_ptr<T>();
    layer.norm = norm.mutable_data_ptr<T>();
  }
  return layer;
}

// The directions, then the lengths of the first of them, then, as saved for the way back, the norms of those.
class FinishWeights : public torch::autograd::Function<FinishWeights> {
 public:
  static variable_list forward(AutogradContext* context, at::TensorList parameters, int64_t count,
                               const std::vector<c10::ScalarType>& dtypes) {
    variable_list saved = parameters.vec(), finished;
    for (size_t i = static_cast<size_t>(count); i < parameters.size(); ++i)
      saved.push_back(at::empty(parameters[i].sizes(), parameters[i].options()));
    AT_DISPATCH_FLOATING_TYPES(parameters.front().scalar_type(), "finish_weights", [&] {
      std::vector<WeightRows<scalar_t>> layers;
      for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
        finished.push_back(at::empty(saved[i].sizes(), saved[i].options().dtype(dtypes[i])));
        layers.push_back(layer<scalar_t>(saved, count, i));
        layers.back().finished = finished[i].mutable_data_ptr();
        layers.back().finished_type = dtypes[i];
      }
      call_kernel(
          "vits::finish_weights", parameters.front().device(), [&] { finish_weights_cpu(layers); },
          [&](auto stream) { return finish_weights_cuda(layers, stream); });
    });
    context->save_for_backward(std::move(saved));
    context->saved_data["count"] = count;
    context->set_materialize_grads(false);
    return finished;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto count = context->saved_data["count"].toInt();
    const size_t normed = (saved.size() - static_cast<size_t>(count)) / 2;
    variable_list found(static_cast<size_t>(count) + normed + 2);  // and for the two that are no tensors
    variable_list read;
    AT_DISPATCH_FLOATING_TYPES(saved.front().scalar_type(), "finish_weights_backward", [&] {
      std::vector<WeightRows<scalar_t>> layers;
      for (size_t i = 0; i < gradients.size(); ++i) {
        if (!gradients[i].defined()) continue;
        read.push_back(gradients[i].contiguous());
        layers.push_back(layer<scalar_t>(saved, count, i));
        layers.back().finished = read.back().data_ptr();
        layers.back().finished_type = read.back().scalar_type();
        found[i] = at::empty(saved[i].sizes(), saved[i].options());
        layers.back().direction_gradient = found[i].mutable_data_ptr<scalar_t>();
        if (i >= normed) continue;
        at::Tensor& length = found[static_cast<size_t>(count) + i];
        length = at::empty(saved[static_cast<size_t>(count) + i].sizes(), saved[i].options());
        layers.back().length_gradient = length.mutable_data_ptr<scalar_t>();
      }
      if (!layers.empty())
        call_kernel(
            "vits::finish_weights_backward", saved.front().device(), [&] { finish_weights_backward_cpu(layers); },
            [&](auto stream) { return finish_weights_backward_cuda(layers, stream); });
    });
    return found;
  }

 private:
  template <typename T>
  static WeightRows<T> layer(const variable_list& saved, int64_t count, size_t i) {
    const size_t directions = static_cast<size_t>(count), normed = (saved.size() - directions) / 2;
    if (i >= normed) return rows_of<T>(saved[i], {}, {});
    return rows_of<T>(saved[i], saved[directions + i], saved[directions + normed + i]);
  }
};

}  // namespace

std::vector<at::Tensor> finished_weights(const std::vector<RawWeight>& raw) {
  const auto dtype_of = [](const RawWeight& weight) { return weight.dtype.value_or(weight.direction.scalar_type()); };
  std::vector<at::Tensor> finished;
  for (const RawWeight& weight : raw) finished.push_back(weight.direction);
  // Those with a length go first.
  std::vector<size_t> order;
  for (const bool normed : {true, false})
    for (size_t i = 0; i < raw.size(); ++i) {
      const bool plain = !raw[i].direction.defined()
                         || (!raw[i].length.defined() && dtype_of(raw[i]) == raw[i].direction.scalar_type());
      if (!plain && raw[i].length.defined() == normed) order.push_back(i);
    }
  if (order.empty()) return finished;
  variable_list parameters;
  std::vector<c10::ScalarType> dtypes;
  for (const size_t i : order) {
    TORCH_CHECK(raw[i].direction.is_contiguous(), "a weight is not contiguous; this is a bug in vits-train");
    parameters.push_back(raw[i].direction);
    dtypes.push_back(dtype_of(raw[i]));
  }
  for (const size_t i : order)
    if (raw[i].length.defined()) parameters.push_back(raw[i].length);
  const auto ordered = FinishWeights::apply(at::TensorList(parameters), static_cast<int64_t>(order.size()), dtypes);
  for (size_t i = 0; i < order.size(); ++i) finished[order[i]] = ordered[i];
  return finished;
}

}  // namespace vits::model
