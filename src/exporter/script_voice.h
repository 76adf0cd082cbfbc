// A whole voice as TorchScript, with the methods of scripts/convert_to_torchscript.py's archive:
//
//   forward(input_ids [B, T], attention_mask [B, T])            -> waveform [B, S]
//   text(input_ids, text_mask [B, 1, T])                        -> hidden [B, T, H], mu_p, log_sigma_p [B, T, C]
//   posterior(spectrogram [B, K, F], frame_mask [B, 1, F])      -> z, mu_q, log_sigma_q [B, C, F]
//   flow(z, frame_mask), flow_rev(z_p, frame_mask)              -> [B, C, F]
//   dp(hidden [B, H, T], text_mask, durations [B, 1, T])        -> duration loss of each clip (stochastic predictor)
//   dp_rev(hidden, text_mask, noise_scale [])                   -> log durations [B, 1, T]
//   decode(z [B, C, F])                                         -> waveform [B, 1, S]
//   discriminate(waveform [B, 1, S])                            -> scores and feature maps, flat
//
// A deterministic predictor has dp(hidden, text_mask) -> log durations and no dp_rev. With several speakers forward()
// takes speaker_id [1] as its last argument, and every other method but text and discriminate the speaker's embedding
// [B, E, 1]. Like the script's, dp is transformers' own training direction.
#pragma once
#include "vits/formats/script_module.h"
#include "vits/model/vits_config.h"

namespace vits::exporter {

// The generator's tensors lie under `model.`, those of the discriminators under `discriminator.`.
formats::ScriptModule script_voice(const model::VitsConfig& config, bool has_discriminators);

}  // namespace vits::exporter
