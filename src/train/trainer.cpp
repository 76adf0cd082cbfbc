#include "vits/train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <limits>

#include "best_voice.h"
#include "run_figures.h"
#include "run_plan.h"
#include "speed_test.h"
#include "vits/base/error.h"
#include "vits/base/stop_signal.h"
#include "vits/checkpoint/saver.h"
#include "vits/exporter/write_voice.h"
#include "vits/report/figures.h"
#include "vits/report/log.h"
#include "vits/report/plan_screen.h"
#include "vits/report/progress.h"
#include "vits/report/run_report.h"
#include "vits/report/summary.h"
#include "vits/report/wandb.h"
#include "vits/train/guard.h"
#include "vits/train/progress.h"
#include "vits/train/run_folder.h"
#include "vits/train/session.h"
#include "vits/train/spoken_samples.h"
#include "vits/train/step_batch.h"
#include "vits/train/training_needs.h"
#include "vits/train/validation.h"

namespace vits::train {

namespace fs = std::filesystem;

namespace {

constexpr double kSecondsBetweenReports = 5.0;
constexpr int64_t kMostStepsBetweenReports = 50;
constexpr double kMostOfBudgetForMeasuring = 0.03;
// Giving everything back takes a quarter of the time that loading the program took, on a busy machine too.
constexpr double kLeavingShare = 0.25, kMostLeavingSeconds = 1.0;
constexpr int64_t kMostDiscriminatorWarmup = 500;
constexpr int64_t kLeastLikeMms = 30'000'000, kMostLikeMms = 50'000'000;  // parameters of the voice
// Fresh discriminators begin from nothing, so they learn at the rate that voices are trained with from nothing.
constexpr double kDiscriminatorWarmupRate = 2e-4;

int64_t unix_now() { return static_cast<int64_t>(std::time(nullptr)); }

formats::Json json_of(RunOptions options) {
  formats::Json json = base::to_json(base::OptionTable::of(options));
  json.erase("resume");
  return json;
}

// The voice's own files, so that a checkpoint opens as a voice (checkpoint/run_state.h).
formats::Json voice_facts(const checkpoint::VoiceFiles& voice) {
  formats::Json facts{{"config", checkpoint::config_to_json(voice.config, voice.raw_config)},
                      {"vocab", voice.vocab},
                      {"tokenizer_config", voice.tokenizer_config},
                      {"special_tokens_map", voice.special_tokens_map},
                      {"added_tokens", voice.added_tokens},
                      {"preprocessor_config", voice.preprocessor_config}};
  for (size_t id = 0; id < voice.speakers.size(); ++id) facts["speakers"][voice.speakers[id]] = id;
  return facts;
}

std::optional<int64_t> warmup_asked_for(const std::string& text) {
  if (text == "auto") return {};
  try {
    size_t read = 0;
    const int64_t steps = std::stoll(text, &read);
    if (read == text.size() && steps >= 0) return steps;
  } catch (const std::exception&) {
  }
  throw UsageError("--discriminator_warmup_steps is \"{}\", but must be auto or a number of steps.", text);
}

}  // namespace

struct Trainer::State {
  RunOptions options;
  fs::path voice_path;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();

  std::unique_ptr<RunFolder> folder;
  std::optional<fs::path> resumed_from;
  bool was_finished = false;  // the run that is continued
  Session session;
  std::unique_ptr<data::Loader> loader;
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
  double validation_seconds = 0.0;
  std::shared_ptr<const checkpoint::RunState> last_good;
  double saved_at = 0.0;  // seconds from the beginning
  int64_t validated_step = -1;
  std::optional<double> start_loss, end_loss;
  std::string why_it_ended;
  bool gave_up = false;  // the guard did
  std::vector<std::string> notes;

  std::vector<data::ClipNumbers> epoch_batches;
  std::vector<data::ClipNumbers> recent_batches;  // since the last look at the losses
  ThroughputMeter meter;
  report::StepReport shown;  // the figures of the last look

