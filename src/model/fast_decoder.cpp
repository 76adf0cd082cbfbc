#include "vits/model/fast_decoder.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>
#include <string>

#include "fast_residual_blocks.h"
#include "packed_filter.h"
#include "row_signal.h"
#include "vits/base/parallel.h"

namespace vits::model {

namespace {

constexpr float kSlopeOfLast = 0.01f;    // of the leaky ReLU before the last convolution
constexpr int64_t kRowsOfProduct = 256;  // of a task that is a single convolution

// Longer pieces compute less twice, shorter ones stay in the cache.
constexpr int64_t kRowsOfPiece = 2048;

// Pieces of nearly the same length, none longer than `most`.
struct Cut {
  int64_t length, pieces;
  Cut(int64_t whole, int64_t most) : length(whole), pieces((whole + most - 1) / most) {}
  int64_t at(int64_t piece) const { return length * piece / pieces; }
};

// Convolutions of the decoder by their names in a checkpoint.
class Convolutions {
 public:
  explicit Convolutions(Decoder& decoder) : modules_(decoder->named_modules("", /*include_self=*/false)) {}

  bool has(const std::string& name) const { return modules_.contains(name); }
  const Convolution& operator()(const std::string& name) const {
    return dynamic_cast<const Convolution&>(*modules_[name]);
  }
  at::Tensor weight(const std::string& name) const { return host((*this)(name).weight()); }
  at::Tensor bias(const std::string& name) const { return host((*this)(name).bias()); }

 private:
  static at::Tensor host(const at::Tensor& tensor) {
    return tensor.defined() ? tensor.detach().to(at::kCPU, at::kFloat).contiguous() : at::Tensor();
  }
  torch::OrderedDict<std::string, std::shared_ptr<torch::nn::Module>> modules_;
};

struct Level {
  UpsamplingFilter upsampling;
  FastResidualBlocks blocks;
  int64_t channels;
};

// What becomes of one row of the batch.
struct Voice {
  RowSignal latent, upsampling_input;
  at::Tensor start_bias;  // of the first convolution, with what the speaker adds
  RowSignal upsampled;
  at::Tensor waveform;  // [S]
};

// A task number over the pieces of several rows.
struct RowPiece {
  size_t row;
  int64_t begin, end;
};

class Decoding : public FastDecoder {
 public:
  Decoding(const VitsConfig& config, const Convolutions& convolutions);
  const char* instructions() const override { return row_kernels()->name; }
  std::vector<at::Tensor> decode(const std::vector<at::Tensor>& latents, const std::vector<at::Tensor>& speakers,
                                 int threads) const override;

 private:
  Voice start(const at::Tensor& latent, const at::Tensor& speaker) const;
  void first_convolution(Voice& voice, int64_t begin, int64_t end) const;
  void last_convolution(Voice& voice, int64_t begin, int64_t end) const;
  static void upsample(const Level& level, Voice& voice, int64_t begin, int64_t end);

