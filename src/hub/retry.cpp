#include "retry.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string_view>
#include <thread>

#include "vits/base/stop_signal.h"

namespace vits::hub {

namespace {

bool may_be_better_later(long status) { return status == 408 || status == 429 || (status >= 500 && status != 501); }

void sleep_unless_stopped(int64_t milliseconds) {
  using std::chrono::steady_clock;
  const auto end = steady_clock::now() + std::chrono::milliseconds(milliseconds);
  while (steady_clock::now() < end) {
    base::throw_if_stopped();
    std::this_thread::sleep_for(
        std::min<steady_clock::duration>(std::chrono::milliseconds(50), end - steady_clock::now()));
  }
  base::throw_if_stopped();
}

std::optional<int64_t> number_at(const std::string& text, size_t start) {
  int64_t number = 0;
  size_t digits = 0;
  for (; start + digits < text.size() && digits < 15; ++digits) {
    const char letter = text[start + digits];
    if (letter < '0' || letter > '9') break;
    number = number * 10 + (letter - '0');
  }
  return digits ? std::optional(number) : std::nullopt;
}

}  // namespace

std::string without_full_stop(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::optional<int64_t> asked_wait_s(const Answer& answer) {
  if (const auto text = answer.header("retry-after"); !text.empty()) {
    if (const auto seconds = number_at(text, 0)) return seconds;
    const time_t date = curl_getdate(text.c_str(), nullptr);
    if (date >= 0) return std::max<int64_t>(0, date - std::time(nullptr));
  }
  // "api";r=0;t=55: nothing remains of the quota, which starts anew in 55 s.
  const auto limit = answer.header("ratelimit");
  const size_t start = limit.find(";t=");
  return start == std::string::npos ? std::nullopt : number_at(limit, start + 3);
}

std::string reason_given(const Answer& answer, const Settings& settings) {
  std::string text = answer.header("x-error-message");
  if (text.empty()) {
    const auto json = nlohmann::json::parse(answer.body, nullptr, false);
    if (json.is_object() && json.contains("error") && json["error"].is_string())
      text = json["error"].get<std::string>();
  }
  constexpr std::string_view kHidden = "(token)";
  for (size_t at = 0; !settings.token.empty() && (at = text.find(settings.token, at)) != std::string::npos;
       at += kHidden.size())
    text.replace(at, settings.token.size(), kHidden);
  constexpr size_t kLongest = 200;
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  for (char& letter : text)
    if (static_cast<unsigned char>(letter) < 32 || letter == 127) letter = ' ';
  return text.empty() ? fmt::format("status {}", answer.status) : fmt::format("status {}: {}", answer.status, text);
}

Attempts::Attempts(const Settings& settings, const Listeners& listeners, std::string what)
    : settings_(settings), listeners_(listeners), what_(std::move(what)) {}

void Attempts::progressed(int64_t bytes) {
  constexpr int64_t kEnough = 1 << 20;
  bytes_since_failure_ += bytes;
  if (bytes_since_failure_ >= kEnough) failures_ = 0;
}

Answer Attempts::run(const std::function<Answer()>& exchange) {
  for (;;) {
    std::string problem;
    std::optional<int64_t> asked;
    // A machine without a network should say so at once, not after a minute of hope.
    int tries = settings_.patience.tries;
    try {
      Answer answer = exchange();
      if (!may_be_better_later(answer.status)) return answer;
      problem = fmt::format("{} is busy ({})", shown(settings_.endpoint), reason_given(answer, settings_));
      asked = asked_wait_s(answer);
    } catch (const Broken& broken) {
      problem = broken.what();
      if (!broken.reached) tries = std::min(tries, 2);
    }
    wait_or_give_up(problem, asked, tries);
  }
}

void Attempts::wait_or_give_up(const std::string& problem, std::optional<int64_t> asked_wait_s, int tries) {
  const Patience& patience = settings_.patience;
  bytes_since_failure_ = 0;
  if (++failures_ >= tries) throw Trouble("{}, {}", problem, tries == 1 ? "once" : fmt::format("{} times", tries));
  if (asked_wait_s && *asked_wait_s > patience.longest_asked_wait_s)
    throw Trouble("{} and asks to come back in {} minutes", problem, (*asked_wait_s + 59) / 60);
  int64_t wait_ms = patience.first_wait_ms;
  for (int doubled = 1; doubled < failures_ && wait_ms < patience.longest_wait_ms; ++doubled) wait_ms *= 2;
  wait_ms = asked_wait_s ? *asked_wait_s * 1000 : std::min(wait_ms, patience.longest_wait_ms);
  if (listeners_.notice)
    listeners_.notice(fmt::format("{}: {}; asking again in {:.1f} s (try {} of {})", what_, problem,
                                  static_cast<double>(wait_ms) / 1000.0, failures_ + 1, tries));
  sleep_unless_stopped(wait_ms);
}

}  // namespace vits::hub
