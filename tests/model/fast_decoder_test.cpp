#include "vits/model/fast_decoder.h"

#include <gtest/gtest.h>

namespace vits::model {
namespace {

VitsConfig narrow() {
  VitsConfig config;
  config.flow_size = 20;
  config.upsample_initial_channel = 64;
  return config;
}

// A decoder whose every layer moves the result: PyTorch's fresh weights fade to nothing over forty layers.
Decoder random_decoder(const VitsConfig& config) {
  torch::manual_seed(7);
  Decoder decoder(config);
  const torch::NoGradGuard no_grad;
  for (auto& named : decoder->named_parameters()) {
    auto& parameter = named.value();
    if (parameter.dim() == 1) {
      parameter.normal_(0, 0.1);
      continue;
    }
    const bool transposed = named.key().starts_with("upsampler");
    const double fan_in = static_cast<double>(transposed ? 2 * parameter.size(0) : parameter[0].numel());
    parameter.normal_(0, (named.key().starts_with("resblocks") ? 0.6 : 1.0) / std::sqrt(fan_in));
  }
  return decoder;
}

// The waveform's largest difference to DecoderImpl::forward, a latent of `frames` frames.
double difference(const VitsConfig& config, int64_t frames, bool weight_norm = false) {
  const torch::NoGradGuard no_grad;
  auto decoder = random_decoder(config);
  if (weight_norm) decoder->add_weight_norm();
  const auto fast = FastDecoder::make(config, decoder);
  if (!fast) return 0;
  const auto latent = at::randn({config.flow_size, frames});
  const auto speaker = config.speaker_embedding_size ? at::randn({config.speaker_embedding_size, 1}) : at::Tensor();
  const auto expected =
      decoder->forward(latent.unsqueeze(0), speaker.defined() ? speaker.unsqueeze(0) : speaker).reshape({-1});
  const auto got =
      fast->decode({latent}, speaker.defined() ? std::vector<at::Tensor>{speaker} : std::vector<at::Tensor>{}, 2)[0];
  EXPECT_GT(expected.abs().max().item<double>(), 0.05);
  EXPECT_EQ(got.sizes(), expected.sizes());
  return (got - expected).abs().max().item<double>();
}

// Both sum some thousand products in float32, layer upon layer.
constexpr double kRounding = 2e-5;

TEST(FastDecoder, EqualsTheDecoder) { EXPECT_LT(difference(narrow(), 37), kRounding); }

TEST(FastDecoder, EqualsTheDecoderWithResidualBlocksOfTheSecondKind) {
  auto config = narrow();
  config.resblock = "2";
  config.resblock_kernel_sizes = {3, 5, 7};
  config.resblock_dilation_sizes = {{1, 2}, {2, 6}, {3, 12}};
  config.upsample_rates = {8, 8, 4};
  config.upsample_kernel_sizes = {16, 16, 8};
  EXPECT_LT(difference(config, 21), kRounding);
}

TEST(FastDecoder, EqualsTheDecoderWithSpeakersAndWeightNorm) {
  auto config = narrow();
  config.num_speakers = 4;
  config.speaker_embedding_size = 12;
  EXPECT_LT(difference(config, 9, true), kRounding);
}

TEST(FastDecoder, EqualsTheDecoderAtOddSizes) {
  auto config = narrow();
  config.flow_size = 5;
  config.upsample_initial_channel = 200;
  config.upsample_rates = {3, 2};
  config.upsample_kernel_sizes = {7, 2};
  config.resblock_kernel_sizes = {1, 9, 13};
  config.resblock_dilation_sizes = {{1}, {2, 7}, {4, 1, 2, 9}};
  EXPECT_LT(difference(config, 400), kRounding);  // several pieces, unlike the narrow ones
}

TEST(FastDecoder, EqualsTheDecoderOnASingleFrame) { EXPECT_LT(difference(narrow(), 1), kRounding); }

TEST(FastDecoder, GivesTheSameBytesInAnyBatchAndOnAnyNumberOfThreads) {
  auto decoder = random_decoder(narrow());
  const auto fast = FastDecoder::make(narrow(), decoder);
  if (!fast) GTEST_SKIP() << "no kernels for this processor";
  std::vector<at::Tensor> latents;
  for (const int64_t frames : {3, 61, 17, 40}) latents.push_back(at::randn({narrow().flow_size, frames}));
  const auto together = fast->decode(latents, {}, 3);
  for (size_t i = 0; i < latents.size(); ++i) EXPECT_TRUE(at::equal(fast->decode({latents[i]}, {}, 1)[0], together[i]));
}

}  // namespace
}  // namespace vits::model
