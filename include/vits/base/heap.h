// How the process keeps its memory.
#pragma once

namespace vits::base {

// For work that takes and frees buffers of some megabytes for each of thousands of files: freed memory stays with the
// process and is taken again. Otherwise the system hands out and zeroes each such buffer anew, page by page, which cost
// a seventh of the time of `prepare`. The most memory ever held at once stays what it was. Does nothing where the C
// library is not glibc.
//
// Under a limit on address space (`ulimit -d`, `ulimit -v`) the opposite is done: every buffer of a megabyte and more
// is mapped by itself and unmapped when it is freed. What a heap keeps counts there whether it is free or not, and
// nobody else finds room: a step that failed for want of memory left oneDNN none for the code of its next kernel.
void keep_freed_memory();

// What the process keeps of freed memory goes back to the system, now and once.
void give_back_freed_memory();

}  // namespace vits::base
