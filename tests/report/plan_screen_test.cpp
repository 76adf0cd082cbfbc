#include "vits/report/plan_screen.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <optional>

namespace {

using namespace vits::report;

// The machine's time zone, for the time of a test.
class TimeZone {
 public:
  explicit TimeZone(const char* zone) {
    if (const char* before = ::getenv("TZ")) before_ = before;
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  ~TimeZone() {
    if (before_)
      ::setenv("TZ", before_->c_str(), 1);
    else
      ::unsetenv("TZ");
    ::tzset();
  }
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;

 private:
  std::optional<std::string> before_;
};

constexpr int64_t kEvening = 1795384800;  // Sun 22 Nov 2026 22:00 UTC

PlanScreen night() {
  PlanScreen plan;
  plan.voice = "facebook/mms-tts-eng";
  plan.parameters = plan.trained_parameters = 36284592;
  plan.sample_rate_hz = 16000;
  plan.discriminator_parameters = 46747132;
  plan.discriminator = "new, alone for its first 500 steps";
  plan.data_dir = "training";
  plan.training_clips = 4812;
  plan.training_seconds = 29520;
  plan.validation_clips = 48;
  plan.skipped_clips = 88;
  plan.store = "312.5 MB of samples in memory, decoded in 3.1 s";
  plan.samples_per_second = 12.44;
  plan.batch_size = 8;
  plan.accumulation_steps = 2;
  plan.steps = 22100;
  plan.steps_in_epoch = 301;
  plan.run_seconds = 34200;
  plan.given_seconds = 34200;
  plan.now_unix_seconds = kEvening;
  plan.device = "NVIDIA GeForce RTX 2070";
  plan.precision = "fp16";
  plan.device_needed_bytes = 6200000000;
  plan.device_free_bytes = 7900000000;
  plan.device_total_bytes = 8300000000;
  plan.memory_needed_bytes = 3100000000;
  plan.memory_free_bytes = 21400000000;
  plan.checkpoint_dir = "checkpoints";
  plan.output_dir = "finetuned";
  return plan;
}

TEST(PlanScreen, SaysAllThatAPersonWantsToKnowBeforeTheNight) {
  const TimeZone utc("UTC");
  EXPECT_EQ(
      plan_text(night()),
      "Voice       facebook/mms-tts-eng: 36,284,592 parameters, 16,000 Hz, 1 speaker\n"
      "            discriminator of 46,747,132 parameters, new, alone for its first 500 steps\n"
      "Data        training: 4,812 clips (8 h 12 min) to train on, 48 to validate with, 88 skipped (skipped.csv)\n"
      "            312.5 MB of samples in memory, decoded in 3.1 s\n"
      "Plan        22,100 steps of 8 clips x 2: 73.42 epochs of 301 steps\n"
      "            ready tomorrow at 07:30, in 9 h 30 min (asked for: 9 h 30 min of training), at 12.4 clips a "
      "second\n"
      "Machine     NVIDIA GeForce RTX 2070, fp16\n"
      "            VRAM: about 6.2 GB needed, 7.9 GB free of 8.3 GB\n"
      "            RAM: about 3.1 GB needed, 21.4 GB free\n"
      "Output      checkpoints: checkpoints, best_model, train.log, metrics.jsonl, TensorBoard\n"
      "            finetuned: the finished voice\n");
}

TEST(PlanScreen, OfASmallContinuedRunWithoutACardLeavesOutWhatThereIsNot) {
  PlanScreen plan;
  plan.voice = "voice";
  plan.parameters = 900000;
  plan.trained_parameters = 512;
  plan.sample_rate_hz = 8000;
  plan.speakers = 6;
  plan.data_dir = "digits";
  plan.training_clips = 1;
  plan.training_seconds = 0.5;
  plan.steps = 20;
  plan.first_step = 5;
  plan.device = "CPU, 2 threads";
  plan.precision = "fp32";
  plan.memory_needed_bytes = 3000000000;
  plan.memory_free_bytes = 2000000000;
  plan.notes = {"fp16 is for cards.", "Nothing is held out."};
  EXPECT_EQ(plan_text(plan),
            "Voice       voice: 900,000 parameters, 512 of them trained, 8,000 Hz, 6 speakers\n"
            "            trained without a discriminator\n"
            "Data        digits: 1 clip (0.5 s) to train on, none to validate with\n"
            "Plan        20 steps; 5 are made already\n"
            "Machine     CPU, 2 threads, fp32\n"
            "            RAM: about 3.0 GB needed, 2.0 GB free: MAY NOT FIT\n"
            "Note        fp16 is for cards.\n"
            "            Nothing is held out.\n");
}

TEST(PlanScreen, NamesTheDayOnTheClockOnTheWall) {
  const TimeZone utc("UTC");
  EXPECT_EQ(clock_text(kEvening + 3600, kEvening), "today at 23:00");
  EXPECT_EQ(clock_text(kEvening + 3 * 3600, kEvening), "tomorrow at 01:00");
  EXPECT_EQ(clock_text(kEvening + 48 * 3600, kEvening), "Tue 24 Nov at 22:00");
  constexpr int64_t kBefore = 1792873800;  // Sat 24 Oct 2026 22:30 in Berlin, whose clocks go back that night
  const TimeZone berlin("CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(clock_text(kBefore + 9 * 3600, kBefore), "tomorrow at 06:30");
}

}  // namespace