  double now() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(); }
  Learner& learner() { return *session.learner; }
  int64_t accumulation() const { return options.optimizer.gradient_accumulation_steps; }

  // Before the first step.
  void load();
  void resume(const fs::path& path);
  void listen_before();
  void measure();
  void make_plan();
  report::PlanScreen screen() const;
  void begin();

  // The loop.
  bool finished() const;
  int64_t steps_left() const;
  void begin_epoch();
  void make_step();
  void after_step();
  bool look_at_losses();  // false: the run was taken back
  void roll_back(const std::string& reason);
  void end_epoch();
  void validate();
  void speak_samples();
  std::shared_ptr<const checkpoint::RunState> capture(bool finished_run);
  void save(bool finished_run);
  void save_if_healthy();
  void tell_failures();
  report::RunPlace place() const;

  // After the last step.
  void finish();
  void write_voice();
  void summarize();
  std::string resume_command() const;
};

// ---------------------------------------------------------------- before the first step

void Trainer::State::load() {
  session = open_session(options, voice_path);
  notes.insert(notes.end(), session.notes.begin(), session.notes.end());
  const at::Device device = session.learner->device();
  loader = std::make_unique<data::Loader>(*session.store, device, options.loader, free_device_bytes(device));
  epoch_batches = session.sampler->epoch(0);
  steps_per_epoch = (static_cast<int64_t>(epoch_batches.size()) + accumulation() - 1) / accumulation();
  if (!session.store->validation().empty())
    validation = std::make_unique<Validation>(*session.store, options.loader, device, options.batches.batch_size,
                                              options.saving.validation_clips);
}

void Trainer::State::resume(const fs::path& path) {
  const auto state = std::make_shared<const checkpoint::RunState>(checkpoint::read_run_state(path));
  const formats::Json& facts = state->facts;
  compare_options(facts.at("options"), json_of(options), path.string(), notes);
  learner().restore(*state, path.string());
  progress = facts.get<Progress>();
  was_finished = facts.value("finished", false);
  used_before = facts.at("used_seconds").get<double>();
  discriminator_warmup = facts.at("discriminator_warmup");
  log_steps = facts.at("log_steps");
  validate_every = facts.at("validate_every");
  guard.restore(facts.at("rollbacks").get<int>());
  best = facts.at("best").get<BestVoice>();
  resumed_rate = rate_state(facts.at("rate"));
  if (const auto then = facts.find("start_loss"); then != facts.end() && then->is_number()) start_loss = *then;
  if (const std::string then = facts.at("data"); then != session.store->fingerprint()) {
    notes.push_back("the clips are not those of the checkpoint: the epoch at work begins anew with those of now");
    progress.batch_in_epoch = 0;
  }
  resumed_from = path;
}

void Trainer::State::listen_before() {
  if (!validation) return;
  report::Progress bar("listening to the voice before training", validation->clips(), "clips");
  const double begin = now();
  const ValidationLosses losses = validation->run(learner(), [&](int64_t done, int64_t) { bar.set(done); });
  validation_seconds = now() - begin;
  if (!resumed_from) start_loss = losses.mel;
}

void Trainer::State::measure() {
  length = length_of(options.budget, steps_per_epoch, unix_now());
  if (!length.seconds) return;
  // A clock on the wall does not care how long earlier parts of the run and this one's loading took.
  if (!options.budget.deadline.empty() && options.budget.epochs == 0) *length.seconds += used_before + now();
  const double most = std::max(1.0, kMostOfBudgetForMeasuring * *length.seconds);
  speed = measure_speed(session, *loader, accumulation(), options.budget.benchmark_samples, most);
}

