#include <algorithm>
#include <unordered_map>

#include "audit_parts.h"
#include "vits/base/stop_signal.h"

namespace vits::data::auditing {

namespace {

constexpr double kSameSeconds = 0.03;     // after trimming
constexpr double kSameSimilarity = 0.99;  // two takes of one word by one speaker reach 0.981 (FSDD, 179,300 pairs)

}  // namespace

std::vector<std::pair<size_t, size_t>> same_sounds(const Audit& audit) {
  std::vector<std::pair<size_t, size_t>> pairs;
  std::vector<bool> is_later(audit.clips.size());
  std::unordered_map<uint64_t, size_t> first_with;
  std::vector<size_t> others;
  for (size_t place = 0; place < audit.clips.size(); ++place) {
    const AuditedClip& audited = audit.clips[place];
    if (!audited.is_heard() || audited.sound.is_silent()) continue;
    const auto [first, is_new] = first_with.emplace(audited.sound.samples_hash, place);
    if (is_new)
      others.push_back(place);
    else
      pairs.emplace_back(place, first->second);
  }
  // Similar ones must be equally long: only neighbours by length are compared.
  const auto seconds = [&](size_t place) { return audit.clips[place].sound.sounding_seconds(); };
  std::ranges::stable_sort(others, std::less{}, seconds);
  for (size_t i = 0; i < others.size(); ++i) {
    if (i % 256 == 0) base::throw_if_stopped();
    for (size_t j = i + 1; j < others.size() && seconds(others[j]) - seconds(others[i]) <= kSameSeconds; ++j) {
      const size_t earlier = std::min(others[i], others[j]), later = std::max(others[i], others[j]);
      if (is_later[later] || similarity(audit.clips[earlier].sound, audit.clips[later].sound) < kSameSimilarity)
        continue;
      is_later[later] = true;
      pairs.emplace_back(later, earlier);
    }
  }
  std::ranges::sort(pairs);
  return pairs;
}

std::vector<std::pair<size_t, size_t>> same_texts(const Audit& audit) {
  std::vector<std::pair<size_t, size_t>> pairs;
  std::unordered_map<std::string, size_t> first_with;
  for (size_t place = 0; place < audit.clips.size(); ++place) {
    // Two speakers may well read the same sentence.
    const auto& clip = audit.clips[place].clip;
    const auto [first, is_new] = first_with.emplace(clip.speaker + '\n' + clip.text, place);
    if (!is_new) pairs.emplace_back(place, first->second);
  }
  return pairs;
}

}  // namespace vits::data::auditing
