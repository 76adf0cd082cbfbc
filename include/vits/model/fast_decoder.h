// The decoder for speaking on a processor: equal to DecoderImpl::forward up to rounding and several times as fast. Nine
// tenths of the time that speech takes are the decoder's.
//
// Three things make it fast. Convolutions run over [S, C] rows with few multiplications (toom_cook.h). A piece of the
// signal stays in the second-level cache while it passes through a whole residual block; what a block reads beyond the
// piece's ends is computed again. And the pieces of all rows of a batch are spread over the threads, so nothing is ever
// padded.
//
// How a signal is cut depends on its length alone: the samples are the same bytes whatever the batch around it and the
// number of threads.
#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "vits/model/decoder.h"

namespace vits::model {

class FastDecoder {
 public:
  // Takes a copy of the decoder's weights, which may be on another device and under weight norm. nullptr when we have
  // no kernels for this processor (we have for x86-64 with AVX2 or AVX-512).
  static std::unique_ptr<FastDecoder> make(const VitsConfig& config, Decoder& decoder);
  virtual ~FastDecoder() = default;

  virtual const char* instructions() const = 0;  // "AVX-512", "AVX2"

  // latents: [C, F] of each row, float on the CPU; speakers: [E, 1] of each row, or empty. Returns [S] of each row.
  virtual std::vector<at::Tensor> decode(const std::vector<at::Tensor>& latents,
                                         const std::vector<at::Tensor>& speakers, int threads) const = 0;
};

}  // namespace vits::model