void Trainer::State::make_plan() {
  int64_t left = 0;
  if (length.steps) {
    left = *length.steps - progress.step;
  } else {
    if (validate_every == 0 && validation)
      validate_every =
          epochs_between_validations(validation_seconds, speed.seconds_per_step * static_cast<double>(steps_per_epoch));
    const Costs costs{.seconds_per_step = speed.seconds_per_step,
                      .seconds_per_validation = validation_seconds,
                      .seconds_per_checkpoint = 0.0,  // known after the first
                      .seconds_at_end = validation_seconds + leaving_seconds,
                      .steps_per_validation = validation ? validate_every * steps_per_epoch : 0,
                      .steps_per_checkpoint = options.saving.save_every * steps_per_epoch};
    budget = std::make_unique<TimeBudget>(*length.seconds, used_before, costs);
    const int64_t of_epoch = (progress.batch_in_epoch + accumulation() - 1) / accumulation();
    const int64_t every = std::max<int64_t>(1, validate_every);
    budget->start(0.0, progress.epoch % every * steps_per_epoch + of_epoch,
                  progress.epoch % options.saving.save_every * steps_per_epoch + of_epoch);
    left = budget->steps_left(now());
    if (left == 0 && !resumed_from)
      throw Error(
          "{} are too short for a single step, which takes {} here. Give more with --target_hours, or lower "
          "--batch_size and --gradient_accumulation_steps.",
          report::duration_text(*length.seconds), report::duration_text(speed.seconds_per_step));
  }
  // A run that was killed after its last step still owes its last validation and its voice.
  if (left <= 0 && (!resumed_from || was_finished))
    throw Error("all {} steps that were asked for are made already. Ask for more with --max_steps or --epochs.",
                report::thousands(progress.step));
  left = std::max<int64_t>(0, left);
  if (!resumed_from) {
    const auto asked = warmup_asked_for(options.voice.discriminator_warmup_steps);
    discriminator_warmup = !options.voice.adversarial     ? 0
                           : asked                        ? *asked
                           : session.fresh_discriminators ? std::min((left + 19) / 20, kMostDiscriminatorWarmup)
                                                          : 0;
    log_steps = options.report.log_steps;
    if (log_steps == 0)
      log_steps = speed.seconds_per_step > 0 ? std::clamp<int64_t>(
                      std::llround(kSecondsBetweenReports / speed.seconds_per_step), 1, kMostStepsBetweenReports)
                                             : 10;
  }
  const int64_t held = std::max<int64_t>(0, discriminator_warmup - progress.step);
  rate = std::make_unique<LearningRate>(options.schedule, left - std::min(held, left), steps_per_epoch);
  if (resumed_rate) rate->restore(*resumed_rate);
}

report::PlanScreen Trainer::State::screen() const {
  const auto& networks = session.learner->networks();
  report::PlanScreen screen = screen_of(*session.learner, networks);
  screen.voice = options.places.model_name;
  if (networks.discriminators)
    screen.discriminator = !session.fresh_discriminators ? "the voice's own"
                           : discriminator_warmup > 0
                               ? fmt::format("new, alone for its first {} steps", discriminator_warmup)
                               : "new";
  screen.data_dir = options.places.data_dir;
  screen.training_clips = static_cast<int64_t>(session.store->training().size());
  screen.training_seconds = session.store->training_seconds();
  screen.validation_clips = static_cast<int64_t>(session.store->validation().size());
  screen.skipped_clips = static_cast<int64_t>(session.store->skipped().size());
  screen.store = session.store->how();
  screen.checkpoint_dir = options.places.checkpoint_dir;
  screen.output_dir = options.places.output_dir;
  screen.notes = notes;
  screen.samples_per_second = speed.samples_per_second;
  screen.batch_size = options.batches.batch_size;
  screen.accumulation_steps = accumulation();
  screen.first_step = progress.step;
  screen.steps = progress.step + steps_left();
  screen.steps_in_epoch = steps_per_epoch;
  screen.run_seconds = length.seconds ? std::max(0.0, *length.seconds - used_before - now()) : 0.0;
  screen.given_seconds = length.seconds.value_or(0.0);
  screen.now_unix_seconds = unix_now();
  // Known for voices of MMS's size alone; a CPU keeps the network in RAM too.
  if (screen.parameters < kLeastLikeMms || screen.parameters > kMostLikeMms) return screen;
  const TrainingNeeds needs = training_needs(options.batches.batch_size, session.store->bytes());
  const bool on_card = session.learner->device().is_cuda();
  screen.memory_needed_bytes = needs.memory_bytes + (on_card ? 0 : needs.card_bytes);
  screen.device_needed_bytes = on_card ? needs.card_bytes : 0;
  return screen;
}

