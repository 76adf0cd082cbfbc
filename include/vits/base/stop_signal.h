// Ctrl-C and SIGTERM ask for a stop; long work looks here between two pieces, saves and leaves. A second Ctrl-C ends at
// once.
#pragma once

namespace vits::base {

void watch_for_stop();    // called once by `cli`
int stop_requested();     // 0, or the number of the signal that asked
void throw_if_stopped();  // throws Stopped

}  // namespace vits::base
