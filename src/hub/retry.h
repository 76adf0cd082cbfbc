// When to ask again, and how long to wait before: after a broken connection and when the server says that it is busy
// (429, 408, 5xx), a bounded number of times, with waits that double or that the server names.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "http.h"
#include "vits/hub/hub.h"

namespace vits::hub {

// The hub cannot be asked, or refuses. What the cache holds may still do.
class Trouble : public Error {
 public:
  using Error::Error;
};

class Attempts {
 public:
  // `what` completes "2nd try of 6 for ...".
  Attempts(const Settings& settings, const Listeners& listeners, std::string what);

  // Runs `exchange` until its answer is none that a later one could better. Throws Trouble when the tries are used up.
  Answer run(const std::function<Answer()>& exchange);

  // Bytes that have come. A mebibyte since the last failure is as good as a fresh start: a large file over a bad line
  // may break more often than there are tries, and one that brings a byte each time still comes to an end.
  void progressed(int64_t bytes);

 private:
  void wait_or_give_up(const std::string& problem, std::optional<int64_t> asked_wait_s, int tries);

  const Settings& settings_;
  const Listeners& listeners_;
  std::string what_;
  int failures_ = 0;
  int64_t bytes_since_failure_ = 0;
};

// A text that ends a sentence, made fit to go on: two problems are told in one line.
std::string without_full_stop(std::string text);

// The seconds that an answer asks to wait: Retry-After as a number or a date, or "t" of the hub's RateLimit header.
std::optional<int64_t> asked_wait_s(const Answer& answer);

// What a server says about its refusal, made fit for a message: one line, bounded, without the token.
std::string reason_given(const Answer& answer, const Settings& settings);

}  // namespace vits::hub
