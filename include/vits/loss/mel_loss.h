#pragma once
#include <ATen/core/Tensor.h>

#include "vits/audio/spectrogram.h"

namespace vits::loss {

// Mean absolute difference of the log mels of recording and generated slice, a scalar, float32.
//
// The recording's [B, M, F] was cut from that of the whole clip; that of the generated wave [B, 1, S] is made here from
// the slice, with its ends mirrored. They differ at the edges by construction, as in the original. mel_bank [M, K]
// (audio/spectrogram.h) on the same device.
at::Tensor mel_loss(const at::Tensor& real_mel, const at::Tensor& fake_wave, const at::Tensor& mel_bank,
                    const audio::SpectrogramShape& shape = {});

}  // namespace vits::loss