void Trainer::State::begin() {
  begin_epoch();
  double begin = now();
  last_good = capture(false);
  if (budget) budget->count_checkpoint(now() - begin);
  begin = now();
  // The voice as it was is the first best one; writing it tells what the export at the end will cost.
  if (!resumed_from && start_loss) {
    report->validation(place(), {{"mel", *start_loss}}, validation_seconds);
    best.count(*start_loss, 0, 0);
  }
  if (!resumed_from) {
    exporter::write_huggingface(folder->best_model(), voice_now(session));
    if (budget) budget->count_end(validation_seconds + now() - begin + leaving_seconds);
  }
  if (!resumed_from && options.report.sample_steps > 0) speak_samples();
  saved_at = now();
  meter.start(now(), progress, loader->waited_seconds());
}

int64_t Trainer::State::steps_left() const {
  if (length.steps) return std::max<int64_t>(0, *length.steps - progress.step);
  return budget->steps_left(now());
}

bool Trainer::State::finished() const {
  return base::stop_requested() != 0 || !why_it_ended.empty() || steps_left() == 0;
}

void Trainer::State::begin_epoch() {
  epoch_batches = session.sampler->epoch(progress.epoch);
  steps_per_epoch = (static_cast<int64_t>(epoch_batches.size()) + accumulation() - 1) / accumulation();
  loader->begin({epoch_batches.begin() + progress.batch_in_epoch, epoch_batches.end()});
}

void Trainer::State::make_step() {
  const bool held = progress.step < discriminator_warmup;
  if (!held) rate->plan(steps_left());
  const double peak = options.schedule.learning_rate;
  const double judges_peak =
      options.optimizer.discriminator_learning_rate > 0 ? options.optimizer.discriminator_learning_rate : peak;
  const Rates rates{
      .generator = held ? 0.0 : rate->now(),
      .discriminators = held ? std::max(judges_peak, kDiscriminatorWarmupRate) : rate->now() * judges_peak / peak};
  const int64_t of = std::min(accumulation(), static_cast<int64_t>(epoch_batches.size()) - progress.batch_in_epoch);
  const int64_t segment_frames = session.store->target().segment_frames;
  for (int64_t number = 0; number < of; ++number) {
    const auto loaded = loader->next();
    const auto batch = step_batch(*loaded, session.store->target());
    seed_batch(learner().device(), options.machine.seed + 1'000'003 * guard.rollbacks(), progress.batches);
    const auto draws = model::draw(batch, session.voice.config);
    const auto mel = slice_mel(*loaded, batch, draws, learner().mel_bank(), segment_frames);
    learner().learn(batch, draws, mel, {number, of}, held ? Learns::kDiscriminatorsOnly : Learns::kBoth, rates);
    recent_batches.push_back(loaded->clips);
    ++progress.batches;
    ++progress.batch_in_epoch;
    progress.samples += static_cast<int64_t>(loaded->clips.size());
  }
  ++progress.step;
  if (!held) rate->count_step();
}

report::RunPlace Trainer::State::place() const {
  return {.step = progress.step,
          .steps = progress.step + steps_left(),
          .epoch = progress.epoch + 1,
          .step_in_epoch = (progress.batch_in_epoch + accumulation() - 1) / accumulation(),
          .steps_in_epoch = steps_per_epoch};
}

void Trainer::State::after_step() {
  const bool epoch_ends = progress.batch_in_epoch == static_cast<int64_t>(epoch_batches.size());
  shown.place = place();
  report->live(shown);
  if (!epoch_ends && progress.step % log_steps == 0 && !look_at_losses()) return;
  if (epoch_ends) end_epoch();
  const int64_t sample_steps = options.report.sample_steps;
  if (sample_steps > 0 && progress.step % sample_steps == 0) speak_samples();
  const double minutes = options.saving.save_minutes;
  if (minutes > 0 && now() - saved_at > 60 * minutes && look_at_losses()) save_if_healthy();
  tell_failures();
}

