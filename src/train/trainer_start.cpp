#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <utility>

#include "trainer_state.h"
#include "vits/base/error.h"
#include "vits/exporter/write_voice.h"
#include "vits/report/figures.h"
#include "vits/report/log.h"
#include "vits/report/progress.h"
#include "vits/train/out_of_memory.h"
#include "vits/train/resumed_options.h"
#include "vits/train/training_needs.h"

namespace vits::train {

namespace {

constexpr double kSecondsBetweenReports = 5.0;
constexpr int64_t kMostStepsBetweenReports = 50;
constexpr int64_t kStepsBetweenReports = 10;  // where the steps are given: on any machine the same
constexpr double kMostOfBudgetForMeasuring = 0.03;
constexpr double kGlanceSeconds = 0.5;  // at the speed, where the steps are given and it is only told
// Of the hours, for what no measurement foretells: without it 180 s on a busy machine became 180.4.
constexpr double kUnforeseenShare = 0.005;
constexpr int64_t kMostDiscriminatorWarmup = 500;
constexpr int64_t kLeastLikeMms = 30'000'000, kMostLikeMms = 50'000'000;  // parameters of the voice

int64_t unix_now() { return static_cast<int64_t>(std::time(nullptr)); }
int64_t unix_seconds_ago(double seconds) { return unix_now() - std::llround(seconds); }

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

// With all that --speakers, --add_symbols and their like made of the voice when the run began: a checkpoint is a voice
// too. Only what it came from is not in its weights.
Session session_of_the_run(RunOptions options, const fs::path& checkpoint) {
  options.voice.speakers = VoiceOptions().speakers;
  options.voice.add_symbols.clear();
  options.voice.reinitialize.clear();
  options.voice.discriminator.clear();
  const formats::Json facts = checkpoint::read_run_facts(checkpoint);
  // Spectrograms that are kept are rounded, those of each step are not.
  if (!facts.value("kept_mels", true) && options.store.precompute_mels == "auto")
    options.store.precompute_mels = "false";
  Session session = open_session(options, checkpoint);
  // How a checkpoint reads as a voice is nothing new to a run that goes on.
  std::erase_if(session.notes, [&](const std::string& note) {
    return std::ranges::find(session.voice.notes, note) != session.voice.notes.end();
  });
  if (facts.value("kept_mels", false) && !session.store->mels().defined())
    session.notes.push_back(
        "the mel spectrograms were kept before and are computed at each step now: the end differs in the last digits");
  if (facts.contains("base_voice")) {
    const formats::Json& base = facts.at("base_voice");
    session.voice.kind = base.at("torchscript") ? checkpoint::VoiceKind::torchscript : checkpoint::VoiceKind::run;
    session.voice.source = base.at("source").get<std::string>();
  }
  return session;
}

}  // namespace

void Trainer::State::check_options() const {
  warmup_asked_for(options.voice.discriminator_warmup_steps);
  if (const std::string& judges = options.voice.discriminator; !judges.empty()) {
    if (!options.voice.adversarial)
      throw UsageError("--discriminator has no use with --adversarial false. Leave one out.");
    if (!fs::exists(judges) && options.saving.resume.empty())
      throw Error("--discriminator {}: there is no such file or folder.", judges);
  }
  length_of(options.budget, 1, unix_seconds_ago(now()));
}

void Trainer::State::find_point() {
  resumed_from = point_to_resume(options.places.checkpoint_dir, options.saving.resume, notes);
  if (resumed_from) return;
  for (const std::string& note : std::exchange(notes, {})) report::info("train", "{}", note);  // before a download
}

void Trainer::State::come_to_the_start() {
  if (resumed_from) take_batch_size(*resumed_from);
  load();
  if (resumed_from) resume();
  listen_before();
  measure();
  make_plan();
}

void Trainer::State::load() {
  session = resumed_from ? session_of_the_run(options, *resumed_from) : open_session(options, find_voice());
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

void Trainer::State::resume() {
  const fs::path& path = *resumed_from;
  const auto state = std::make_shared<const checkpoint::RunState>(checkpoint::read_run_state(path));
  const formats::Json& facts = state->facts;
  check_version(facts, path.string());
  compare_options(facts.at("options"), options_json(options), path, notes);
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
  if (!facts.value("best_is_written", true)) best = {};
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
  if (facts.contains("validation_data") && facts.at("validation_data") != validation_data()) {
    notes.push_back("other held-out clips are heard than before: which voice is the best is found out anew");
    best = {};
    start_loss.reset();
    end_loss.reset();
    validated_step = -1;
  }
  take_given(facts.at("options"));
}

std::string Trainer::State::validation_data() const {
  return fmt::format("{} of {}", validation ? validation->clips() : 0, session.store->validation_fingerprint());
}

void Trainer::State::take_given(const formats::Json& then) {
  const formats::Json now = options_json(options);
  const auto differs = [&](const char* name) { return then.contains(name) && then.at(name) != now.at(name); };
  if (differs("log_steps")) log_steps = options.report.log_steps > 0 ? options.report.log_steps : log_steps;
  if (differs("validate_every")) validate_every = options.saving.validate_every;
  if (differs("discriminator_warmup_steps"))
    discriminator_warmup = warmup_asked_for(options.voice.discriminator_warmup_steps).value_or(discriminator_warmup);
}

void Trainer::State::make_way() {
  if (folder->make_way(resumed_from, notes)) best = {};
  if (!resumed_from || best.step() < 0 || fs::exists(folder->best_model())) return;
  notes.push_back(
      fmt::format("{} is not there: the voice of now is the best one to begin with", folder->best_model().string()));
  best = {};
}

void Trainer::State::listen_before() {
  if (!validation) return;
  report::Progress bar("listening to the voice before training", validation->clips(), "clips");
  const double begin = now();
  try {
    heard = validation->run(learner(), [&](int64_t done, int64_t) { bar.set(done); });
  } catch (const std::exception& failure) {
    if (!is_out_of_memory(failure)) throw;
    make_room();
    notes.push_back(
        fmt::format("there was no memory to listen to the voice before training ({})", want_of_memory(failure)));
  }
  validation_seconds = now() - begin;
  if (!resumed_from && heard) start_loss = heard->mel;
}

void Trainer::State::measure() {
  length = length_of(options.budget, steps_per_epoch, unix_seconds_ago(now()));
  // A clock on the wall does not care how long earlier parts of the run took.
  if (length.seconds && !options.budget.deadline.empty()) *length.seconds += used_before;
  const double most = length.seconds ? std::max(1.0, kMostOfBudgetForMeasuring * *length.seconds) : kGlanceSeconds;
  speed = measure_speed(session, *loader, *fitted, accumulation(), options.budget.benchmark_samples, most);
  if (!validation) heard = ValidationLosses{.mel = speed.mel_loss};
}

int64_t Trainer::State::epochs_to_validation(double seconds_per_step) const {
  if (options.saving.validate_every > 0) return options.saving.validate_every;
  return epochs_between_validations(validation_seconds, seconds_per_step * static_cast<double>(steps_per_epoch));
}

void Trainer::State::make_plan() {
  int64_t left = 0;
  if (length.steps) {
    left = *length.steps - progress.step;
  } else {
    if (validate_every == 0 && validation) validate_every = epochs_to_validation(speed.seconds_per_step);
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
          "{} are too short: loading and measuring took {}, the end will take some {}, and a single step takes {}. "
          "Give "
          "more with --target_hours, or lower --batch_size and --gradient_accumulation_steps.",
          report::duration_text(*length.seconds), report::duration_text(now()),
          report::duration_text(validation_seconds + leaving_seconds), report::duration_text(speed.seconds_per_step));
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
      log_steps = length.seconds ? std::clamp<int64_t>(std::llround(kSecondsBetweenReports / speed.seconds_per_step), 1,
                                                       kMostStepsBetweenReports)
                                 : kStepsBetweenReports;
  }
  const int64_t held = std::max<int64_t>(0, discriminator_warmup - progress.step);
  if (left > 0 && held >= left)
    notes.push_back(
        fmt::format("only the discriminators learn: --discriminator_warmup_steps holds the voice for all {} steps",
                    report::thousands(left)));
  rate = std::make_unique<LearningRate>(options.schedule, left - std::min(held, left), steps_per_epoch);
  if (!resumed_rate) return;
  auto laid_anew = std::exchange(rate, std::make_unique<LearningRate>(*rate));
  rate->restore(*resumed_rate);
  if (rate->now() > 0 || left == 0) return;
  rate = std::move(laid_anew);  // of a finished run the rate is 0: steps that are added would change nothing
  rate->scale(resumed_rate->factor);
  notes.push_back(fmt::format("the schedule had come to its end: a new one lies over the {} steps that are added",
                              report::thousands(left)));
}

report::PlanScreen Trainer::State::screen() const {
  const auto& networks = session.learner->networks();
  report::PlanScreen screen = screen_of(*session.learner, networks);
  screen.voice = options.places.model_name;
  if (networks.discriminators) {
    screen.discriminator = resumed_from                           ? "the run's own"
                           : !options.voice.discriminator.empty() ? "that of " + options.voice.discriminator
                           : session.fresh_discriminators         ? "new"
                                                                  : "the voice's own";
    if (discriminator_warmup > progress.step)
      screen.discriminator += fmt::format(", alone for its first {} steps", report::thousands(discriminator_warmup));
  }
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
  screen.run_seconds = length.seconds ? std::max(0.0, *length.seconds - used_before - now())
                                      : speed.seconds_per_step * static_cast<double>(steps_left());
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
  if (!resumed_from && validation && heard)
    report->validation(place(), {{"mel", heard->mel}, {"kl", heard->kl}, {"duration", heard->duration}},
                       validation_seconds);
  const bool has_best = best.step() >= 0;
  if (!has_best && heard) best.count(heard->mel, progress.step, progress.epoch);
  if (!resumed_from) {
    exporter::write_huggingface(folder->best_model(), voice_now(session));
    if (budget) budget->count_end(validation_seconds + now() - begin + leaving_seconds);
  } else if (!has_best) {
    take_best();
  }
  if (!resumed_from && options.report.sample_steps > 0) speak_samples();
  if (!fitted->clips_left_out().empty()) write_skipped_list();
  saved_at = now();
  meter.start(now(), progress, loader->waited_seconds());
  if (options.report.profile) profile.begin(moments_of(learner().device()));
  if (!owes_validation || !validate(MayTakeBack::kYes)) return;
  if (progress.epoch % options.saving.save_every == 0) save_if_healthy();
}

}  // namespace vits::train
