#include "recording_cuts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "vits/audio/trim.h"
#include "vits/base/error.h"
#include "vits/base/stop_signal.h"

namespace vits::data {

namespace {

constexpr size_t kBlockSamples = 1 << 14;
constexpr size_t kUsualSamples = 1 << 19;   // 11 s at 48 kHz; more are moved while the window grows
constexpr double kReachSeconds = 0.25;      // for a pause, from where the manifest cuts
constexpr double kToleratedSeconds = 0.25;  // by which a manifest may end later than its recording: they are rounded

// The samples from some place on, as far as they were decoded.
class Window {
 public:
  explicit Window(audio::SoundReader& reader) : reader_(reader) { samples_.reserve(kUsualSamples); }

  void forget_before(int64_t sample) {
    while (end() < sample && decode_to(end() + 1)) drop(std::min(end(), sample));
    drop(sample);
  }

  // False when the recording ends before.
  bool decode_to(int64_t sample) {
    while (end() < sample && !ended_) {
      base::throw_if_stopped();
      const size_t before = samples_.size();
      samples_.resize(before + kBlockSamples);
      size_t count = 0;
      try {
        count = reader_.read(std::span(samples_).subspan(before));
      } catch (const Stopped&) {
        throw;
      } catch (const std::exception& error) {
        defect_ = error.what();
      }
      samples_.resize(before + count);
      ended_ = count < kBlockSamples;
    }
    return end() >= sample;
  }

  int64_t end() const { return first_ + static_cast<int64_t>(samples_.size()); }
  const std::string& defect() const { return defect_; }  // why it ended, if not because it was over

  std::span<const float> between(int64_t begin, int64_t finish) const {
    return std::span(samples_).subspan(static_cast<size_t>(begin - first_), static_cast<size_t>(finish - begin));
  }
  int64_t quietest_near(int64_t sample, int64_t rate) const {
    return first_ + audio::quietest_near(samples_, rate, sample - first_, kReachSeconds);
  }

 private:
  void drop(int64_t before) {
    const int64_t count = std::clamp<int64_t>(before - first_, 0, static_cast<int64_t>(samples_.size()));
    samples_.erase(samples_.begin(), samples_.begin() + count);
    first_ += count;
  }

  audio::SoundReader& reader_;
  std::vector<float> samples_;
  int64_t first_ = 0;
  bool ended_ = false;
  std::string defect_;
};

}  // namespace

void cut_recording(audio::SoundReader& reader, const std::string& name, std::vector<CutPart> parts,
                   const CutRules& rules,
                   const std::function<void(const CutPart&, std::span<const float> samples)>& take,
                   const std::function<void(const CutPart&, const std::string& reason)>& reject) {
  std::stable_sort(parts.begin(), parts.end(),
                   [](const CutPart& a, const CutPart& b) { return a.begin_seconds < b.begin_seconds; });
  const int64_t rate = reader.sample_rate_hz();
  const auto samples_in = [rate](double seconds) { return std::llround(seconds * static_cast<double>(rate)); };
  const auto seconds_of = [rate](int64_t samples) { return static_cast<double>(samples) / static_cast<double>(rate); };
  const int64_t reach = rules.moves_to_pauses ? samples_in(kReachSeconds) : 0;
  Window window(reader);
  for (const CutPart& part : parts) {
    const bool is_open = part.end_seconds < 0.0;
    const bool is_whole = is_open && part.begin_seconds <= 0.0;
    if (!is_open && part.end_seconds - part.begin_seconds > rules.most_seconds) {
      reject(part, fmt::format("too long: {:g} s to {:g} s of {} is more than a clip can be.", part.begin_seconds,
                               part.end_seconds, name));
      continue;
    }
    int64_t begin = samples_in(part.begin_seconds);
    int64_t end = is_open ? begin + samples_in(rules.most_seconds) : samples_in(part.end_seconds);
    window.forget_before(std::max<int64_t>(0, begin - reach));
    const bool reaches_end = window.decode_to(is_open ? end + 1 : end + reach);
    if (window.end() < end + (is_open ? 1 : 0) && !window.defect().empty()) {
      reject(part, "unreadable: " + window.defect());
    } else if (is_open && reaches_end) {
      reject(part,
             fmt::format("too long: {} goes on for more than {:g} s{}. Cut it into sentences, or give a manifest that "
                         "says where each begins and ends.",
                         name, rules.most_seconds, is_whole ? "" : " after the place where the clip begins"));
    } else if (begin >= window.end() || (!is_open && end > window.end() + samples_in(kToleratedSeconds))) {
      reject(part, window.end() == 0
                       ? fmt::format("unreadable: {} holds no samples.", name)
                       : fmt::format("segment: {:g} s to {} is asked for, but {} ends at {:.2f} s.", part.begin_seconds,
                                     is_open ? "the end" : fmt::format("{:g} s", part.end_seconds), name,
                                     seconds_of(window.end())));
    } else {
      end = std::min(end, window.end());
      if (rules.moves_to_pauses && !is_whole) {
        if (begin > 0) begin = window.quietest_near(begin, rate);
        if (end < window.end()) end = window.quietest_near(end, rate);
      }
      take(part, window.between(begin, std::max(begin, end)));
    }
  }
}

}  // namespace vits::data