bool Trainer::State::look_at_losses() {
  if (recent_batches.empty()) return true;
  const LossMeans losses = learner().take_losses();
  const auto interval = meter.interval(now(), progress, loader->waited_seconds());
  // While the voice is held a step takes less, which says nothing about those to come.
  const bool held = progress.step <= discriminator_warmup;
  if (budget && !held)
    for (int64_t i = 0; i < losses.updates; ++i) budget->count_step(interval.seconds_per_step);

  report::StepReport& figures = shown;
  figures = step_report(losses, learner());
  figures.place = place();
  figures.learning_rate = rate->now();
  figures.samples_per_second = interval.samples_per_second;
  figures.data_wait_share = interval.data_wait_share;
  figures.epoch_eta_seconds =
      interval.seconds_per_step * static_cast<double>(figures.place.steps_in_epoch - figures.place.step_in_epoch);
  figures.run_eta_seconds = length.seconds ? std::max(0.0, *length.seconds - used_before - now())
                                           : interval.seconds_per_step * static_cast<double>(steps_left());
  figures.elapsed_seconds = used_before + now();
  report->step(figures);
  if (wandb) wandb->look();

  const Vitals vitals{.step = progress.step,
                      .mel = losses[Loss::kMel],
                      .total = losses[Loss::kTotal],
                      .disc = losses[Loss::kDisc],
                      .skipped_updates = losses.skipped_updates,
                      .updates = losses.updates,
                      .scale_at_floor = learner().half() == at::kHalf && learner().loss_scale() <= LossScale::kFloor,
                      .adversarial = learner().adversarial()};
  if (const auto wrong = held ? std::nullopt : guard.look(vitals)) {
    roll_back(*wrong);
    return false;
  }
  if (!held) best.count_training(losses[Loss::kMel]);
  recent_batches.clear();
  return true;
}

void Trainer::State::roll_back(const std::string& reason) {
  std::string clips;
  for (const auto& batch : recent_batches)
    for (const int64_t clip : batch) {
      if (clips.size() > 400) break;
      clips += (clips.empty() ? "" : ", ") + session.store->clips()[static_cast<size_t>(clip)].id;
    }
  recent_batches.clear();
  report->warn(fmt::format("step {}: {}. In the batches since the last look: {}", report::thousands(progress.step),
                           reason, clips));
  const std::string why = fmt::format("{} at step {}", reason, report::thousands(progress.step));
  const formats::Json& facts = last_good->facts;
  learner().restore(*last_good, "the last good state");
  progress = facts.get<Progress>();
  validated_step = -1;
  if (!guard.may_roll_back()) {
    why_it_ended = "given up: " + why;
    gave_up = true;
    return;
  }
  auto rate_then = rate_state(facts.at("rate"));
  rate_then.factor = std::pow(0.5, guard.rollbacks());
  rate->restore(rate_then);
  report->warn(fmt::format("taken back to step {} with the learning rate at {} of the plan ({} of {} times)",
                           report::thousands(progress.step), std::pow(0.5, guard.rollbacks()), guard.rollbacks(),
                           Guard::kMostRollbacks));
  begin_epoch();
}

