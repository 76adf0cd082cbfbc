// A fast hash of many bytes, against change and damage, not against malice: the arenas of a large data set have
// gigabytes, and SHA-256 would take longer than reading them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace vits::data {

// Takes values one after the other; where one ends and the next begins counts.
class ContentHash {
 public:
  ContentHash& add(uint64_t number);
  ContentHash& add(std::string_view bytes);
  uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 0x2d358dccaa6c78a5;
};

// The same for any number of threads. `counted` is called by them after every piece of a mebibyte.
uint64_t content_hash(const void* bytes, size_t count, int threads, const std::function<void()>& counted = {});

}  // namespace vits::data
