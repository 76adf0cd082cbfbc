// From token ids to sound, in one call or step by step: encode the text, say how long each token sounds, draw the
// latent from the stretched prior, turn it through the flow, decode it.
//
// Padding changes nothing: a row of a batch sounds as it would alone. The text encoder, the duration predictor and the
// flow mask themselves; the decoder does not (its biases fill the padding, and the last frames would hear them), so it
// decodes only rows of the same length together. transformers decodes the padding along with the rest: there the
// shorter rows of a batch end a little differently.
#pragma once
#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <optional>

#include "vits/model/generator.h"

namespace vits::model {

struct SpeechRequest {
  at::Tensor token_ids;        // [B, T] int64
  at::Tensor token_lengths{};  // [B] int64, each at least 1; undefined: no padding
  at::Tensor speaker_ids{};    // [B] int64; undefined with one speaker
  double noise_scale = 0.667, noise_scale_duration = 0.8;
  double speaking_rate = 1.0;

  // Draws to use, standard normal. What is undefined is drawn on the host from `generator` (PyTorch's own if empty), in
  // the order and layout of transformers: the same seed speaks the same there.
  at::Tensor duration_noise{};  // [B, 2, T]
  at::Tensor prior_noise{};     // [B, C, F'], F' at least as long as the speech
  std::optional<at::Generator> generator{};
};

struct Speech {
  at::Tensor waveform;        // [B, S] in -1 ... 1, 0 after a row's end
  at::Tensor sample_lengths;  // [B] int64
  at::Tensor durations;       // [B, 1, T] whole frames of each token
  at::Tensor latent;          // [B, C, F] what the decoder spoke, 0 after a row's end
};

// Runs without gradients, in whatever mode the generator is in; eval() it for speech without dropout.
Speech speak(Generator& generator, const SpeechRequest& request);

// The steps.

// log_durations [B, 1, T] -> whole frames, [B, 1, T], 0 at padding.
at::Tensor frames_of(const at::Tensor& log_durations, const at::Tensor& token_mask, double speaking_rate);

// The text's prior stretched to frames: mu, log_sigma [B, C, F] and frame_mask [B, 1, F]. A row has at least one frame.
struct Prior {
  at::Tensor mu, log_sigma, frame_mask;
  at::Tensor frame_lengths;  // [B] int64
};

// Waits for the device, because F is a number on the host. Throws Error when a duration is not finite or the speech
// would be longer than an hour's worth of frames: weights that are not those of a voice.
Prior stretch(const EncodedText& text, const at::Tensor& durations);

// latent [B, C, F], 0 after a row's end; frame_lengths [B]; speaker [B, E, 1], or undefined. Returns [B, S], 0 after a
// row's end.
at::Tensor decode(Generator& generator, const at::Tensor& latent, const at::Tensor& frame_lengths,
                  const at::Tensor& speaker);

}  // namespace vits::model