void Trainer::State::validate() {
  if (validated_step == progress.step) return;
  const double begin = now();
  ValidationLosses losses;
  if (validation) try {
      losses = validation->run(learner(), [](int64_t, int64_t) {});
    } catch (const Stopped&) {
      return;  // the loop sees the signal too, and saves
    }
  validated_step = progress.step;
  const double training_mean = best.take_training_mean();
  if (validation) {
    validation_seconds = now() - begin;
    if (budget) budget->count_validation(validation_seconds);
    meter.leave_out(validation_seconds);
    report->validation(place(), {{"mel", losses.mel}, {"kl", losses.kl}, {"duration", losses.duration}},
                       validation_seconds);
    end_loss = losses.mel;
    if (const auto words = best.overfitting_words(losses.mel, training_mean)) report->warn(*words);
  } else {
    end_loss = training_mean;
  }
  const bool usual = guard.healthy() && std::isfinite(losses.kl + losses.duration);
  const double counted = usual ? *end_loss : std::numeric_limits<double>::infinity();
  if (!best.count(counted, progress.step, progress.epoch)) {
    const int64_t patience = options.budget.early_stopping;
    if (patience > 0 && best.without_gain() >= patience)
      why_it_ended = fmt::format("stopped early after {} validations without a better one", patience);
    return;
  }
  const auto voice = std::make_shared<const checkpoint::VoiceFiles>(voice_now(session));
  const fs::path to = folder->best_model();
  saver.submit("best_model", [voice, to] { exporter::write_huggingface(to, *voice); });
}

void Trainer::State::speak_samples() {
  try {
    samples->speak(session, *report, progress.step);
  } catch (const Stopped&) {
    // the loop sees the signal too, and saves
  } catch (const Error& error) {
    report->warn(fmt::format("the samples of step {} could not be spoken: {}", progress.step, error.what()));
  }
}

std::shared_ptr<const checkpoint::RunState> Trainer::State::capture(bool finished_run) {
  auto state = std::make_shared<checkpoint::RunState>();
  learner().save(*state);
  formats::Json& facts = state->facts;
  formats::Json where;
  to_json(where, progress);
  facts.update(where);
  facts["version"] = 1;
  facts["finished"] = finished_run;
  facts["used_seconds"] = used_before + now();
  facts["discriminator_warmup"] = discriminator_warmup;
  facts["log_steps"] = log_steps;
  facts["validate_every"] = validate_every;
  facts["rollbacks"] = guard.rollbacks();
  facts["rate"] = json_of(rate->state());
  facts["best"] = best;
  facts["data"] = session.store->fingerprint();
  facts["options"] = json_of(options);
  facts["voice"] = voice_facts(session.voice);
  facts["plan"] = {{"steps", progress.step + steps_left()}, {"seconds", length.seconds.value_or(0.0)}};
  if (start_loss) facts["start_loss"] = *start_loss;
  if (end_loss && validated_step == progress.step) facts["validation_mel"] = *end_loss;
  return state;
}

void Trainer::State::save(bool finished_run) {
  const double begin = now();
  last_good = capture(finished_run);
  const bool between_epochs = progress.batch_in_epoch == 0 && progress.epoch > 0;
  const std::string name = between_epochs ? fmt::format("checkpoint_epoch_{}.pt", progress.epoch)
                                          : fmt::format("checkpoint_step_{}.pt", progress.step);
  const fs::path path = folder->path() / name;
  saver.submit(name, [state = last_good, path, keep = options.saving] {
    checkpoint::write_run_state(path, *state);
    checkpoint::remove_old_runs(path.parent_path(), keep.keep_last, keep.keep_best);
  });
  saved_at = now();
  meter.leave_out(saved_at - begin);
  if (budget) budget->count_checkpoint(saved_at - begin);
}

// A state that may be broken is none to go back to, and must not push out those that are whole.
void Trainer::State::save_if_healthy() {
  if (guard.healthy()) return save(false);
  report->warn(fmt::format("step {}: the losses look wrong; no checkpoint until they are usual again",
                           report::thousands(progress.step)));
  saved_at = now();
}

void Trainer::State::tell_failures() {
  for (const std::string& failure : saver.take_failures()) report->warn(failure);
}

void Trainer::State::end_epoch() {
  if (!look_at_losses()) return;
  ++progress.epoch;
  progress.batch_in_epoch = 0;
  if (validate_every == 0)
    validate_every = options.saving.validate_every > 0
                         ? options.saving.validate_every
                         : epochs_between_validations(
                             validation_seconds, meter.last().seconds_per_step * static_cast<double>(steps_per_epoch));
  if (finished()) return;
  if (progress.epoch % validate_every == 0) validate();
  if (progress.epoch % options.saving.save_every == 0) save_if_healthy();
  if (!finished()) begin_epoch();
}

