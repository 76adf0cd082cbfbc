#include "content_hash.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "vits/base/parallel.h"
#include "vits/base/stop_signal.h"

namespace vits::data {

namespace {

constexpr size_t kHashedPieceBytes = 1 << 20;
constexpr uint64_t kOdd = 0x8bb84b93962eacc9, kOther = 0x4b33a62ed433d4a3;

// Both halves of a product: every bit of either factor reaches every bit of the result.
uint64_t folded(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t word_at(const char* bytes, size_t count) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, count);
  return word;
}

// Two chains, because a product waits four cycles for the one before.
uint64_t piece_hash(const char* bytes, size_t count) {
  uint64_t even = kOdd ^ count, odd = kOther;
  size_t at = 0;
  for (; at + 16 <= count; at += 16) {
    even = folded(even ^ word_at(bytes + at, 8), kOdd) + kOther;
    odd = folded(odd ^ word_at(bytes + at + 8, 8), kOther) + kOdd;
  }
  for (; at < count; at += 8) even = folded(even ^ word_at(bytes + at, std::min<size_t>(8, count - at)), kOdd) + kOther;
  return folded(even ^ kOther, odd ^ kOdd);
}

}  // namespace

ContentHash& ContentHash::add(uint64_t number) {
  hash_ = folded(hash_ ^ number, kOdd) + kOther;
  return *this;
}

ContentHash& ContentHash::add(std::string_view bytes) { return add(piece_hash(bytes.data(), bytes.size())); }

uint64_t content_hash(const void* bytes, size_t count, int threads, const std::function<void()>& counted) {
  std::vector<uint64_t> hashes((count + kHashedPieceBytes - 1) / kHashedPieceBytes);
  base::for_each_task(static_cast<int64_t>(hashes.size()), threads, [&](int64_t piece) {
    base::throw_if_stopped();
    const size_t begin = static_cast<size_t>(piece) * kHashedPieceBytes;
    hashes[static_cast<size_t>(piece)] =
        piece_hash(static_cast<const char*>(bytes) + begin, std::min(kHashedPieceBytes, count - begin));
    if (counted) counted();
  });
  ContentHash all;
  all.add(count);
  for (const uint64_t hash : hashes) all.add(hash);
  return all.value();
}

}  // namespace vits::data
