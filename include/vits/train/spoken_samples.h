// What the voice sounds like on the way: sentences spoken with its present weights, and two clips it does not learn
// from next to what it makes of them.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "vits/report/run_report.h"
#include "vits/train/session.h"

namespace vits::train {

class SpokenSamples {
 public:
  // Without texts those of two held-out clips are taken. Throws Error when a text leaves nothing to speak.
  SpokenSamples(const Session& session, std::vector<std::string> texts);

  const std::vector<std::string>& texts() const { return texts_; }

  // Sounds, spectrograms and alignments to the report.
  void speak(const Session& session, report::RunReport& report, int64_t step) const;

 private:
  void show_clip(const Session& session, report::RunReport& report, int64_t step, int64_t clip, size_t number) const;

  std::vector<std::string> texts_;
  std::vector<int64_t> clips_;
};

}  // namespace vits::train
