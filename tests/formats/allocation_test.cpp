// The program's own operators: whatever a reader takes by new is counted for the tests that damage files.
#include <gtest/gtest.h>
#include <malloc.h>

#include <new>
#include <string>

#include "fuzzing.h"

std::atomic<int64_t> allocated_bytes{0}, most_allocated_bytes{0};

void count_allocation(int64_t bytes) {
  const int64_t now = allocated_bytes += bytes;
  if (now > most_allocated_bytes) most_allocated_bytes = now;
}

// All of them: AddressSanitizer brings its own for each that is left out, and would miss what ours took.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  void* memory = std::malloc(bytes);
  if (memory) count_allocation(static_cast<int64_t>(malloc_usable_size(memory)));
  return memory;
}
void* operator new(std::size_t bytes) {
  void* memory = operator new(bytes, std::nothrow);
  if (!memory) throw std::bad_alloc();
  return memory;
}
void* operator new[](std::size_t bytes) { return operator new(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return operator new(bytes, std::nothrow); }
void operator delete(void* memory) noexcept {
  if (memory) count_allocation(-static_cast<int64_t>(malloc_usable_size(memory)));
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { operator delete(memory); }
void operator delete[](void* memory) noexcept { operator delete(memory); }
void operator delete[](void* memory, std::size_t) noexcept { operator delete(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { operator delete(memory); }

namespace {

TEST(Allocation, WhatIsTakenAndGivenBackIsCounted) {
  const int64_t before = allocated_bytes;
  {
    const std::string memory(1'000'000, 'a');
    EXPECT_GE(allocated_bytes - before, 1'000'000);
    EXPECT_GE(most_allocated_bytes, before + 1'000'000);
  }
  EXPECT_LT(allocated_bytes - before, 1'000);
}

}  // namespace
