#include "vits/loss/mel_loss.h"

#include <ATen/ATen.h>

#include "exact.h"
#include "vits/base/shape.h"

namespace vits::loss {

at::Tensor mel_loss(const at::Tensor& real_mel, const at::Tensor& fake_wave, const at::Tensor& mel_bank,
                    const audio::SpectrogramShape& shape) {
  base::check_shape(real_mel, "B M F", "recording of the mel loss");
  base::check_shape(fake_wave, "B 1 S", "generated wave of the mel loss");
  const auto made = audio::log_mel(audio::spectrogram(exact(fake_wave).squeeze(1), shape), mel_bank);  // [B, M, F]
  return (exact(real_mel) - made).abs().mean();
}

}  // namespace vits::loss
