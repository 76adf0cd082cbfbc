#include "vits/base/stop_signal.h"

#include <signal.h>
#include <unistd.h>

#include "vits/base/error.h"

namespace vits::base {

namespace {

volatile sig_atomic_t requested = 0;
volatile sig_atomic_t meant = 0;  // Ctrl-C or SIGTERM has come

void on_signal(int number) {
  if (number != SIGHUP) {
    if (meant) ::_exit(128 + number);
    meant = 1;
  }
  if (!requested) requested = number;
}

}  // namespace

void watch_for_stop() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigfillset(&action.sa_mask);  // one after the other: of two that wait, a hangup comes before its SIGTERM
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  struct sigaction at_start {};
  ::sigaction(SIGHUP, nullptr, &at_start);
  if (at_start.sa_handler != SIG_IGN) ::sigaction(SIGHUP, &action, nullptr);
}

int stop_requested() { return requested; }

void throw_if_stopped() {
  if (requested) throw Stopped(requested);
}

}  // namespace vits::base
