// A signal as rows [S, C] in memory (row_convolution.h) with room before and after it, so that a convolution may read
// past its ends.
#pragma once
#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>

#include "row_convolution.h"

namespace vits::model {

class RowSignal {
 public:
  RowSignal() = default;
  // Rows -before ... length + after - 1, those outside 0 ... length - 1 zero.
  RowSignal(int64_t length, int64_t channels, int64_t before, int64_t after)
      : length_(length),
        channels_(padded_channels(channels)),
        before_(before),
        memory_(at::empty({before + length + after, channels_})) {
    memory_.narrow(0, 0, before).zero_();
    memory_.narrow(0, before + length, after).zero_();
  }

  int64_t length() const { return length_; }
  float* row(int64_t number) const { return memory_.mutable_data_ptr<float>() + (number + before_) * channels_; }
  at::Tensor rows() const { return memory_.narrow(0, before_, length_); }  // [S, C']

 private:
  int64_t length_ = 0, channels_ = 0, before_ = 0;
  at::Tensor memory_;
};

}  // namespace vits::model
