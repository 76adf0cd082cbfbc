// What a program is started with may be broken: a standard stream that is closed, a terminal or a reader that goes
// away, a limit on the size of files. None of it may end a night of training.
#pragma once

namespace vits::base {

// Called first in the program, before it opens any file: a standard stream that is closed is opened on /dev/null. Its
// number would go to the next file, and all that is printed into that.
void open_closed_streams();

// Writing where nobody reads, or beyond the longest file, is an error of that write (EPIPE, EFBIG) and no longer a
// signal that ends the program. What start_program.h starts has these signals as usual.
void make_failed_writes_errors();

inline constexpr int kExitCodeUnread = 128 + 13;  // as if SIGPIPE had ended the program: nobody reads what it prints

}  // namespace vits::base
