#include <fmt/format.h>

#include <limits>

#include "trainer_state.h"
#include "vits/base/error.h"
#include "vits/exporter/write_voice.h"
#include "vits/report/figures.h"
#include "vits/train/out_of_memory.h"
#include "vits/train/resumed_options.h"

namespace vits::train {

namespace {

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

}  // namespace

formats::Json options_json(RunOptions options) {
  formats::Json json = base::to_json(base::OptionTable::of(options));
  json.erase("resume");
  return json;
}

bool Trainer::State::validate(MayTakeBack may_take_back) {
  if (validated_step == progress.step) return true;
  const auto outside = profile.outside();
  const double begin = now();
  ValidationLosses losses;
  for (bool is_heard = !validation; !is_heard;) try {
      losses = validation->run(learner(), [](int64_t, int64_t) {});
      is_heard = true;
    } catch (const Stopped&) {
      return true;  // the loop sees the signal too, and saves
    } catch (const std::exception& failure) {
      const auto* error = dynamic_cast<const Error*>(&failure);
      if (!error && !is_out_of_memory(failure)) throw;
      if (make_room()) continue;
      report->warn(fmt::format(
          "step {}: {}", report::thousands(progress.step),
          error ? error->what() : "there was no memory for a validation (" + want_of_memory(failure) + ")"));
      return true;
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
  } else if (training_mean > 0) {
    end_loss = training_mean;
  } else {
    return true;  // only the discriminators have learned yet
  }
  if (best.step() >= 0 && heard) {
    const ValidationVitals before{heard->mel, heard->kl, heard->duration};
    const auto wrong = Guard::look_at_validation({*end_loss, losses.kl, losses.duration}, before, best.value());
    if (wrong && may_take_back == MayTakeBack::kYes && !gave_up) {
      roll_back(*wrong);
      return false;
    }
    if (wrong) report->warn(*wrong + ": the last voice has fallen apart; take that of best_model");
  }
  const bool usual = guard.healthy() && std::isfinite(losses.kl + losses.duration);
  const double counted = usual ? *end_loss : std::numeric_limits<double>::infinity();
  if (!best.count(counted, progress.step, place().epoch)) {
    const int64_t patience = options.budget.early_stopping;
    if (patience > 0 && best.without_gain() >= patience)
      why_it_ended = fmt::format("stopped early after {} validations without a better one", patience);
    return true;
  }
  take_best();
  return true;
}

void Trainer::State::take_best() {
  best_to_keep = std::make_shared<VoiceToKeep>();
  best_to_keep->voice = voice_now(session);
  keep_best();
}

// Once more with each checkpoint, where the disk was full.
void Trainer::State::keep_best() {
  if (best_to_keep && best_to_keep->is_written) best_to_keep.reset();
  if (!best_to_keep) return;
  saver.submit("best_model", [of = best_to_keep, to = folder->best_model()] {
    if (of->is_written) return;
    exporter::write_huggingface(to, of->voice);
    of->is_written = true;
  });
}

void Trainer::State::speak_samples() {
  const auto outside = profile.outside();
  try {
    samples->speak(session, *report, progress.step);
  } catch (const Stopped&) {
    // the loop sees the signal too, and saves
  } catch (const Error& error) {
    report->warn(fmt::format("the samples of step {} could not be spoken: {}", progress.step, error.what()));
  } catch (const std::exception& failure) {
    if (!is_out_of_memory(failure)) throw;
    report->warn(fmt::format("there was no memory for the samples of step {}", progress.step));
    make_room();
  }
}

std::shared_ptr<const checkpoint::RunState> Trainer::State::capture(bool finished_run) {
  auto state = std::make_shared<checkpoint::RunState>();
  learner().save(*state);
  formats::Json& facts = state->facts;
  formats::Json where;
  to_json(where, progress);
  facts.update(where);
  facts["version"] = kRunStateVersion;
  facts["finished"] = finished_run;
  facts["used_seconds"] = used_before + now();
  facts["discriminator_warmup"] = discriminator_warmup;
  facts["log_steps"] = log_steps;
  facts["validate_every"] = validate_every;
  facts["guard"] = guard;
  save_fit(facts);
  facts["rate"] = json_of(rate->state());
  facts["best"] = best;
  facts["data"] = session.store->fingerprint();
  facts["validation_data"] = validation_data();
  facts["kept_mels"] = session.store->mels().defined();
  facts["options"] = options_json(options);
  facts["voice"] = voice_facts(session.voice);
  facts["base_voice"] = {{"torchscript", session.voice.kind == checkpoint::VoiceKind::torchscript},
                         {"source", fs::absolute(session.voice.source).string()}};
  facts["plan"] = {{"steps", progress.step + steps_left()}, {"seconds", length.seconds.value_or(0.0)}};
  if (start_loss) facts["start_loss"] = *start_loss;
  if (end_loss && validated_step == progress.step) facts["validation_mel"] = *end_loss;
  return state;
}

void Trainer::State::save(bool finished_run) {
  keep_best();
  const auto outside = profile.outside();
  const double begin = now();
  saved_at = begin;
  try {
    last_good = capture(finished_run);
  } catch (const std::exception& failure) {
    if (!is_out_of_memory(failure)) throw;
    release_memory(learner().device());
    report->warn(
        fmt::format("step {}: there was no memory for a checkpoint ({}); those that stand stay valid and "
                    "training goes on",
                    report::thousands(progress.step), want_of_memory(failure)));
    return;
  }
  const bool between_epochs = progress.batch_in_epoch == 0 && progress.epoch > 0;
  const std::string name = between_epochs ? fmt::format("checkpoint_epoch_{}.pt", progress.epoch)
                                          : fmt::format("checkpoint_step_{}.pt", progress.step);
  const fs::path path = folder->path() / name;
  saver.submit(name, [state = last_good, best_then = best_to_keep, path, keep = options.saving] {
    checkpoint::RunState written = *state;                                   // the tensors are shared
    written.facts["best_is_written"] = !best_then || best_then->is_written;  // which was tried just before
    checkpoint::write_run_state(path, written);
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
  for (const std::string& note : session.store->take_notes()) report->warn(note);
}

}  // namespace vits::train
