// Which clips make which batch. The order is a pure function of the seed, the epoch and the place in it, so that a run
// can be continued anywhere.
//
// Clips of similar length share a batch, or a third of all frames would be padding: the shuffled clips are sorted by
// length within groups of some batches, cut into batches, and the batches shuffled again. What does not fill the last
// batch of an epoch is left out, other clips each time; batches by seconds leave none out.
#pragma once
#include <cstdint>
#include <vector>

#include "vits/base/options.h"

namespace vits::data {

using ClipNumbers = std::vector<int64_t>;

struct BatchOptions {
  int64_t batch_size = 8;
  double batch_seconds = 0.0;
  bool length_buckets = true;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("batch_size", batch_size, base::between_or_auto(1, 4096),
          "Clips in a batch; auto: as many as fit, tried out and remembered, up to effective_batch_size.");
    field("batch_seconds", batch_seconds, base::between(0, 36000),
          "Seconds of sound in a batch, padding included, in place of batch_size; 0: off.");
    field("length_buckets", length_buckets, base::any(), "Put clips of similar length into the same batch.");
  }
};

class Sampler {
 public:
  // `clips` are numbers, `frames` the length of each of them, in the same order.
  Sampler(ClipNumbers clips, std::vector<int64_t> frames, double frames_per_second, const BatchOptions& options,
          int64_t seed);

  std::vector<ClipNumbers> epoch(int64_t number) const;

  // The share of frames that are padding in an epoch's batches.
  double padding_share(int64_t number) const;

 private:
  ClipNumbers clips_;
  std::vector<int64_t> frames_;
  double frames_per_second_;
  BatchOptions options_;
  uint64_t seed_;
  int64_t all_frames_ = 0;
};

// Clips in their order, for validation; the last batch may be smaller.
std::vector<ClipNumbers> in_order(const ClipNumbers& clips, int64_t batch_size);

}  // namespace vits::data
