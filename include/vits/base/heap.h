// How the process keeps its memory.
#pragma once

namespace vits::base {

// For work that takes and frees buffers of some megabytes for each of thousands of files: freed memory stays with the
// process and is taken again. Otherwise the system hands out and zeroes each such buffer anew, page by page, which cost
// a seventh of the time of `prepare`. The most memory ever held at once stays what it was. Does nothing where the C
// library is not glibc.
void keep_freed_memory();

// What the process keeps of freed memory goes back to the system, now and once.
void give_back_freed_memory();

}  // namespace vits::base
