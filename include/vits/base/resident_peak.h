// The most memory that this process held in a stretch of time.
#pragma once
#include <cstdint>

namespace vits::base {

// Since the last call, or since the process began; the next stretch begins now. Where the system does not let a process
// begin anew, what it holds now. base::peak_resident_bytes() begins anew with it.
uint64_t take_resident_peak_bytes();

}  // namespace vits::base
