// The residual blocks of one upsampling level of the decoder, averaged, over a piece of the signal at a time.
#pragma once
#include <cstdint>
#include <vector>

#include "packed_filter.h"
#include "row_signal.h"

namespace vits::model {

class FastResidualBlocks {
 public:
  // x + second(leaky(first(leaky(x)))), or x + first(leaky(x)) when there is no second.
  struct Unit {
    std::vector<TransformedFilter> filters;  // one or two
  };
  struct Block {
    std::vector<Unit> units;
    int64_t reach = 0;  // rows to each side that an output depends on
  };

  // slope: of the leaky ReLU within the blocks.
  FastResidualBlocks(std::vector<Block> blocks, int64_t channels, float slope);

  int64_t rows_before() const { return rows_before_; }  // that the input signal must have around it
  int64_t rows_after() const { return rows_after_; }

  // Rows begin ... end - 1 of leaky_relu(mean of the blocks of x, slope_out).
  void run(const RowSignal& x, RowSignal& out, int64_t begin, int64_t end, float slope_out) const;

 private:
  void run_block(const Block& block, const RowSignal& x, RowSignal& out, int64_t begin, int64_t end, bool first,
                 float slope_out) const;

  std::vector<Block> blocks_;
  int64_t channels_, rows_before_ = 0, rows_after_ = 0, scratch_ = 0;
  float slope_;
};

}  // namespace vits::model
