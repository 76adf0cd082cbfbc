#include "vits/model/recompute.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "vits/model/random_state.h"

namespace vits::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// What the backward pass needs besides tensors.
struct Again : torch::CustomClassHolder {
  Again(Piece run, c10::Device device) : piece(std::move(run)), chance(device) {}
  Piece piece;
  RandomState chance;  // as the first pass found it
};

class Recomputed : public torch::autograd::Function<Recomputed> {
 public:
  // LibTorch sees tensors in a TensorList, not in a vector.
  static variable_list forward(AutogradContext* context, const Piece& piece, at::TensorList inputs,
                               at::TensorList captured) {
    variable_list saved = inputs.vec();
    saved.insert(saved.end(), captured.begin(), captured.end());
    context->save_for_backward(std::move(saved));
    context->saved_data["inputs"] = static_cast<int64_t>(inputs.size());
    context->saved_data["again"] =
        c10::IValue::make_capsule(c10::make_intrusive<Again>(piece, inputs.front().device()));
    context->set_materialize_grads(false);
    return piece(inputs.vec());
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    variable_list sources = context->get_saved_variables();
    const auto again = c10::static_intrusive_pointer_cast<Again>(context->saved_data["again"].toCapsule());
    const auto inputs = context->saved_data["inputs"].toInt();
    // The inputs begin a graph of their own; the captured tensors stand in the piece as they are, and the pass below
    // goes no further than to them.
    for (int64_t i = 0; i < inputs; ++i) {
      at::Tensor& input = sources[static_cast<size_t>(i)];
      input = input.detach().set_requires_grad(input.requires_grad());
    }
    const RandomState now(sources.front().device());
    again->chance.restore();
    variable_list results;
    {
      const at::AutoGradMode with_gradients(true);
      results = again->piece({sources.begin(), sources.begin() + inputs});
    }
    now.restore();

    variable_list ends, end_gradients, wanted;
    for (size_t i = 0; i < results.size(); ++i) {
      if (!gradients[i].defined() || !results[i].requires_grad()) continue;
      ends.push_back(results[i]);
      end_gradients.push_back(gradients[i]);
    }
    for (const at::Tensor& source : sources)
      if (source.requires_grad()) wanted.push_back(source);
    results.clear();
    const auto found = torch::autograd::grad(ends, wanted, end_gradients, /*retain_graph=*/false,
                                             /*create_graph=*/false, /*allow_unused=*/true);
    variable_list all(1);  // the piece itself
    size_t next = 0;
    for (const at::Tensor& source : sources) all.push_back(source.requires_grad() ? found[next++] : at::Tensor());
    return all;
  }
};

}  // namespace

std::vector<at::Tensor> recomputed(const Piece& piece, const std::vector<at::Tensor>& inputs,
                                   const std::vector<at::Tensor>& captured) {
  if (!at::GradMode::is_enabled()) return piece(inputs);
  // LibTorch takes no undefined ones in a list.
  std::vector<at::Tensor> defined;
  std::vector<bool> there;
  for (const at::Tensor& input : inputs) {
    there.push_back(input.defined());
    if (input.defined()) defined.push_back(input);
  }
  const Piece of_defined = [piece, there](const std::vector<at::Tensor>& in) {
    std::vector<at::Tensor> all;
    auto next = in.begin();
    for (const bool is_there : there) all.push_back(is_there ? *next++ : at::Tensor());
    return piece(all);
  };
  return Recomputed::apply(of_defined, at::TensorList(defined), at::TensorList(captured));
}

}  // namespace vits::model
