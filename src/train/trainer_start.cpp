#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "trainer_state.h"
#include "vits/base/error.h"
#include "vits/exporter/write_voice.h"
#include "vits/report/figures.h"
#include "vits/report/progress.h"
#include "vits/train/training_needs.h"

namespace vits::train {

namespace {

constexpr double kSecondsBetweenReports = 5.0;
constexpr int64_t kMostStepsBetweenReports = 50;
constexpr double kMostOfBudgetForMeasuring = 0.03;
// Of the hours, for what no measurement foretells: without it 180 s on a busy machine became 180.4.
constexpr double kUnforeseenShare = 0.005;
constexpr int64_t kMostDiscriminatorWarmup = 500;
constexpr int64_t kLeastLikeMms = 30'000'000, kMostLikeMms = 50'000'000;  // parameters of the voice

int64_t unix_now() { return static_cast<int64_t>(std::time(nullptr)); }

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

void Trainer::State::load() {
  session = open_session(options, voice_path);
  notes.insert(notes.end(), session.notes.begin(), session.notes.end());
  const at::Device device = session.learner->device();
  loader = std::make_unique<data::Loader>(*session.store, device, options.loader, free_device_bytes(device));
  fit();
  epoch_batches = session.sampler->epoch(0);
  steps_per_epoch = steps_of(static_cast<int64_t>(epoch_batches.size()));
  if (!session.store->validation().empty())
    validation = std::make_unique<Validation>(*session.store, options.loader, device, options.batches.batch_size,
                                              options.saving.validation_clips);
}

void Trainer::State::resume(const fs::path& path) {
  const auto state = std::make_shared<const checkpoint::RunState>(checkpoint::read_run_state(path));
  const formats::Json& facts = state->facts;
  compare_options(facts.at("options"), options_json(options), path.string(), notes);
  learner().restore(*state, path.string());
  progress = facts.get<Progress>();
  was_finished = facts.value("finished", false);
  used_before = facts.at("used_seconds").get<double>();
  discriminator_warmup = facts.at("discriminator_warmup");
  log_steps = facts.at("log_steps");
  validate_every = facts.at("validate_every");
  // An earlier version kept the number of rollbacks alone, beside the other facts.
  guard = facts.value("guard", facts).get<Guard>();
  restore_fit(facts);
  best = facts.at("best").get<BestVoice>();
  resumed_rate = rate_state(facts.at("rate"));
  if (const auto then = facts.find("start_loss"); then != facts.end() && then->is_number()) start_loss = *then;
  if (const auto then = facts.find("validation_mel"); then != facts.end() && then->is_number()) {
    validated_step = progress.step;
    end_loss = *then;
  }
  owes_validation = progress.batch_in_epoch == 0 && progress.epoch > 0 && validate_every > 0
                    && progress.epoch % validate_every == 0 && validated_step != progress.step;
  if (const std::string then = facts.at("data"); then != session.store->fingerprint()) {
    notes.push_back("the clips are not those of the checkpoint: the epoch at work begins anew with those of now");
    progress.batch_in_epoch = 0;
    validated_step = -1;
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
  speed = measure_speed(session, *loader, *fitted, accumulation(), options.budget.benchmark_samples, most);
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
    budget = std::make_unique<TimeBudget>(*length.seconds * (1 - kUnforeseenShare), used_before, costs);
    const int64_t of_epoch = steps_of(progress.batch_in_epoch);
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
  if (!fitted->clips_left_out().empty()) write_skipped_list();
  saved_at = now();
  meter.start(now(), progress, loader->waited_seconds());
  if (options.report.profile) profile.begin(moments_of(learner().device()));
  if (!owes_validation) return;
  validate();
  if (progress.epoch % options.saving.save_every == 0) save_if_healthy();
}

}  // namespace vits::train
