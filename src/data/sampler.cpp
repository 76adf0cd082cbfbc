#include "vits/data/sampler.h"

#include <algorithm>
#include <unordered_map>

#include "random_order.h"
#include "vits/base/error.h"

namespace vits::data {

namespace {

// More batches in a group mean less padding and a less random order: at 64 batches of 8 clips of usual lengths some 2 %
// of the frames are padding, at 256 some 0.5 %. Small sets keep several groups, or the same clips would always meet.
constexpr size_t kLeastGroupBatches = 64, kMostGroupBatches = 256, kGroups = 16;

struct Ranked {
  int64_t frames = 0;
  size_t place = 0;  // in clips_
};
using RankedBatch = std::vector<Ranked>;

void cut_by_number(const std::vector<Ranked>& clips, size_t batch_size, std::vector<RankedBatch>& batches) {
  for (size_t begin = 0; begin < clips.size(); begin += batch_size) {
    const auto first = clips.begin() + static_cast<std::ptrdiff_t>(begin);
    batches.emplace_back(first, first + static_cast<std::ptrdiff_t>(std::min(batch_size, clips.size() - begin)));
  }
}

// A clip longer than `most_frames` makes a batch of its own.
void cut_by_length(const std::vector<Ranked>& clips, double most_frames, std::vector<RankedBatch>& batches) {
  RankedBatch batch;
  int64_t longest = 0;
  for (const Ranked& clip : clips) {
    const int64_t longest_then = std::max(longest, clip.frames);
    if (!batch.empty() && static_cast<double>(longest_then) * static_cast<double>(batch.size() + 1) > most_frames) {
      batches.push_back(std::move(batch));
      batch.clear();
      longest = clip.frames;
    } else {
      longest = longest_then;
    }
    batch.push_back(clip);
  }
  if (!batch.empty()) batches.push_back(std::move(batch));
}

}  // namespace

Sampler::Sampler(ClipNumbers clips, std::vector<int64_t> frames, double frames_per_second, const BatchOptions& options,
                 int64_t seed)
    : clips_(std::move(clips)),
      frames_(std::move(frames)),
      frames_per_second_(frames_per_second),
      options_(options),
      seed_(static_cast<uint64_t>(seed)) {
  if (clips_.size() != frames_.size())
    throw Error("{} clips with {} lengths. This is a bug in vits-train.", clips_.size(), frames_.size());
  for (const int64_t length : frames_) all_frames_ += length;
}

std::vector<ClipNumbers> Sampler::epoch(int64_t number) const {
  // Seeds and epochs are small numbers: each goes through the generator, so that (1, 2) and (2, 1) have nothing in
  // common.
  SplitMix64 random(SplitMix64(seed_).next() + static_cast<uint64_t>(number));
  std::vector<Ranked> order(clips_.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = {frames_[i], i};
  shuffle(order, random);

  const bool by_length = options_.batch_seconds > 0.0;
  const double most_frames = options_.batch_seconds * frames_per_second_;
  auto batch_size = static_cast<size_t>(options_.batch_size);
  if (by_length && !order.empty()) {
    const double mean_frames = static_cast<double>(all_frames_) / static_cast<double>(order.size());
    batch_size = static_cast<size_t>(std::clamp(most_frames / std::max(mean_frames, 1.0), 1.0, 4096.0));
  } else if (order.size() > batch_size) {
    order.resize(order.size() - order.size() % batch_size);
  }

  std::vector<RankedBatch> batches;
  const size_t group_batches = std::clamp(order.size() / batch_size / kGroups, kLeastGroupBatches, kMostGroupBatches);
  const size_t group_size = options_.length_buckets ? group_batches * batch_size : std::max<size_t>(order.size(), 1);
  for (size_t begin = 0; begin < order.size(); begin += group_size) {
    const auto first = order.begin() + static_cast<std::ptrdiff_t>(begin);
    std::vector<Ranked> group(first, first + static_cast<std::ptrdiff_t>(std::min(group_size, order.size() - begin)));
    if (options_.length_buckets)
      std::stable_sort(group.begin(), group.end(),
                       [](const Ranked& a, const Ranked& b) { return a.frames < b.frames; });
    if (by_length)
      cut_by_length(group, most_frames, batches);
    else
      cut_by_number(group, batch_size, batches);
  }
  shuffle(batches, random);

  std::vector<ClipNumbers> numbers;
  numbers.reserve(batches.size());
  for (const RankedBatch& batch : batches) {
    ClipNumbers& clips = numbers.emplace_back();
    for (const Ranked& clip : batch) clips.push_back(clips_[clip.place]);
  }
  return numbers;
}

double Sampler::padding_share(int64_t number) const {
  std::unordered_map<int64_t, int64_t> frames_of;
  for (size_t i = 0; i < clips_.size(); ++i) frames_of[clips_[i]] = frames_[i];
  int64_t padded = 0, real = 0;
  for (const ClipNumbers& batch : epoch(number)) {
    int64_t longest = 0;
    for (const int64_t clip : batch) {
      longest = std::max(longest, frames_of[clip]);
      real += frames_of[clip];
    }
    padded += longest * static_cast<int64_t>(batch.size());
  }
  return padded > 0 ? static_cast<double>(padded - real) / static_cast<double>(padded) : 0.0;
}

std::vector<ClipNumbers> in_order(const ClipNumbers& clips, int64_t batch_size) {
  std::vector<ClipNumbers> batches;
  for (size_t begin = 0; begin < clips.size(); begin += static_cast<size_t>(batch_size)) {
    const auto first = clips.begin() + static_cast<std::ptrdiff_t>(begin);
    const size_t count = std::min(static_cast<size_t>(batch_size), clips.size() - begin);
    batches.emplace_back(first, first + static_cast<std::ptrdiff_t>(count));
  }
  return batches;
}

}  // namespace vits::data