  PlainFilter first_, last_;
  at::Tensor speaker_weight_, speaker_bias_;  // [O, E], [O]; undefined without speakers
  std::vector<Level> levels_;
  int64_t before_ = 0, after_ = 0;  // room that the signals need for the convolutions and the upsampling
  float slope_;
};

FastResidualBlocks::Unit unit_of(const Convolutions& convolutions, const std::string& block, size_t number) {
  FastResidualBlocks::Unit unit;
  for (const std::string& name : {block + "convs1.", block + "convs2.", block + "convs."}) {
    const std::string full = name + std::to_string(number);
    if (!convolutions.has(full)) continue;
    unit.filters.emplace_back(convolutions.weight(full), convolutions.bias(full), convolutions(full).shape().dilation);
  }
  return unit;
}

Decoding::Decoding(const VitsConfig& config, const Convolutions& convolutions)
    : first_(convolutions.weight("conv_pre"), convolutions.bias("conv_pre")),
      last_(convolutions.weight("conv_post"), {}),
      slope_(static_cast<float>(config.leaky_relu_slope)) {
  before_ = std::max(first_.taps, last_.taps);
  if (convolutions.has("cond")) {
    speaker_weight_ = convolutions.weight("cond").squeeze(2);
    speaker_bias_ = convolutions.bias("cond");
  }
  const size_t blocks_of_level = config.resblock_kernel_sizes.size();
  for (size_t i = 0; i < config.upsample_rates.size(); ++i) {
    const std::string name = "upsampler." + std::to_string(i);
    const auto& shape = convolutions(name).shape();
    std::vector<FastResidualBlocks::Block> blocks(blocks_of_level);
    for (size_t j = 0; j < blocks_of_level; ++j)
      for (size_t unit = 0; unit < config.resblock_dilation_sizes[j].size(); ++unit)
        blocks[j].units.push_back(
            unit_of(convolutions, "resblocks." + std::to_string(i * blocks_of_level + j) + ".", unit));
    levels_.push_back(
        {UpsamplingFilter(convolutions.weight(name), convolutions.bias(name), shape.stride, shape.padding),
         FastResidualBlocks(std::move(blocks), shape.out_channels, slope_), shape.out_channels});
    for (const auto& phase : levels_.back().upsampling.phases)
      before_ = std::max({before_, -phase.first_input, phase.first_input + phase.filter.taps});
    before_ = std::max(before_, levels_.back().blocks.rows_before());
    after_ = std::max({after_, before_, levels_.back().blocks.rows_after()});
  }
}

Voice Decoding::start(const at::Tensor& latent, const at::Tensor& speaker) const {
  const int64_t frames = latent.size(1);
  Voice voice;
  voice.latent = RowSignal(frames, latent.size(0), before_, after_);
  voice.latent.rows().zero_();
  voice.latent.rows().narrow(1, 0, latent.size(0)).copy_(latent.t());
  voice.start_bias = first_.bias;
  if (speaker.defined()) {
    const auto change = at::addmv(speaker_bias_, speaker_weight_, speaker.reshape({-1}));
    voice.start_bias = first_.bias + at::constant_pad_nd(change, {0, first_.outputs - change.size(0)});
  }
  voice.upsampling_input = RowSignal(frames, first_.outputs, before_, after_);
  return voice;
}

void Decoding::first_convolution(Voice& voice, int64_t begin, int64_t end) const {
  auto product =
      first_.product(voice.latent.row(begin - first_.taps / 2), voice.upsampling_input.row(begin), end - begin);
  product.bias = voice.start_bias.const_data_ptr<float>();
  product.slope = slope_;
  row_kernels()->multiply(product);
}

void Decoding::last_convolution(Voice& voice, int64_t begin, int64_t end) const {
  std::vector<float> products(static_cast<size_t>((end - begin) * last_.outputs));
  row_kernels()->multiply(
      last_.product(voice.upsampling_input.row(begin - last_.taps / 2), products.data(), end - begin));
  const auto channels = at::from_blob(products.data(), {end - begin, last_.outputs}, at::kFloat);
  voice.waveform.narrow(0, begin, end - begin).copy_(channels.select(1, 0)).tanh_();
}

void Decoding::upsample(const Level& level, Voice& voice, int64_t begin, int64_t end) {
  const auto& upsampling = level.upsampling;
  for (int64_t r = 0; r < upsampling.rate; ++r) {
    const auto& phase = upsampling.phases[static_cast<size_t>(r)];
    auto product = phase.filter.product(voice.upsampling_input.row(begin + phase.first_input),
                                        voice.upsampled.row(begin * upsampling.rate + r), end - begin);
    product.out_step *= upsampling.rate;
    row_kernels()->multiply(product);
  }
}

std::vector<at::Tensor> Decoding::decode(const std::vector<at::Tensor>& latents,
                                         const std::vector<at::Tensor>& speakers, int threads) const {
  const at::NoGradGuard no_grad;
  std::vector<Voice> voices;
  for (size_t i = 0; i < latents.size(); ++i)
    voices.push_back(start(latents[i], speakers.empty() ? at::Tensor() : speakers[i]));

  // One step for all rows, cut into pieces of at most `most` rows of its input.
  const auto step = [&](int64_t most, const std::function<int64_t(const Voice&)>& length,
                        const std::function<void(Voice&, int64_t, int64_t)>& run) {
    std::vector<RowPiece> pieces;
    for (size_t row = 0; row < voices.size(); ++row) {
      const Cut cut(length(voices[row]), most);
      for (int64_t i = 0; i < cut.pieces; ++i) pieces.push_back({row, cut.at(i), cut.at(i + 1)});
    }
    base::for_each_task(static_cast<int64_t>(pieces.size()), threads, [&](int64_t task) {
      const RowPiece& piece = pieces[static_cast<size_t>(task)];
      run(voices[piece.row], piece.begin, piece.end);
    });
  };
  const auto input_length = [](const Voice& voice) { return voice.upsampling_input.length(); };

  step(kRowsOfProduct, input_length,
       [&](Voice& voice, int64_t begin, int64_t end) { first_convolution(voice, begin, end); });
  for (const Level& level : levels_) {
    for (Voice& voice : voices)
      voice.upsampled = RowSignal(input_length(voice) * level.upsampling.rate, level.channels, before_, after_);
    step(std::max<int64_t>(16, kRowsOfProduct / level.upsampling.rate), input_length,
         [&](Voice& voice, int64_t begin, int64_t end) { upsample(level, voice, begin, end); });
    for (Voice& voice : voices)
      voice.upsampling_input = RowSignal(voice.upsampled.length(), level.channels, before_, after_);
    const float slope = &level == &levels_.back() ? kSlopeOfLast : slope_;
    step(kRowsOfPiece, input_length, [&](Voice& voice, int64_t begin, int64_t end) {
      level.blocks.run(voice.upsampled, voice.upsampling_input, begin, end, slope);
    });
  }
  for (Voice& voice : voices) voice.waveform = at::empty({input_length(voice)});
  step(4 * kRowsOfProduct, input_length,
       [&](Voice& voice, int64_t begin, int64_t end) { last_convolution(voice, begin, end); });

  std::vector<at::Tensor> waveforms;
  for (const Voice& voice : voices) waveforms.push_back(voice.waveform);
  return waveforms;
}

}  // namespace

std::unique_ptr<FastDecoder> FastDecoder::make(const VitsConfig& config, Decoder& decoder) {
  if (!row_kernels()) return nullptr;
  const at::NoGradGuard no_grad;
  return std::make_unique<Decoding>(config, Convolutions(decoder));
}

}  // namespace vits::model
