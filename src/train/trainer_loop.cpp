#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "trainer_state.h"
#include "vits/base/stop_signal.h"
#include "vits/report/figures.h"

namespace vits::train {

namespace {

// Fresh discriminators begin from nothing, so they learn at the rate that voices are trained with from nothing.
constexpr double kDiscriminatorWarmupRate = 2e-4;

}  // namespace

int64_t Trainer::State::steps_left() const {
  if (length.steps) return std::max<int64_t>(0, *length.steps - progress.step);
  return budget->steps_left(now());
}

bool Trainer::State::finished() const {
  return base::stop_requested() != 0 || !why_it_ended.empty() || steps_left() == 0;
}

void Trainer::State::begin_epoch() {
  epoch_batches = session.sampler->epoch(progress.epoch);
  steps_per_epoch = steps_of(static_cast<int64_t>(epoch_batches.size()));
  loader->begin({epoch_batches.begin() + progress.batch_in_epoch, epoch_batches.end()});
}

void Trainer::State::make_step() {
  const bool held = progress.step < discriminator_warmup;
  if (!held) rate->plan(steps_left());
  const double peak = options.schedule.learning_rate;
  const double judges_peak =
      options.optimizer.discriminator_learning_rate > 0 ? options.optimizer.discriminator_learning_rate : peak;
  rates = {.generator = held ? 0.0 : rate->now(),
           .discriminators = held ? std::max(judges_peak, kDiscriminatorWarmupRate) : rate->now() * judges_peak / peak};
  const int64_t of = std::min(accumulation(), static_cast<int64_t>(epoch_batches.size()) - progress.batch_in_epoch);
  profile.begin_step(progress.step + 1);
  for (int64_t number = 0; number < of; ++number) {
    const double waited = loader->waited_seconds();
    const data::Batch loaded = next_batch();
    profile.mark_batch(loader->waited_seconds() - waited);
    learn(loaded, {number, of}, held ? Learns::kDiscriminatorsOnly : Learns::kBoth, rates);
    profile.mark("losses");
    recent_batches.push_back(loaded.clips);
    ++progress.batches;
    ++progress.batch_in_epoch;
    progress.samples += static_cast<int64_t>(loaded.clips.size());
  }
  ++progress.step;
  if (!held) rate->count_step();
}

report::RunPlace Trainer::State::place() const {
  // Between two epochs it is the end of the one, not the beginning of the other.
  const bool between = progress.batch_in_epoch == 0 && progress.epoch > 0;
  return {.step = progress.step,
          .steps = progress.step + steps_left(),
          .epoch = progress.epoch + (between ? 0 : 1),
          .step_in_epoch = between ? steps_per_epoch : steps_of(progress.batch_in_epoch),
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
  if (gave_up || learner().untaken_batches() == 0) return true;
  const LossMeans losses = learner().take_losses();
  const auto interval = meter.interval(now(), progress, loader->waited_seconds());
  // While the voice is held a step takes less, which says nothing about those to come.
  const bool held = progress.step <= discriminator_warmup;
  if (budget && !held)
    for (int64_t i = 0; i < losses.updates; ++i) budget->count_step(interval.seconds_per_step);

  shown = step_report(losses, learner());
  if (profile.is_on())
    for (auto& figure : profile.figures().take_interval()) shown.more.push_back(std::move(figure));
  add_fit_figures(shown);
  shown.place = place();
  shown.learning_rate = rates.generator;
  shown.samples_per_second = interval.samples_per_second;
  shown.data_wait_share = interval.data_wait_share;
  shown.epoch_eta_seconds =
      interval.seconds_per_step * static_cast<double>(shown.place.steps_in_epoch - shown.place.step_in_epoch);
  shown.run_eta_seconds = length.seconds ? std::max(0.0, *length.seconds - used_before - now())
                                         : interval.seconds_per_step * static_cast<double>(steps_left());
  shown.elapsed_seconds = used_before + now();
  report->step(shown);
  if (wandb) wandb->look();

  if (const auto wrong = held ? std::nullopt : guard.look(vitals_of(losses))) {
    roll_back(*wrong);
    return false;
  }
  if (!held) best.count_training(losses[Loss::kMel]);
  recent_batches.clear();
  return true;
}

Vitals Trainer::State::vitals_of(const LossMeans& losses) {
  return {.step = progress.step,
          .mel = losses[Loss::kMel],
          .total = losses[Loss::kTotal],
          .disc = losses[Loss::kDisc],
          .skipped_updates = losses.skipped_updates,
          .updates = losses.updates,
          .scale_at_floor = learner().half() == at::kHalf && learner().loss_scale() <= LossScale::kFloor,
          .adversarial = learner().adversarial()};
}

bool Trainer::State::may_end() {
  if (base::stop_requested() == 0) return look_at_losses();
  // The run that goes on reads the losses of the whole interval. Here they only tell whether the state is worth saving.
  if (gave_up || learner().untaken_batches() == 0 || progress.step <= discriminator_warmup) return true;
  const auto wrong = Guard(guard).look(vitals_of(learner().losses()));
  if (wrong) roll_back(*wrong);
  return !wrong;
}

void Trainer::State::roll_back(const std::string& reason) {
  std::string clips;
  for (const auto& batch : recent_batches)
    for (const int64_t clip : batch) {
      if (clips.size() > 400) break;
      clips += (clips.empty() ? "" : ", ") + session.store->clips()[static_cast<size_t>(clip)].id;
    }
  recent_batches.clear();
  report->warn(fmt::format("step {}: {}{}", report::thousands(progress.step), reason,
                           clips.empty() ? "" : ". In the batches since the last look: " + clips));
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

void Trainer::State::end_epoch() {
  if (!look_at_losses()) return;
  ++progress.epoch;
  progress.batch_in_epoch = 0;
  if (validate_every == 0) validate_every = epochs_to_validation(meter.last().seconds_per_step);
  if (finished()) return;
  if (progress.epoch % validate_every == 0 && !validate(MayTakeBack::kYes)) return;
  if (progress.epoch % options.saving.save_every == 0) save_if_healthy();
  if (!finished()) begin_epoch();
}

}  // namespace vits::train
