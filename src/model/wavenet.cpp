#include "vits/model/wavenet.h"

#include <ATen/ATen.h>

#include "module_list.h"
#include "vits/base/shape.h"
#include "vits/model/channel_layout.h"
#include "vits/model/gated_step.h"

namespace vits::model {

WaveNetImpl::WaveNetImpl(const VitsConfig& config, int64_t layers)
    : hidden_channels_(config.hidden_size), dropout_(config.wavenet_dropout) {
  const int64_t hidden = hidden_channels_, kernel = config.wavenet_kernel_size;
  int64_t dilation = 1;
  for (int64_t layer = 0; layer < layers; ++layer, dilation *= config.wavenet_dilation_rate) {
    in_layers_.emplace_back(ConvolutionShape{.in_channels = hidden,
                                             .out_channels = 2 * hidden,
                                             .kernel = kernel,
                                             .padding = same_padding(kernel, dilation),
                                             .dilation = dilation},
                            WeightNorm::kOn);
    // The last layer has no successor: it only adds to the sum.
    const bool last = layer + 1 == layers;
    res_skip_layers_.emplace_back(ConvolutionShape{.in_channels = hidden, .out_channels = last ? hidden : 2 * hidden},
                                  WeightNorm::kOn);
  }
  register_module("in_layers", list_of(in_layers_));
  register_module("res_skip_layers", list_of(res_skip_layers_));
  if (config.speaker_embedding_size > 0) {
    cond_layer_ = register_module("cond_layer", Conv1d(ConvolutionShape{.in_channels = config.speaker_embedding_size,
                                                                        .out_channels = 2 * hidden * layers},
                                                       WeightNorm::kOn));
  }
}

torch::Tensor WaveNetImpl::forward(const torch::Tensor& x, const torch::Tensor& frame_mask,
                                   const torch::Tensor& speaker) {
  base::check_shape(x, "B H F", "WaveNet input");
  base::check_shape(frame_mask, "B 1 F", "WaveNet frame mask");
  torch::Tensor condition;
  if (speaker.defined()) condition = cond_layer_->forward(speaker);  // [B, 2 H layers, 1]

  torch::Tensor hidden = in_quick_order(x), sum;
  for (size_t layer = 0; layer < in_layers_.size(); ++layer) {
    const auto gates = in_layers_[layer]->forward(hidden);  // [B, 2 H, F]
    auto acts =
        gated(gates, condition.defined() ? condition.narrow(1, static_cast<int64_t>(layer) * 2 * hidden_channels_,
                                                            2 * hidden_channels_)
                                         : torch::Tensor());  // [B, H, F]
    if (dropout_ > 0) acts = at::dropout(acts, dropout_, is_training());

    const auto change = res_skip_layers_[layer]->forward(acts);  // [B, 2 H, F], the last one [B, H, F]
    if (layer + 1 == in_layers_.size()) {
      sum = sum.defined() ? sum + change : change;
    } else {
      const LayerStep step = layer_step(hidden, sum, change, frame_mask);
      hidden = step.hidden;
      sum = step.sum;
    }
  }
  return (sum * frame_mask).contiguous();
}

}  // namespace vits::model
