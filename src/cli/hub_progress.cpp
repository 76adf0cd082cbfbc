#include "hub_progress.h"

#include "vits/report/log.h"

namespace vits::cli {

hub::Listeners HubProgress::listeners() {
  hub::Listeners listeners;
  listeners.progress = [this](const std::string& file, int64_t done_bytes, int64_t total_bytes) {
    if (file != shown_) {
      bar_ = std::make_unique<report::Progress>(file, total_bytes, "bytes", report::Unit::kBytes);
      shown_ = file;
    }
    bar_->set(done_bytes);
  };
  listeners.notice = [](const std::string& sentence) { report::info("hub", "{}", sentence); };
  return listeners;
}

}  // namespace vits::cli
