// A run at work: what it holds, and its steps in the order in which they are made. trainer.cpp says the order;
// trainer_start.cpp has what comes before the first step, trainer_loop.cpp the steps, trainer_fit.cpp how they fit into
// memory, trainer_saving.cpp what is kept of them and trainer_end.cpp what comes after the last.
#pragma once
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "best_voice.h"
#include "run_figures.h"
#include "run_plan.h"
#include "speed_test.h"
#include "step_profile.h"
#include "vits/base/machine.h"
#include "vits/checkpoint/saver.h"
#include "vits/report/plan_screen.h"
#include "vits/report/run_report.h"
#include "vits/report/wandb.h"
#include "vits/train/fitted_steps.h"
#include "vits/train/guard.h"
#include "vits/train/progress.h"
#include "vits/train/run_folder.h"
#include "vits/train/session.h"
#include "vits/train/spoken_samples.h"
#include "vits/train/trainer.h"
#include "vits/train/validation.h"

namespace vits::train {

namespace fs = std::filesystem;

// The options as a checkpoint holds them.
formats::Json options_json(RunOptions options);

// A voice that the saver writes, and writes again while that fails.
struct VoiceToKeep {
  checkpoint::VoiceFiles voice;
  std::atomic<bool> is_written = false;
};

struct Trainer::State {
  RunOptions options;
  std::function<fs::path()> find_voice;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  double slept_before = base::slept_seconds();

  std::unique_ptr<RunFolder> folder;
  std::optional<fs::path> resumed_from;
  bool was_finished = false;  // the run that is continued
  Session session;
  std::unique_ptr<data::Loader> loader;
  std::unique_ptr<FittedSteps> fitted;
  std::unique_ptr<Validation> validation;  // empty: nothing is held out
  std::unique_ptr<SpokenSamples> samples;
  std::unique_ptr<report::WandbFollower> wandb;  // ends after the report
  std::unique_ptr<report::RunReport> report;
  checkpoint::Saver saver;

  Progress progress;
  double leaving_seconds = 0.0;  // that the program is expected to take after its last line
  double used_before = 0.0;      // seconds of earlier parts of the run
  std::unique_ptr<LearningRate> rate;
  std::optional<LearningRate::State> resumed_rate;
  std::unique_ptr<TimeBudget> budget;  // empty: the steps are given
  RunLength length;
  Speed speed;
  int64_t steps_per_epoch = 1, discriminator_warmup = 0, log_steps = 1, validate_every = 0;
  Guard guard;
  BestVoice best;
  std::shared_ptr<VoiceToKeep> best_to_keep;  // best's, until it stands on the disk
  double validation_seconds = 0.0;
  std::shared_ptr<const checkpoint::RunState> last_good;
  double saved_at = 0.0;  // seconds from the beginning
  int64_t validated_step = -1;
  bool owes_validation = false;  // at the end of the epoch after which the run was stopped
  std::optional<double> start_loss, end_loss;
  std::optional<ValidationLosses> heard;  // before the first step of this part of the run
  enum class MayTakeBack { kNo, kYes };
  std::string why_it_ended;
  bool gave_up = false;  // the guard did
  std::vector<std::string> notes;

  std::vector<data::ClipNumbers> epoch_batches;
  std::vector<data::ClipNumbers> recent_batches;  // since the last look at the losses
  ThroughputMeter meter;
  StepProfile profile;
  report::StepReport shown;  // the figures of the last look
  Rates rates;               // of the newest step

  // A clock on the wall goes on while the machine is suspended, which is no training.
  double now() const {
    const double awake = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    return options.budget.deadline.empty() ? awake : awake + base::slept_seconds() - slept_before;
  }
  Learner& learner() { return *session.learner; }
  int64_t accumulation() const { return options.optimizer.gradient_accumulation_steps; }
  int64_t steps_of(int64_t batches) const { return (batches + accumulation() - 1) / accumulation(); }

  // Before the first step.
  void check_options() const;  // those that cannot be kept, before hours of downloading and loading
  void find_point();           // to resume from
  void come_to_the_start();    // all of the following
  void load();
  void resume();
  void take_given(const formats::Json& then);  // what may differ from the run that goes on
  std::string validation_data() const;         // which held-out clips are heard
  void make_way();
  void listen_before();
  void measure();
  void make_plan();
  int64_t epochs_to_validation(double seconds_per_step) const;
  report::PlanScreen screen() const;
  void begin();

  // The loop.
  bool finished() const;
  int64_t steps_left() const;
  void begin_epoch();
  void make_step();
  void after_step();
  bool look_at_losses();  // false: the run was taken back
  bool may_end();         // likewise
  Vitals vitals_of(const LossMeans& losses);
  void roll_back(const std::string& reason);
  void end_epoch();
  bool validate(MayTakeBack may_take_back);  // false: the run was taken back
  void take_best();
  void keep_best();
  void speak_samples();
  std::shared_ptr<const checkpoint::RunState> capture(bool finished_run);
  void save(bool finished_run);
  void save_if_healthy();
  void tell_failures();
  report::RunPlace place() const;

  // Into the memory there is.
  void take_batch_size(const fs::path& checkpoint);  // in the place of auto
  void fit();
  void learn(const data::Batch& loaded, BatchPlace place, Learns who, Rates rates);
  data::Batch next_batch();
  // Beside what steps take. True when something was given up for it, so that a second attempt may do.
  bool make_room();
  void leave_out(int64_t clip);
  void write_skipped_list() const;
  void add_fit_figures(report::StepReport& report) const;
  void save_fit(formats::Json& facts) const;
  void restore_fit(const formats::Json& facts);

  // After the last step.
  void finish();
  void write_profile();
  void tell_graphs();
  void write_voice();
  void summarize();
  std::string resume_command() const;
};

}  // namespace vits::train
