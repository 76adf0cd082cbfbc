#include "vits/model/vits_config.h"

#include <cmath>
#include <functional>
#include <numeric>

#include "vits/base/error.h"

namespace vits::model {

namespace {

// A network wider or deeper than this is a broken file, not a voice; it also bounds what a hostile one makes us
// allocate.
constexpr int64_t kMostChannels = 1 << 14;
constexpr int64_t kMostLayers = 256;
constexpr int64_t kMostRows = 1 << 21;  // of an embedding

struct Check {
  const std::string& source;

  template <class Value>
  [[noreturn]] void refuse(const char* name, const Value& value, const std::string& wanted) const {
    throw Error("{}: {} is {}, but must be {}.", source, name, value, wanted);
  }
  void whole(const char* name, int64_t value, int64_t least, int64_t most) const {
    if (value < least || value > most) refuse(name, value, fmt::format("from {} to {}", least, most));
  }
  void odd(const char* name, int64_t value) const {
    if (value < 1 || value > 255 || value % 2 == 0) refuse(name, value, "an odd number from 1 to 255");
  }
  void share(const char* name, double value) const {
    if (!(value >= 0 && value < 1)) refuse(name, value, "from 0 to below 1");
  }
  void positive(const char* name, double value) const {
    if (!(value > 0) || !std::isfinite(value)) refuse(name, value, "a positive number");
  }
};

}  // namespace

int64_t VitsConfig::samples_per_frame() const {
  return std::accumulate(upsample_rates.begin(), upsample_rates.end(), int64_t{1}, std::multiplies<>());
}

void VitsConfig::check(const std::string& source) const {
  const Check check{source};
  check.whole("vocab_size", vocab_size, 1, kMostRows);
  check.whole("hidden_size", hidden_size, 1, kMostChannels);
  check.whole("num_hidden_layers", num_hidden_layers, 1, kMostLayers);
  check.whole("num_attention_heads", num_attention_heads, 1, hidden_size);
  if (hidden_size % num_attention_heads != 0)
    check.refuse("num_attention_heads", num_attention_heads, fmt::format("a divisor of hidden_size, {}", hidden_size));
  check.whole("window_size", window_size, 0, kMostChannels);
  check.whole("ffn_dim", ffn_dim, 1, kMostChannels);
  check.whole("ffn_kernel_size", ffn_kernel_size, 1, 255);
  check.whole("flow_size", flow_size, 2, kMostChannels);
  if (flow_size % 2 != 0) check.refuse("flow_size", flow_size, "even");
  check.whole("spectrogram_bins", spectrogram_bins, 1, kMostChannels);
  if (hidden_act != "relu" && hidden_act != "gelu" && hidden_act != "silu" && hidden_act != "swish"
      && hidden_act != "tanh")
    check.refuse("hidden_act", "\"" + hidden_act + "\"", "relu, gelu, silu, swish or tanh");
  check.share("hidden_dropout", hidden_dropout);
  check.share("attention_dropout", attention_dropout);
  check.share("activation_dropout", activation_dropout);
  check.share("duration_predictor_dropout", duration_predictor_dropout);
  check.share("wavenet_dropout", wavenet_dropout);
  check.positive("layer_norm_eps", layer_norm_eps);
  check.whole("num_speakers", num_speakers, 1, kMostRows);
  check.whole("speaker_embedding_size", speaker_embedding_size, has_speakers() ? 1 : 0, kMostChannels);

  check.whole("upsample_initial_channel", upsample_initial_channel, 1, kMostChannels);
  check.whole("the length of upsample_rates", static_cast<int64_t>(upsample_rates.size()), 1, 12);
  if (upsample_rates.size() != upsample_kernel_sizes.size())
    check.refuse("the length of upsample_kernel_sizes", upsample_kernel_sizes.size(),
                 fmt::format("that of upsample_rates, {}", upsample_rates.size()));
  for (size_t level = 0; level < upsample_rates.size(); ++level) {
    check.whole("a value of upsample_rates", upsample_rates[level], 1, 64);
    check.whole("a value of upsample_kernel_sizes", upsample_kernel_sizes[level], upsample_rates[level], 255);
    if ((upsample_kernel_sizes[level] - upsample_rates[level]) % 2 != 0)
      check.refuse("a value of upsample_kernel_sizes", upsample_kernel_sizes[level],
                   fmt::format("larger than its upsample rate {} by an even number", upsample_rates[level]));
  }
  if (upsample_initial_channel % (int64_t{1} << upsample_rates.size()) != 0)
    check.refuse("upsample_initial_channel", upsample_initial_channel,
                 fmt::format("a multiple of {}: it is halved at each upsampling", int64_t{1} << upsample_rates.size()));
  if (resblock != "1" && resblock != "2") check.refuse("resblock", "\"" + resblock + "\"", "\"1\" or \"2\"");
  check.whole("the length of resblock_kernel_sizes", static_cast<int64_t>(resblock_kernel_sizes.size()), 1, 16);
  if (resblock_kernel_sizes.size() != resblock_dilation_sizes.size())
    check.refuse("the length of resblock_dilation_sizes", resblock_dilation_sizes.size(),
                 fmt::format("that of resblock_kernel_sizes, {}", resblock_kernel_sizes.size()));
  for (const int64_t size : resblock_kernel_sizes) check.odd("a value of resblock_kernel_sizes", size);
  for (const auto& dilations : resblock_dilation_sizes) {
    check.whole("the length of a list in resblock_dilation_sizes", static_cast<int64_t>(dilations.size()), 1, 16);
    for (const int64_t dilation : dilations) check.whole("a value of resblock_dilation_sizes", dilation, 1, 255);
  }
  check.share("leaky_relu_slope", leaky_relu_slope);

  if (depth_separable_channels != 2)
    check.refuse("depth_separable_channels", depth_separable_channels, "2: the duration flows move a pair of channels");
  check.whole("depth_separable_num_layers", depth_separable_num_layers, 1, 8);
  check.whole("duration_predictor_flow_bins", duration_predictor_flow_bins, 2, 256);
  check.positive("duration_predictor_tail_bound", duration_predictor_tail_bound);
  check.odd("duration_predictor_kernel_size", duration_predictor_kernel_size);
  check.whole("duration_predictor_num_flows", duration_predictor_num_flows, 2, kMostLayers);
  check.whole("duration_predictor_filter_channels", duration_predictor_filter_channels, 1, kMostChannels);
  check.whole("prior_encoder_num_flows", prior_encoder_num_flows, 1, kMostLayers);
  check.whole("prior_encoder_num_wavenet_layers", prior_encoder_num_wavenet_layers, 1, kMostLayers);
  check.whole("posterior_encoder_num_wavenet_layers", posterior_encoder_num_wavenet_layers, 1, kMostLayers);
  check.odd("wavenet_kernel_size", wavenet_kernel_size);
  check.whole("wavenet_dilation_rate", wavenet_dilation_rate, 1, 4);
  check.positive("speaking_rate", speaking_rate);
  if (!(noise_scale >= 0)) check.refuse("noise_scale", noise_scale, "0 or more");
  if (!(noise_scale_duration >= 0)) check.refuse("noise_scale_duration", noise_scale_duration, "0 or more");
  check.whole("sampling_rate", sampling_rate, 1000, 192000);

  if (hop_length != samples_per_frame())
    check.refuse("hop_length", hop_length, fmt::format("{}, the product of upsample_rates", samples_per_frame()));
  if (segment_size < hop_length || segment_size % hop_length != 0)
    check.refuse("segment_size", segment_size, fmt::format("a multiple of hop_length, {}", hop_length));
  for (const auto* channels : {&discriminator_period_channels, &discriminator_scale_channels}) {
    const char* name =
        channels == &discriminator_period_channels ? "discriminator_period_channels" : "discriminator_scale_channels";
    check.whole(fmt::format("the length of {}", name).c_str(), static_cast<int64_t>(channels->size()), 2, 16);
    if (channels->front() != 1)
      check.refuse(fmt::format("the first of {}", name).c_str(), channels->front(), "1, the waveform");
    for (const int64_t width : *channels)
      check.whole(fmt::format("a value of {}", name).c_str(), width, 1, kMostChannels);
  }
  for (const int64_t period : discriminator_periods) check.whole("a value of discriminator_periods", period, 1, 1024);
  check.odd("discriminator_kernel_size", discriminator_kernel_size);
  check.whole("discriminator_stride", discriminator_stride, 1, 16);
}

}  // namespace vits::model
