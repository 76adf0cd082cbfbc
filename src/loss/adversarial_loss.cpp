#include "vits/loss/adversarial_loss.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "score_lists.h"
#include "vits/model/kernel_call.h"

namespace vits::loss {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The scores of generated sound, then those of recordings -> [2]: how far the first are from 0, the second from 1. One
// operator for all of them: list by list it is some 200 a step.
class ScoreDistance : public torch::autograd::Function<ScoreDistance> {
 public:
  static at::Tensor forward(AutogradContext* context, at::TensorList scores, int64_t fakes) {
    context->save_for_backward(scores.vec());
    context->saved_data["fakes"] = fakes;
    const auto lists = lists_of(scores, fakes);
    const auto exact = scores[0].scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    auto sums = at::empty({2}, scores[0].options().dtype(exact));
    AT_DISPATCH_FLOATING_TYPES(exact, "score_distance", [&] {
      auto* to = sums.mutable_data_ptr<scalar_t>();
      model::call_kernel(
          "vits::score_distance", sums.device(), [&] { score_distance_cpu(lists, to); },
          [&](auto stream) { return score_distance_cuda(lists, to, stream); });
    });
    return sums;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto scores = context->get_saved_variables();
    auto lists = lists_of(scores, context->saved_data["fakes"].toInt());
    variable_list found;
    for (size_t i = 0; i < lists.size(); ++i) {
      found.push_back(at::empty(scores[i].sizes(), scores[i].options()));
      lists[i].gradient = found.back().mutable_data_ptr();
    }
    const auto sum_gradients = gradients[0].contiguous();
    AT_DISPATCH_FLOATING_TYPES(sum_gradients.scalar_type(), "score_distance_backward", [&] {
      const auto* factors = sum_gradients.const_data_ptr<scalar_t>();
      model::call_kernel(
          "vits::score_distance_backward", sum_gradients.device(), [&] { score_distance_backward_cpu(lists, factors); },
          [&](auto stream) { return score_distance_backward_cuda(lists, factors, stream); });
    });
    found.emplace_back();  // of the number, which takes none
    return found;
  }

 private:
  static std::vector<Scores> lists_of(at::TensorList scores, int64_t fakes) {
    std::vector<Scores> lists;
    for (const at::Tensor& of_one : scores)
      lists.push_back({.data = of_one.const_data_ptr(),
                       .gradient = nullptr,
                       .dtype = of_one.scalar_type(),
                       .count = of_one.numel(),
                       .target = static_cast<int64_t>(lists.size()) < fakes ? 0 : 1});
    return lists;
  }
};

at::Tensor score_distance(const std::vector<at::Tensor>& fake_scores, const std::vector<at::Tensor>& real_scores) {
  variable_list scores;
  for (const auto* list : {&fake_scores, &real_scores})
    for (const at::Tensor& of_one : *list) scores.push_back(of_one.contiguous());
  TORCH_CHECK(!scores.empty() && scores.size() <= kMostScores, "adversarial loss of ", scores.size(),
              " lists of scores; this is a bug in vits-train");
  return ScoreDistance::apply(at::TensorList(scores), static_cast<int64_t>(fake_scores.size()));
}

}  // namespace

DiscriminatorLoss discriminator_loss(const std::vector<at::Tensor>& real_scores,
                                     const std::vector<at::Tensor>& fake_scores) {
  const auto sums = score_distance(fake_scores, real_scores);
  return {sums.sum(), sums.select(0, 1), sums.select(0, 0)};
}

at::Tensor adversarial_loss(const std::vector<at::Tensor>& fake_scores) {
  return score_distance({}, fake_scores).select(0, 1);
}

}  // namespace vits::loss
