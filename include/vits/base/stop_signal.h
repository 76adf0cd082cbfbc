// Ctrl-C, SIGTERM and a terminal that is closed (SIGHUP) ask for a stop; long work looks here between two pieces, saves
// and leaves. A second Ctrl-C or SIGTERM ends at once; a hangup never counts as the second, for it comes unasked: from
// the system and once more from the shell, before or after the SIGTERM of a machine that goes down.
#pragma once

namespace vits::base {

void watch_for_stop();    // called once by `cli`; a hangup that is ignored, as under nohup, stays ignored
int stop_requested();     // 0, or the number of the signal that asked first
void throw_if_stopped();  // throws Stopped

}  // namespace vits::base
