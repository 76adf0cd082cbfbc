#include "vits/base/stop_signal.h"

#include <signal.h>
#include <unistd.h>

#include "vits/base/error.h"

namespace vits::base {

namespace {

volatile sig_atomic_t requested = 0;

void on_signal(int number) {
  if (requested) ::_exit(128 + number);
  requested = number;
}

}  // namespace

void watch_for_stop() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

int stop_requested() { return requested; }

void throw_if_stopped() {
  if (requested) throw Stopped(requested);
}

}  // namespace vits::base
