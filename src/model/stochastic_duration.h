// Durations as random numbers: flows turn noise into the logarithm of a duration and one helper channel, given the
// text.
//
// Durations are whole numbers, so training fills the gap below each with u in (0, 1) and adds the helper v; both come
// from a second set of flows (`post_flows`) that sees the durations, and their likelihood is subtracted (VITS
// paper, 2.2.2).
#pragma once
#include <vector>

#include "duration_flow.h"
#include "vits/model/convolution.h"
#include "vits/model/duration_predictor.h"

namespace vits::model {

// An affine step, then spline couplings with the two channels changing places after each. They do not after the affine
// step: transformers' own training direction does swap there, and so does not undo what its inference does.
class DurationFlowsImpl : public torch::nn::Module {
 public:
  explicit DurationFlowsImpl(const VitsConfig& config);

  // x [B, 2, T], token_mask [B, 1, T], text [B, H, T]
  Moved forward(const torch::Tensor& x, const torch::Tensor& token_mask, const torch::Tensor& text);

  // From noise to durations. Leaves out the first coupling, as the published VITS does: it only bends the helper
  // channel, which nobody reads afterwards.
  torch::Tensor inverse(const torch::Tensor& x, const torch::Tensor& token_mask, const torch::Tensor& text);

 private:
  ElementwiseAffine affine_{nullptr};
  std::vector<SplineCoupling> couplings_;
};
TORCH_MODULE(DurationFlows);

class StochasticDurationPredictor : public DurationPredictor {
 public:
  explicit StochasticDurationPredictor(const VitsConfig& config);

  torch::Tensor log_durations(const torch::Tensor& hidden, const torch::Tensor& token_mask,
                              const torch::Tensor& speaker, const torch::Tensor& noise) override;
  torch::Tensor loss(const torch::Tensor& hidden, const torch::Tensor& token_mask, const torch::Tensor& durations,
                     const torch::Tensor& speaker, const torch::Tensor& noise) override;

 private:
  torch::Tensor read_text(const torch::Tensor& hidden, const torch::Tensor& token_mask, const torch::Tensor& speaker);

  Conv1d conv_pre_{nullptr}, conv_proj_{nullptr}, cond_{nullptr};  // cond_ empty without speakers
  Conv1d post_conv_pre_{nullptr}, post_conv_proj_{nullptr};
  DepthSeparableStack conv_dds_{nullptr}, post_conv_dds_{nullptr};
  DurationFlows flows_{nullptr}, post_flows_{nullptr};
};

}  // namespace vits::model
