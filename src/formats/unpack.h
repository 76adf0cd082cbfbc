// What columnar tables are packed with.
#pragma once
#include <cstdint>
#include <string>

#include "byte_reader.h"

namespace vits::formats {

enum class Codec { none, snappy, gzip, zstd, lz4_frame, lz4_block };

// The `size` bytes that were packed. Memory is taken as they come, not as a header promises. Throws Error when they are
// others, or so many more than `packed` that no writer meant it.
std::string unpack(Codec codec, Bytes packed, uint64_t size);

}  // namespace vits::formats
