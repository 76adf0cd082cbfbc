// To which length batches are padded, so that their shapes repeat and a card can record the step of each (train's
// step_graphs.h). A card's batches are padded to lengths that lie closer together where clips are short: 8 frames apart
// below 320, 16 below 640 and so on, a fortieth to an eightieth of the length. Of each such length there is one shape:
// its tokens are those of the longest text that a batch of it can hold.
#pragma once
#include <cstdint>
#include <map>

namespace vits::data {

class PaddedShapes {
 public:
  // `round_frames`: multiples to pad to; 0: as above; 1: nothing is padded beyond the longest clip.
  explicit PaddedShapes(int64_t round_frames = 1) : round_frames_(round_frames) {}

  // A clip that batches may hold.
  void add(int64_t frames, int64_t tokens);

  int64_t frames(int64_t longest) const;
  // `frames` as padded; `longest` of the texts in the batch.
  int64_t tokens(int64_t frames, int64_t longest) const;

 private:
  int64_t round_frames_;
  std::map<int64_t, int64_t> tokens_;  // most of any clip, by its padded frames
};

}  // namespace vits::data
