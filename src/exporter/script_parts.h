// VITS as TorchScript: the modules that transformers' VitsModel is made of, under its names and with its arithmetic,
// operator for operator, so that a seed gives the same waveform. In evaluation mode: there is no dropout.
//
// Every function gives a part for one config, its layers written out one after the other: TorchScript cannot walk along
// modules of different classes. Comments on shapes use the letters of transformers' files: [B] clips, [C] latent and
// [H] hidden channels, [E] speaker embedding, [T] tokens, [F] frames, [S] samples. Masks are 1 where a token or a frame
// is real. With several speakers the methods that say so take `speaker` [B, E, 1] last.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "vits/formats/script_module.h"
#include "vits/model/vits_config.h"

namespace vits::exporter {

using formats::ScriptModule;
using model::VitsConfig;

// forward(token_ids [B, T], token_mask [B, 1, T]) -> hidden [B, T, H], mean and log_sigma of the prior [B, T, C]
ScriptModule text_encoder(const VitsConfig& config);

// forward(spectrogram [B, K, F], frame_mask [B, 1, F], speaker) -> z, mean, log_sigma [B, C, F]
ScriptModule posterior_encoder(const VitsConfig& config);

// forward(z [B, C, F], frame_mask, speaker) -> z_p, and its inverse reverse(z_p, frame_mask, speaker) -> z
ScriptModule flow(const VitsConfig& config);

// forward(hidden [B, H, T], token_mask, durations [B, 1, T], speaker) -> loss [B]
// reverse(hidden, token_mask, noise [B, 2, T], speaker) -> log durations [B, 1, T]
ScriptModule stochastic_durations(const VitsConfig& config);

// forward(hidden, token_mask, speaker) -> log durations [B, 1, T]
ScriptModule deterministic_durations(const VitsConfig& config);

// forward(z [B, C, F], speaker) -> waveform [B, 1, S]
ScriptModule decoder(const VitsConfig& config);

// Children "0", "1", ... of `discriminators`: forward(waveform [B, 1, S]) -> the feature maps, the last one the scores
ScriptModule discriminators(const VitsConfig& config);

// What both flows of the stochastic predictor consist of, text [B, H, T]: forward(x [B, 2, T], token_mask, text) -> x
// and its log determinant [B]; reverse(x, token_mask, text) -> x.
ScriptModule spline_coupling(const VitsConfig& config);

// forward(x [B, H, T], token_mask) -> [B, H, T]
ScriptModule depth_separable_stack(const VitsConfig& config);

// Layers that the parts consist of: forward(x).
struct ScriptConvolution {
  int64_t stride = 1, padding = 0, dilation = 1, groups = 1;
};
ScriptModule conv1d(const ScriptConvolution& shape = {}, bool has_bias = true);
ScriptModule weight_normed_conv1d(const ScriptConvolution& shape = {});
ScriptModule layer_norm(int64_t channels, double epsilon);
ScriptModule embedding();

// The WaveNet of the posterior encoder and of the flow: forward(x [B, H, F], frame_mask, speaker) -> [B, H, F]
ScriptModule wavenet(const VitsConfig& config, int64_t layers);

// Modules "0", "1", ... as transformers' ModuleList names them.
ScriptModule list_of(std::vector<ScriptModule> modules);

// Half of the samples by which a kernel of odd size is longer than 1: the output is then as long as the input.
inline int64_t same_padding(int64_t kernel, int64_t dilation = 1) { return (kernel - 1) * dilation / 2; }

// The text of lines 0 to count - 1, one after the other.
std::string lines(int64_t count, const std::function<std::string(int64_t)>& line);

// ", speaker" or ", speaker: Tensor" in arguments of a voice of several speakers; nothing for one speaker.
std::string speaker_argument(const VitsConfig& config);
std::string speaker_parameter(const VitsConfig& config);

}  // namespace vits::exporter