// ---------------------------------------------------------------- after the last step

void Trainer::State::finish() {
  const int signal = base::stop_requested();
  if (signal != 0) {
    report->info(fmt::format("stopping by signal {}: saving step {}", signal, report::thousands(progress.step)));
    save(false);
    saver.wait();
    tell_failures();
    report->info("go on with: " + resume_command());
    report->flush();
    throw Stopped(signal);
  }
  if (!gave_up) validate();
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
  summarize();
  report->flush();
  if (gave_up)
    throw Error("the training was {}. The best voice is in {} and in {}. Try a lower --learning_rate.", why_it_ended,
                folder->best_model().string(), options.places.output_dir);
}

void Trainer::State::write_voice() {
  // Of a run that was given up the newest weights may be worth nothing, whatever the losses said.
  const auto voice = gave_up ? checkpoint::read_voice(folder->best_model()) : voice_now(session);
  exporter::write_huggingface(options.places.output_dir, voice);
  if (voice.kind == checkpoint::VoiceKind::torchscript)
    exporter::write_torchscript(fs::path(options.places.output_dir) / "voice.torchscript.pt", voice);
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
    summary.end = {.step = progress.step, .epoch = progress.epoch, .loss = *end_loss};
  summary.best_model = folder->best_model();
  summary.final_model = options.places.output_dir;
  summary.checkpoint_dir = folder->path();
  summary.checkpoints_kept =
      static_cast<int64_t>(checkpoint::saved_runs(folder->path(), [](const fs::path&, const std::string&) {}).size());
  summary.skipped_clips = static_cast<int64_t>(session.store->skipped().size());
  summary.skipped_file = fs::path(options.places.data_dir) / "skipped.csv";
  if (!samples->texts().empty()) summary.sentence = samples->texts().front();
  if (session.voice.config.has_speakers() && !session.voice.speakers.empty())
    summary.speaker = session.voice.speakers.front();
  report->info(report::summary_text(summary));
}

std::string Trainer::State::resume_command() const {
  std::string command = "vits-train --resume auto";
  if (options.places.checkpoint_dir != PlaceOptions().checkpoint_dir)
    command += " --checkpoint_dir " + report::shell_word(options.places.checkpoint_dir);
  return command;
}

// ---------------------------------------------------------------- the door

Trainer::Trainer(const RunOptions& options, fs::path voice_path, double seconds_ago)
    : state_(std::make_unique<State>()) {
  state_->leaving_seconds = std::min(kLeavingShare * seconds_ago, kMostLeavingSeconds);
  state_->began -=
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(seconds_ago));
  state_->options = options;
  state_->voice_path = std::move(voice_path);
}

Trainer::~Trainer() = default;

void Trainer::plan() {
  State& run = *state_;
  run.load();
  run.listen_before();
  run.measure();
  run.make_plan();
  std::fputs(report::plan_text(run.screen()).c_str(), stdout);
}

void Trainer::run() {
  State& run = *state_;
  exporter::check_replaceable(run.options.places.output_dir);
  run.folder = std::make_unique<RunFolder>(run.options.places.checkpoint_dir);
  const auto point = run.folder->point_to_resume(run.options.saving.resume, run.notes);
  run.load();
  if (point) run.resume(*point);
  run.report = std::make_unique<report::RunReport>(run.folder->path(), run.progress.step);
  if (run.options.report.wandb)
    run.wandb = std::make_unique<report::WandbFollower>(run.folder->path(), run.options.report.wandb_project);
  run.samples = std::make_unique<SpokenSamples>(run.session, run.options.report.sample_text);
  formats::write_json(run.folder->path() / "options.json", json_of(run.options));
  run.listen_before();
  run.measure();
  run.make_plan();
  run.report->info(report::plan_text(run.screen()));
  run.begin();
  do {
    while (!run.finished()) {
      run.make_step();
      run.after_step();
    }
  } while (!run.look_at_losses());  // taken back at the end: there are steps to make again
  run.finish();
}

}  // namespace vits::train
