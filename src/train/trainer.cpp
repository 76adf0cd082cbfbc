#include "vits/train/trainer.h"

#include <algorithm>
#include <cstdio>

#include "trainer_state.h"
#include "vits/exporter/write_voice.h"

namespace vits::train {

namespace {

// Giving everything back takes a quarter of the time that loading the program took, on a busy machine too.
constexpr double kLeavingShare = 0.25, kMostLeavingSeconds = 1.0;

}  // namespace

Trainer::Trainer(const RunOptions& options, std::function<fs::path()> find_voice, double seconds_ago)
    : state_(std::make_unique<State>()) {
  state_->leaving_seconds = std::min(kLeavingShare * seconds_ago, kMostLeavingSeconds);
  state_->began -=
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(seconds_ago));
  state_->options = options;
  state_->find_voice = std::move(find_voice);
}

Trainer::~Trainer() {
  if (state_->session.store) state_->session.store->give_up_cache();
}

void Trainer::plan() {
  State& run = *state_;
  run.check_options();
  if (!run.options.saving.resume.empty()) run.find_point();
  run.come_to_the_start();
  std::fputs(report::plan_text(run.screen()).c_str(), stdout);
}

void Trainer::run() {
  State& run = *state_;
  run.check_options();
  exporter::check_replaceable(run.options.places.output_dir);
  run.folder = std::make_unique<RunFolder>(run.options.places.checkpoint_dir);
  run.find_point();
  run.come_to_the_start();
  run.make_way();
  run.report = std::make_unique<report::RunReport>(run.folder->path(), run.progress.step);
  if (run.options.report.wandb)
    run.wandb = std::make_unique<report::WandbFollower>(run.folder->path(), run.options.report.wandb_project);
  run.samples = std::make_unique<SpokenSamples>(run.session, run.options.report.sample_text);
  formats::write_json(run.folder->path() / "options.json", options_json(run.options));
  run.report->info(report::plan_text(run.screen()));
  run.begin();
  do {
    while (!run.finished()) {
      run.make_step();
      run.after_step();
    }
  } while (!run.may_end());  // taken back at the end: there are steps to make again
  run.finish();
}

}  // namespace vits::train
