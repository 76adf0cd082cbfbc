// The one line of the terminal that a progress bar rewrites; a log line must clear it first.
#pragma once

namespace vits::report {

void clear_progress_line();

}  // namespace vits::report
