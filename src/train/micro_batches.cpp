#include "vits/train/micro_batches.h"

#include <algorithm>

namespace vits::train {

namespace {

constexpr int64_t kBucketFrames = 64;  // about a second of sound

}  // namespace

int64_t MicroBatches::bucket(int64_t frames) { return frames / kBucketFrames * kBucketFrames; }

int64_t MicroBatches::most_clips(int64_t frames) const {
  int64_t most = kAnyNumber;
  for (const auto& [from, clips] : most_)
    if (frames >= from) most = std::min(most, clips);
  return most;
}

int64_t MicroBatches::parts(int64_t clips, int64_t frames) const {
  const int64_t most = std::min(clips, most_clips(frames));
  return clips == 0 ? 0 : (clips + most - 1) / most;
}

int64_t MicroBatches::halve(int64_t clips, int64_t frames) {
  const int64_t at_once = std::min(clips, most_clips(frames)), half = at_once / 2;
  if (half > 0) most_[bucket(frames)] = half;
  return half;
}

void to_json(formats::Json& json, const MicroBatches& of) {
  json = formats::Json::array();
  for (const auto& [from, clips] : of.most_) json.push_back({{"frames", from}, {"clips", clips}});
}

void from_json(const formats::Json& json, MicroBatches& to) {
  to.most_.clear();
  for (const auto& entry : json)
    to.most_[entry.at("frames").get<int64_t>()] = std::max<int64_t>(1, entry.at("clips").get<int64_t>());
}

}  // namespace vits::train
