#include "vits/report/run_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <exception>
#include <optional>
#include <sstream>

#include "growing_file.h"
#include "heatmap.h"
#include "log_tap.h"
#include "metrics.h"
#include "step_text.h"
#include "terminal_line.h"
#include "vits/audio/write.h"
#include "vits/base/machine.h"
#include "vits/formats/event_file.h"
#include "vits/report/figures.h"
#include "vits/report/log.h"

namespace vits::report {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBetweenRedraws{100};
constexpr std::chrono::seconds kBetweenPlainLines{10};
constexpr size_t kAnyWidth = 10000;

double unix_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// 2026-11-22T21:04:05+01:00
std::string time_stamp() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  char text[40];
  const size_t count = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &parts);
  std::string stamp(text, count);
  return stamp.insert(stamp.size() - 2, ":");
}

// A text of several lines, such as the plan, is as many lines of the log.
void say(Level level, const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) log_line(level, "train", line);
}

// A run may start in a folder that is yet to be made. When that fails, writing the first file will tell.
fs::path made(fs::path folder) {
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  return folder;
}

}  // namespace

struct RunReport::State {
  State(const fs::path& folder, int64_t step)
      : log(folder / "train.log"),
        metrics(folder / "metrics.jsonl"),
        events(folder / formats::event_file_name(static_cast<int64_t>(unix_seconds()))),
        on_terminal(base::is_terminal(stderr)) {
    try {
      cut_metrics(folder / "metrics.jsonl", step);
    } catch (const std::exception& failure) {
      report::warn("train", "{} Its entries after step {} stay in it.", failure.what(), thousands(step));
    }
    events.add(formats::first_event(unix_seconds())
               + formats::session_start_event({unix_seconds(), step > 0 ? step + 1 : 0}));
    tell_of_trouble();
  }

  formats::EventTime now_at(int64_t step) const { return {unix_seconds(), step}; }

  void draw(const StepReport& report) {
    drawn = Clock::now();
    draw_line(step_text(report, static_cast<size_t>(std::max(20, base::terminal_columns() - 1))));
  }

  void say_plainly(const StepReport& report) {
    const std::string text = step_text(report, kAnyWidth);
    said = Clock::now();
    unsaid.reset();  // which may be this very report
    if (on_terminal)
      write_log("[train] " + text);
    else
      report::info("train", "{}", text);
  }

  void write_log(const std::string& line) { log.add(time_stamp() + " " + line + "\n"); }

  // Says it once when writing begins to fail, and once when nothing waits any more.
  void tell_of_trouble() {
    std::string trouble;
    for (const GrowingFile* file : {&metrics, &events, &log})
      if (trouble.empty()) trouble = file->trouble();
    if (trouble.empty() == !in_trouble) return;
    in_trouble = !in_trouble;
    if (in_trouble) {
      report::warn("train", "{} Training goes on.", trouble);
      return;
    }
    const int64_t dropped = metrics.dropped() + events.dropped() + log.dropped();
    report::info("train", "the files of the run can be written again; {}",
                 dropped == 0 ? "nothing of them is lost" : thousands(dropped) + " entries of them are lost");
  }

  // The files of a run must never end it.
  template <class Work>
  void guarded(const char* what, Work&& work) {
    try {
      work();
    } catch (const std::exception& failure) {
      const bool told = std::exchange(told_of_failure, true);
      if (!told) report::warn("train", "{} could not be reported: {} Training goes on.", what, failure.what());
    }
    tell_of_trouble();
  }

  GrowingFile log, metrics, events;
  bool on_terminal = false;
  bool in_trouble = false, told_of_failure = false;
  std::optional<Clock::time_point> drawn, said;
  std::optional<StepReport> unsaid;  // the newest step, while no plain line has told of it
  Figures newest_losses;
  int64_t newest_step = -1;
  LogTap tap{[this](const std::string& line) { write_log(line); }};
};

RunReport::RunReport(fs::path folder, int64_t step) : state_(std::make_unique<State>(made(std::move(folder)), step)) {}

RunReport::~RunReport() {
  state_->guarded("the last step", [&] {
    if (state_->unsaid) state_->say_plainly(*state_->unsaid);
  });
  if (state_->on_terminal) erase_line();
  flush();
}

void RunReport::step(const StepReport& report) {
  state_->guarded("a step", [&] {
    const Figures figures = figures_of(report);
    const int64_t step = report.place.step;
    state_->newest_losses = report.losses;
    if (step < state_->newest_step)  // the run was taken back to an earlier step, and its curves with it
      state_->events.add(formats::session_start_event(state_->now_at(step)));
    state_->newest_step = step;
    state_->metrics.add(metrics_line(report.place, figures, {{"elapsed_seconds", report.elapsed_seconds}}));
    state_->events.add(formats::scalars_event(state_->now_at(step), figures));
    if (state_->on_terminal) state_->draw(report);
    state_->unsaid = report;
    const bool last = step >= report.place.steps;
    if (last && state_->on_terminal) leave_line();  // what follows, the summary, stands below it
    if (last || !state_->said || Clock::now() - *state_->said >= kBetweenPlainLines) state_->say_plainly(report);
  });
}

void RunReport::live(const StepReport& report) {
  const bool over = state_->newest_step >= report.place.steps;  // its line has been left standing
  if (!state_->on_terminal || over) return;
  if (state_->drawn && Clock::now() - *state_->drawn < kBetweenRedraws) return;
  state_->guarded("the live line", [&] {
    StepReport shown = report;
    if (shown.losses.empty()) shown.losses = state_->newest_losses;
    state_->draw(shown);
  });
}

void RunReport::validation(const RunPlace& place, const Figures& losses, double seconds) {
  state_->guarded("a validation", [&] {
    const Figures figures = figures_of_validation(losses, seconds);
    state_->metrics.add(metrics_line(place, figures));
    state_->events.add(formats::scalars_event(state_->now_at(place.step), figures));
    report::info("train", "validation at {}: {}; it took {}", place_text(place), losses_text(losses),
                 duration_text(seconds));
  });
}

void RunReport::image(int64_t step, const std::string& tag, const Heatmap& map) {
  state_->guarded("an image", [&] {
    const Picture picture = picture_of(map);
    state_->events.add(formats::image_event(state_->now_at(step), tag, picture.width, picture.height, picture.png));
  });
}

void RunReport::sound(int64_t step, const std::string& tag, std::span<const float> samples, int64_t sample_rate_hz) {
  state_->guarded("a sound", [&] {
    std::vector<float> finite(samples.begin(), samples.end());  // a voice that has gone wrong shall be heard as silence
    std::replace_if(
        finite.begin(), finite.end(), [](float sample) { return !std::isfinite(sample); }, 0.0f);
    state_->events.add(formats::audio_event(state_->now_at(step), tag, sample_rate_hz,
                                            static_cast<int64_t>(finite.size()),
                                            audio::wav_bytes(finite, sample_rate_hz)));
  });
}

void RunReport::text(int64_t step, const std::string& tag, const std::string& markdown) {
  state_->guarded("a text", [&] { state_->events.add(formats::text_event(state_->now_at(step), tag, markdown)); });
}

void RunReport::info(const std::string& text) {
  say(Level::kInfo, text);
  state_->tell_of_trouble();
}

void RunReport::warn(const std::string& text) {
  say(Level::kWarn, text);
  state_->tell_of_trouble();
}

void RunReport::flush() {
  for (GrowingFile* file : {&state_->log, &state_->metrics, &state_->events}) file->flush();
  state_->tell_of_trouble();
}

}  // namespace vits::report
