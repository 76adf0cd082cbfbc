// The measures of a VITS network, under the names that Hugging Face's config.json gives them; the defaults are those of
// transformers' VitsConfig, which are facebook/mms-tts-*. What transformers does not know (the discriminators,
// `resblock`, `hop_length`, `segment_size`) is named as finetune-hf-vits and the original VITS name it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace vits::model {

struct VitsConfig {
  int64_t vocab_size = 38;
  int64_t hidden_size = 192;
  int64_t num_hidden_layers = 6;
  int64_t num_attention_heads = 2;
  int64_t window_size = 4;  // tokens to each side whose relative position attention knows
  bool use_bias = true;
  int64_t ffn_dim = 768;
  int64_t ffn_kernel_size = 3;
  int64_t flow_size = 192;
  int64_t spectrogram_bins = 513;
  std::string hidden_act = "relu";
  double hidden_dropout = 0.1;
  double attention_dropout = 0.1;
  double activation_dropout = 0.1;
  double layer_norm_eps = 1e-5;
  bool use_stochastic_duration_prediction = true;
  int64_t num_speakers = 1;
  int64_t speaker_embedding_size = 0;
  int64_t upsample_initial_channel = 512;
  std::vector<int64_t> upsample_rates = {8, 8, 2, 2};
  std::vector<int64_t> upsample_kernel_sizes = {16, 16, 4, 4};
  std::string resblock = "1";  // HiFi-GAN's residual block: "1", or the lighter "2" of Piper's medium voices
  std::vector<int64_t> resblock_kernel_sizes = {3, 7, 11};
  std::vector<std::vector<int64_t>> resblock_dilation_sizes = {{1, 3, 5}, {1, 3, 5}, {1, 3, 5}};
  double leaky_relu_slope = 0.1;
  int64_t depth_separable_channels = 2;
  int64_t depth_separable_num_layers = 3;
  int64_t duration_predictor_flow_bins = 10;
  double duration_predictor_tail_bound = 5.0;
  int64_t duration_predictor_kernel_size = 3;
  double duration_predictor_dropout = 0.5;
  int64_t duration_predictor_num_flows = 4;
  int64_t duration_predictor_filter_channels = 256;
  int64_t prior_encoder_num_flows = 4;
  int64_t prior_encoder_num_wavenet_layers = 4;
  int64_t posterior_encoder_num_wavenet_layers = 16;
  int64_t wavenet_kernel_size = 5;
  int64_t wavenet_dilation_rate = 1;
  double wavenet_dropout = 0.0;
  double speaking_rate = 1.0;
  double noise_scale = 0.667;
  double noise_scale_duration = 0.8;
  int64_t sampling_rate = 16000;

  // What only training needs.
  int64_t hop_length = 256;     // samples a frame; must be the product of upsample_rates
  int64_t segment_size = 8192;  // samples of each clip that the decoder and the discriminators see
  std::vector<int64_t> discriminator_periods = {2, 3, 5, 7, 11};
  std::vector<int64_t> discriminator_period_channels = {1, 32, 128, 512, 1024};
  std::vector<int64_t> discriminator_scale_channels = {1, 16, 64, 256, 1024};
  int64_t discriminator_kernel_size = 5;
  int64_t discriminator_stride = 3;

  int64_t samples_per_frame() const;  // the product of upsample_rates
  bool has_speakers() const { return num_speakers > 1; }

  // Throws Error that names the first value which no network can be built from, and why. `source` is the file to blame.
  void check(const std::string& source) const;

  // Calls field(name, value) for every value above, in this order.
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("vocab_size", self.vocab_size);
    field("hidden_size", self.hidden_size);
    field("num_hidden_layers", self.num_hidden_layers);
    field("num_attention_heads", self.num_attention_heads);
    field("window_size", self.window_size);
    field("use_bias", self.use_bias);
    field("ffn_dim", self.ffn_dim);
    field("ffn_kernel_size", self.ffn_kernel_size);
    field("flow_size", self.flow_size);
    field("spectrogram_bins", self.spectrogram_bins);
    field("hidden_act", self.hidden_act);
    field("hidden_dropout", self.hidden_dropout);
    field("attention_dropout", self.attention_dropout);
    field("activation_dropout", self.activation_dropout);
    field("layer_norm_eps", self.layer_norm_eps);
    field("use_stochastic_duration_prediction", self.use_stochastic_duration_prediction);
    field("num_speakers", self.num_speakers);
    field("speaker_embedding_size", self.speaker_embedding_size);
    field("upsample_initial_channel", self.upsample_initial_channel);
    field("upsample_rates", self.upsample_rates);
    field("upsample_kernel_sizes", self.upsample_kernel_sizes);
    field("resblock", self.resblock);
    field("resblock_kernel_sizes", self.resblock_kernel_sizes);
    field("resblock_dilation_sizes", self.resblock_dilation_sizes);
    field("leaky_relu_slope", self.leaky_relu_slope);
    field("depth_separable_channels", self.depth_separable_channels);
    field("depth_separable_num_layers", self.depth_separable_num_layers);
    field("duration_predictor_flow_bins", self.duration_predictor_flow_bins);
    field("duration_predictor_tail_bound", self.duration_predictor_tail_bound);
    field("duration_predictor_kernel_size", self.duration_predictor_kernel_size);
    field("duration_predictor_dropout", self.duration_predictor_dropout);
    field("duration_predictor_num_flows", self.duration_predictor_num_flows);
    field("duration_predictor_filter_channels", self.duration_predictor_filter_channels);
    field("prior_encoder_num_flows", self.prior_encoder_num_flows);
    field("prior_encoder_num_wavenet_layers", self.prior_encoder_num_wavenet_layers);
    field("posterior_encoder_num_wavenet_layers", self.posterior_encoder_num_wavenet_layers);
    field("wavenet_kernel_size", self.wavenet_kernel_size);
    field("wavenet_dilation_rate", self.wavenet_dilation_rate);
    field("wavenet_dropout", self.wavenet_dropout);
    field("speaking_rate", self.speaking_rate);
    field("noise_scale", self.noise_scale);
    field("noise_scale_duration", self.noise_scale_duration);
    field("sampling_rate", self.sampling_rate);
    field("hop_length", self.hop_length);
    field("segment_size", self.segment_size);
    field("discriminator_periods", self.discriminator_periods);
    field("discriminator_period_channels", self.discriminator_period_channels);
    field("discriminator_scale_channels", self.discriminator_scale_channels);
    field("discriminator_kernel_size", self.discriminator_kernel_size);
    field("discriminator_stride", self.discriminator_stride);
  }
};

}  // namespace vits::model
