#include "fast_residual_blocks.h"

#include <algorithm>
#include <array>

namespace vits::model {

namespace {

// Memory of a thread that grows to what was asked for and stays, aligned to a cache line.
float* thread_memory(size_t which, int64_t floats) {
  thread_local std::array<at::Tensor, 3> memory;
  auto& mine = memory[which];
  if (!mine.defined() || mine.numel() < floats) mine = at::empty({floats});
  return mine.mutable_data_ptr<float>();
}

// A piece of a signal on its way through a block: the rows that are known so far, and what a convolution reads around
// them.
struct BlockPiece {
  float* memory;  // of row `origin`
  int64_t origin, channels;
  int64_t begin = 0, end = 0;

  float* row(int64_t number) const { return memory + (number - origin) * channels; }
  void zero(int64_t from, int64_t to) const {
    if (from < to) std::fill(row(from), row(to), 0.0f);
  }
};

}  // namespace

FastResidualBlocks::FastResidualBlocks(std::vector<Block> blocks, int64_t channels, float slope)
    : blocks_(std::move(blocks)), channels_(padded_channels(channels)), slope_(slope) {
  for (Block& block : blocks_) {
    for (const Unit& unit : block.units)
      for (const TransformedFilter& filter : unit.filters) {
        block.reach += filter.padding;
        rows_before_ = std::max(rows_before_, filter.padding);
        rows_after_ = std::max(rows_after_, rows_read(0, filter.dilation, filter.groups));
        scratch_ = std::max(scratch_, filter.scratch());
      }
  }
}

void FastResidualBlocks::run(const RowSignal& x, RowSignal& out, int64_t begin, int64_t end, float slope_out) const {
  for (size_t i = 0; i < blocks_.size(); ++i)
    run_block(blocks_[i], x, out, begin, end, i == 0, i + 1 == blocks_.size() ? slope_out : 1.0f);
}

void FastResidualBlocks::run_block(const Block& block, const RowSignal& x, RowSignal& out, int64_t begin, int64_t end,
                                   bool first, float slope_out) const {
  const int64_t origin = begin - block.reach;
  const int64_t floats = (end + block.reach + rows_after_ - origin) * channels_;
  BlockPiece sum{thread_memory(0, floats), origin, channels_}, other{thread_memory(1, floats), origin, channels_};
  float* const scratch = thread_memory(2, scratch_);

  const BlockPiece whole{x.row(0), 0, channels_, 0, x.length()};
  int64_t reach = block.reach;
  // One convolution: the rows of `to` that later ones need, from rows of `from`.
  const auto convolve = [&](const TransformedFilter& filter, const BlockPiece& from, BlockPiece& to,
                            const BlockPiece* residual, float slope_in, float slope) {
    reach -= filter.padding;
    to.begin = std::max<int64_t>(0, begin - reach);
    to.end = std::min(x.length(), end + reach);
    auto task = filter.convolution(from.row(to.begin - filter.padding), to.row(to.begin), to.end - to.begin, scratch);
    task.slope_in = slope_in;
    task.slope_out = slope;
    task.residual = residual ? residual->row(to.begin) : nullptr;
    return task;
  };
  // Zeros beyond the signal's ends, where a convolution pads, and finite numbers where only unused outputs depend on
  // them.
  const auto finish = [&](const BlockPiece& piece, int64_t next_padding) {
    if (piece.begin == 0) piece.zero(-std::min(next_padding, -origin), 0);
    piece.zero(piece.end, piece.end + rows_after_);
  };

  const BlockPiece* from = &whole;
  for (size_t i = 0; i < block.units.size(); ++i) {
    const auto& filters = block.units[i].filters;
    const bool last_unit = i + 1 == block.units.size();
    const int64_t next_padding = last_unit ? 0 : block.units[i + 1].filters.front().padding;
    TransformedConvolution task;
    BlockPiece* to = &sum;
    if (filters.size() == 2) {
      RowKernels const& kernels = *row_kernels();
      kernels.convolve(convolve(filters[0], *from, other, nullptr, slope_, slope_));
      finish(other, filters[1].padding);
      task = convolve(filters[1], other, sum, from, 1.0f, 1.0f);
    } else {
      to = from == &sum ? &other : &sum;  // not in place: neighbours still need the old rows
      task = convolve(filters[0], *from, *to, from, slope_, 1.0f);
    }
    if (last_unit) {
      task.out = out.row(begin);
      task.scale = 1.0f / static_cast<float>(blocks_.size());
      task.added = first ? nullptr : task.out;
      task.slope_out = slope_out;
    }
    row_kernels()->convolve(task);
    if (!last_unit) finish(*to, next_padding);
    from = to;
  }
}

}  // namespace vits::model
