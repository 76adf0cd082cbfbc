#include "held_out.h"

#include <map>

#include "hash.h"

namespace vits::data {

namespace {

struct Speaker {
  size_t clips = 0, held_out = 0;
  size_t least = 0, greatest = 0;  // clips, by their hashes
};

}  // namespace

std::vector<bool> held_out(const std::vector<HeldOutCandidate>& clips, double share) {
  std::vector<bool> out(clips.size(), false);
  if (share <= 0.0) return out;
  std::vector<double> hashes;
  std::map<std::string, Speaker> speakers;
  for (size_t i = 0; i < clips.size(); ++i) {
    hashes.push_back(share_of("validation", clips[i].id));
    out[i] = hashes[i] < share;
    Speaker& speaker = speakers[clips[i].speaker];
    if (speaker.clips == 0 || hashes[i] < hashes[speaker.least]) speaker.least = i;
    if (speaker.clips == 0 || hashes[i] > hashes[speaker.greatest]) speaker.greatest = i;
    ++speaker.clips;
    speaker.held_out += out[i];
  }
  for (const auto& [name, speaker] : speakers) {
    if (speaker.held_out == 0 && static_cast<double>(speaker.clips) >= 2.0 / share) out[speaker.least] = true;
    if (speaker.held_out == speaker.clips) out[speaker.greatest] = false;
  }
  return out;
}

}  // namespace vits::data
