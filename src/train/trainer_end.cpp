#include <fmt/format.h>

#include <algorithm>

#include "trainer_state.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/base/stop_signal.h"
#include "vits/exporter/write_voice.h"
#include "vits/report/figures.h"
#include "vits/report/summary.h"

namespace vits::train {

void Trainer::State::finish() {
  write_profile();
  tell_graphs();
  if (session.store->give_up_cache())
    report->info("ending before what was decoded could be kept: the next start decodes the clips again");
  if (!gave_up && base::stop_requested() == 0) validate(MayTakeBack::kNo);
  if (const int signal = base::stop_requested(); signal != 0) {
    report->info(fmt::format("stopping by signal {}: saving step {}", signal, report::thousands(progress.step)));
    save(false);
    saver.wait();
    tell_failures();
    report->info("go on with: " + resume_command());
    report->flush();
    throw Stopped(signal);
  }
  saver.wait();
  try {
    write_voice();
  } catch (const Error&) {
    if (!gave_up) save(false);  // so that --resume auto has only the voice left to write
    saver.wait();
    tell_failures();
    report->info("when there is room, this makes the end again: " + resume_command());
    throw;
  }
  if (!gave_up) save(true);
  saver.wait();
  tell_failures();
  if (best_to_keep && !best_to_keep->is_written)
    report->warn(fmt::format("the best voice, of step {}, could not be written: {} holds an earlier one",
                             report::thousands(best.step()), folder->best_model().string()));
  summarize();
  report->flush();
  if (gave_up)
    throw Error("the training was {}. The best voice is in {} and in {}. Try a lower --learning_rate.", why_it_ended,
                folder->best_model().string(), options.places.output_dir);
}

void Trainer::State::tell_graphs() {
  if (learner().device().is_cpu()) return;
  const auto of = session.graphs->figures();
  report->info(fmt::format("CUDA graphs: {}; {} recorded, {} kept, {:.1f} % of {} batches made by them",
                           session.graphs->text(), of.recorded, of.graphs,
                           100.0 * static_cast<double>(of.repeated_steps)
                               / static_cast<double>(std::max<int64_t>(1, of.repeated_steps + of.eager_steps)),
                           report::thousands(of.repeated_steps + of.eager_steps)));
}

void Trainer::State::write_profile() {
  if (!profile.is_on()) return;
  learner().wait();
  profile.end();
  const report::Profile& figures = profile.figures();
  const fs::path path = folder->path() / "profile_trace.json";
  try {
    base::write_file(path, figures.trace(device_text(learner().device())));
    report->info(figures.table() + "  Open " + path.string() + " at https://ui.perfetto.dev or in chrome://tracing");
  } catch (const Error& error) {
    report->warn(fmt::format("the profile's trace could not be written: {}", error.what()));
    report->info(figures.table());
  }
}

void Trainer::State::write_voice() {
  // Of a run that was given up the newest weights may be worth nothing, whatever the losses said.
  auto voice = gave_up ? checkpoint::read_voice(folder->best_model()) : voice_now(session);
  // Those that did not learn, or were not kept with the best voice, stay in the archive as they came.
  if (voice.discriminators.empty()) voice.discriminators = session.voice.discriminators;
  const bool from_archive = session.voice.kind == checkpoint::VoiceKind::torchscript;
  const std::string note =
      exporter::write_trained(options.places.output_dir, voice, from_archive ? session.voice.source : fs::path());
  if (!note.empty()) report->info(note);
}

void Trainer::State::summarize() {
  report::RunSummary summary;
  summary.why_it_ended = why_it_ended;
  summary.steps = progress.step;
  summary.epochs =
      static_cast<double>(progress.epoch)
      + static_cast<double>(progress.batch_in_epoch) / std::max(1.0, static_cast<double>(epoch_batches.size()));
  summary.used_seconds = used_before + now();
  summary.given_seconds = length.seconds.value_or(0.0);
  summary.samples_per_second = meter.samples_per_second();
  if (!validation) summary.measure = "training mel loss";
  if (start_loss) summary.start = {.step = 0, .epoch = 0, .loss = *start_loss};
  if (best.step() >= 0) summary.best = {.step = best.step(), .epoch = best.epoch(), .loss = best.value()};
  if (end_loss && validated_step == progress.step)
    summary.end = {.step = progress.step, .epoch = place().epoch, .loss = *end_loss};
  summary.best_model = folder->best_model();
  summary.final_model = options.places.output_dir;
  summary.checkpoint_dir = folder->path();
  summary.checkpoints_kept =
      static_cast<int64_t>(checkpoint::saved_runs(folder->path(), [](const fs::path&, const std::string&) {}).size());
  summary.skipped_clips = static_cast<int64_t>(session.store->skipped().size() + fitted->clips_left_out().size());
  summary.skipped_file = fs::path(options.places.data_dir) / "skipped.csv";
  if (!samples->texts().empty()) summary.sentence = samples->texts().front();
  if (session.voice.config.has_speakers() && !session.voice.speakers.empty())
    summary.speaker = session.voice.speakers.front();
  if (profile.figures().steps() > 0) summary.profile = profile.figures().summary();
  report->info(report::summary_text(summary));
}

std::string Trainer::State::resume_command() const {
  std::string command = "vits-train --resume auto";
  if (options.places.checkpoint_dir != PlaceOptions().checkpoint_dir)
    command += " --checkpoint_dir " + report::shell_word(options.places.checkpoint_dir);
  return command;
}

}  // namespace vits::train
