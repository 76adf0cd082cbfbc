// The generator's pass of a training step, up to everything that the losses of VITS need. It draws nothing itself: a
// step can be repeated, compared with the Python reference (tests/reference) and captured in a CUDA graph. On CUDA
// nothing in it waits for the device.
#pragma once
#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <functional>
#include <optional>

#include "vits/model/generator.h"

namespace vits::model {

// Masks stand beside the lengths, because the alignment search wants the lengths on the host.
struct TrainingBatch {
  at::Tensor token_ids;      // [B, T] int64
  at::Tensor token_lengths;  // [B] int64, on the host
  at::Tensor token_mask;     // [B, 1, T], 1 where a token is real
  at::Tensor spectrogram;    // [B, K, F] linear magnitudes
  at::Tensor frame_lengths;  // [B] int64, on the host; each at least the token length and a segment
  at::Tensor frame_mask;     // [B, 1, F]
  at::Tensor waveform;       // [B, 1, S], S = F frames of samples
  at::Tensor speaker_ids;    // [B] int64; undefined with one speaker

  // Fills the masks from the lengths, on the device of the spectrogram.
  void add_masks();
};

struct Draws {
  at::Tensor posterior;       // [B, C, F] normal
  at::Tensor duration;        // [B, 2, T] normal; undefined with the deterministic duration predictor
  at::Tensor segment_starts;  // [B] int64, the first frame of each clip's slice
};

// Fresh draws on the batch's device; slices start uniformly wherever a whole one fits. Empty `generator`: PyTorch's
// own.
Draws draw(const TrainingBatch& batch, const VitsConfig& config, const std::optional<at::Generator>& generator = {});

// All float32. D is the frames of a slice, config.segment_size / config.hop_length.
struct Synthesis {
  at::Tensor hidden;                  // [B, H, T] text encoder
  at::Tensor mu_p_text;               // [B, C, T]
  at::Tensor log_sigma_p_text;        // [B, C, T]
  at::Tensor mu_q;                    // [B, C, F] posterior encoder
  at::Tensor log_sigma_q;             // [B, C, F]
  at::Tensor z;                       // [B, C, F] latent
  at::Tensor z_p;                     // [B, C, F] the latent through the flow
  at::Tensor score;                   // [B, T, F] log-likelihoods that the search aligned; no gradient
  at::Tensor path;                    // [B, T, F] 1 where a frame belongs to a token; no gradient
  at::Tensor durations;               // [B, 1, T] frames of each token; no gradient
  at::Tensor mu_p;                    // [B, C, F] the text's prior along the path
  at::Tensor log_sigma_p;             // [B, C, F]
  at::Tensor z_slice;                 // [B, C, D]
  at::Tensor fake;                    // [B, 1, D samples_per_frame] what the decoder made of the slice
  at::Tensor real;                    // [B, 1, D samples_per_frame] the recording's samples of the slice
  at::Tensor duration_loss_per_clip;  // [B] DurationPredictor::loss
  at::Tensor loss_duration;           // scalar: their sum divided by the number of real tokens
};

// What of the forward pass is kept for the backward pass. kInputs: of text encoder, posterior encoder, flow and decoder
// only what goes in; the rest is computed a second time (recompute.h).
enum class Keeps { kAll, kInputs };

// Told after each phase of the pass, "voice_forward/flow": for a stopwatch.
using PhaseMark = std::function<void(const char* phase)>;

// `half` opens mixed precision for text encoder, posterior encoder, flow and decoder; sampling, alignment and the
// duration predictor (small, and its splines need the digits) stay float32.
Synthesis training_forward(
    Generator& generator, const TrainingBatch& batch, const Draws& draws, std::optional<c10::ScalarType> half = {},
    Keeps keeps = Keeps::kAll, const PhaseMark& mark = [](const char*) {});

// x [B, C, X], starts [B] int64 -> [B, C, length], each row from its own start.
at::Tensor cut(const at::Tensor& x, const at::Tensor& starts, int64_t length);

// log N(z_p[:, f]; mu[:, t], sigma[:, t]) summed over channels. z_p [B, C, F]; mu, log_sigma [B, C, T] -> [B, T, F].
at::Tensor log_likelihood(const at::Tensor& z_p, const at::Tensor& mu, const at::Tensor& log_sigma);

}  // namespace vits::model
