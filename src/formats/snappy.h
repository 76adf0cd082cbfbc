// Snappy, the usual packing of Parquet: copies of what came before, and bytes as they are. After its format
// description.
#pragma once
#include <string>

#include "byte_reader.h"

namespace vits::formats {

// Throws Error when the bytes do not unpack to `size` bytes.
std::string unpack_snappy(Bytes packed, uint64_t size);

}  // namespace vits::formats
