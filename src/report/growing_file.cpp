#include "growing_file.h"

#include <exception>

namespace vits::report {

namespace {

constexpr size_t kMostWaitingBytes = 32 << 20;

}  // namespace

GrowingFile::GrowingFile(std::filesystem::path path) : path_(std::move(path)) {}

void GrowingFile::add(std::string bytes) {
  const std::lock_guard lock(mutex_);
  waiting_bytes_ += bytes.size();
  waiting_.push_back(std::move(bytes));
  write_waiting();
  while (waiting_bytes_ > kMostWaitingBytes) {
    waiting_bytes_ -= waiting_.front().size();
    waiting_.pop_front();
    ++dropped_;
  }
}

void GrowingFile::flush() {
  const std::lock_guard lock(mutex_);
  write_waiting();
}

std::string GrowingFile::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

int64_t GrowingFile::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void GrowingFile::write_waiting() {
  int64_t whole = -1;
  try {
    while (!waiting_.empty()) {
      if (!file_) file_ = std::make_unique<base::AppendFile>(path_, "Free the disk; what is missing will follow.");
      whole = file_->bytes();
      file_->append(waiting_.front());
      waiting_bytes_ -= waiting_.front().size();
      waiting_.pop_front();
    }
    trouble_.clear();
  } catch (const std::exception& failure) {
    trouble_ = failure.what();
    try {
      if (whole >= 0) file_->shorten(whole);
    } catch (const std::exception&) {
      file_.reset();  // opened anew, it may be a better one
    }
  }
}

}  // namespace vits::report
