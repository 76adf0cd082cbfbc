// The things that were made last, while they fit into some memory.
#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

namespace vits::formats {

// Key: compared by ==. Value: has bytes(). Whoever holds a value keeps it alive after it has left.
template <class Key, class Value>
class Recent {
 public:
  explicit Recent(uint64_t most_bytes) : most_bytes_(most_bytes) {}

  // One thread makes at a time: two that ask for the same would make it twice.
  template <class Make>
  std::shared_ptr<const Value> get(const Key& key, Make&& make) {
    const std::lock_guard lock(mutex_);
    for (auto i = values_.begin(); i != values_.end(); ++i)
      if (i->first == key) {
        values_.splice(values_.begin(), values_, i);
        return i->second;
      }
    auto value = std::make_shared<const Value>(make());
    bytes_ += value->bytes();
    values_.emplace_front(key, value);
    while (values_.size() > 1 && (bytes_ > most_bytes_ || values_.size() > kMostValues)) {
      bytes_ -= values_.back().second->bytes();
      values_.pop_back();
    }
    return value;
  }

 private:
  static constexpr size_t kMostValues = 256;  // they are searched one by one

  uint64_t most_bytes_, bytes_ = 0;
  std::mutex mutex_;
  std::list<std::pair<Key, std::shared_ptr<const Value>>> values_;
};

}  // namespace vits::formats
