#include <fmt/format.h>

#include <algorithm>

#include "trainer_state.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/report/figures.h"
#include "vits/train/batch_fit.h"
#include "vits/train/out_of_memory.h"
#include "vits/train/step_batch.h"

namespace vits::train {

void Trainer::State::take_batch_size(const fs::path& checkpoint) {
  if (options.batches.batch_size > 0) return;
  const formats::Json then = checkpoint::read_run_facts(checkpoint).at("options");
  options.batches.batch_size = then.at("batch_size");
  options.optimizer.gradient_accumulation_steps = then.at("gradient_accumulation_steps");
}

void Trainer::State::fit() {
  auto around = FittedSteps::of_device(learner().device());
  around.tell = [this](const std::string& sentence) {
    if (report)
      report->warn(sentence);
    else
      notes.push_back(sentence);
    if (!session.fit_key.empty()) {
      const FitCache cache(FitCache::usual_folder());
      cache.keep(session.fit_key, {.clips = session.clips_that_fit, .micro_batches = fitted->micro_batches()});
    }
  };
  // Recordings hold memory that the allocator takes for free.
  around.figures = [this, figures = around.figures] {
    MemoryFigures now = figures();
    const uint64_t held = std::min(now.kept_bytes, session.graphs->figures().held_bytes);
    now.peak_bytes += held;
    now.resting_bytes += held;
    now.kept_bytes -= held;
    return now;
  };
  // What others made us wait says nothing about steps to come.
  around.pause = [this, pause = around.pause](double seconds) {
    const double begin = now();
    const bool goes_on = pause(seconds);
    meter.leave_out(now() - begin);
    return goes_on;
  };
  around.make_way = [this] { return session.graphs->make_way(); };
  around.left_out = [this](int64_t clip) { leave_out(clip); };
  fitted = std::make_unique<FittedSteps>(learner(), options.fit.memory_manager, std::move(around));
  fitted->restore(session.micro_batches, {});
}

void Trainer::State::learn(const data::Batch& loaded, BatchPlace place, Learns who, Rates rates) {
  fitted->learn(
      loaded.clips, loaded.frames, place,
      [&](int64_t parts) {
        StepBatch ready = step_batch(loaded, session.store->target(), session.voice.config, learner().mel_bank(),
                                     options.machine.seed + 1'000'003 * guard.rollbacks(), progress.batches, parts);
        profile.mark("batch");
        return ready;
      },
      [&](const StepBatch& ready, BatchPlace in_parts) {
        if (profile.is_on())
          learner().learn(ready.batch, ready.draws, ready.real_mel, in_parts, who, rates, profile.marks());
        else
          session.graphs->learn(ready, in_parts, who, rates);
      });
  if (const auto news = session.graphs->take_news()) {
    if (report)
      report->warn(*news);
    else
      notes.push_back(*news);
  }
}

data::Batch Trainer::State::next_batch() {
  try {
    return *loader->next();
  } catch (const std::exception& failure) {  // the loader's buffers grow with the largest batch of an epoch
    if (!is_out_of_memory(failure)) throw;
  }
  make_room();
  loader->begin({epoch_batches.begin() + progress.batch_in_epoch, epoch_batches.end()});
  return *loader->next();
}

bool Trainer::State::make_room() {
  const bool made = session.graphs->make_way();
  release_memory(learner().device());
  return made;
}

void Trainer::State::leave_out(int64_t clip) {
  const data::StoredClip& of = session.store->clips()[static_cast<size_t>(clip)];
  if (fitted->clips_left_out().size() == session.store->training().size())
    throw Error(
        "not one of the {} clips fits in memory, even alone. Close other programs, or try --gradient_checkpointing or "
        "--adversarial false.",
        fitted->clips_left_out().size());
  const std::string sentence = fmt::format(
      "{} does not fit in memory even alone ({} frames, {} tokens) and is left out from here on: skipped.csv", of.id,
      of.frames, of.tokens);
  if (!report) {  // still measuring
    notes.push_back(sentence);
    return;
  }
  report->warn(sentence);
  write_skipped_list();
}

void Trainer::State::write_skipped_list() const {
  auto all = session.store->skipped();
  for (const int64_t clip : fitted->clips_left_out()) {
    const data::StoredClip& of = session.store->clips()[static_cast<size_t>(clip)];
    all.push_back({.id = of.id,
                   .file = (fs::path(options.places.data_dir) / "wavs" / (of.id + ".wav")).string(),
                   .row = of.row,
                   .reason = fmt::format("memory: its {} frames and {} tokens did not fit alone. Cut it in two, or try "
                                         "--gradient_checkpointing.",
                                         of.frames, of.tokens)});
  }
  if (!all.empty()) base::write_file(fs::path(options.places.data_dir) / "skipped.csv", data::rejected_csv(all));
}

void Trainer::State::add_fit_figures(report::StepReport& shown_figures) const {
  auto& more = shown_figures.more;
  more.emplace_back("memory/out_of_memory", static_cast<double>(fitted->times_out_of_memory()));
  more.emplace_back("memory/clips_at_once", static_cast<double>(fitted->clips_at_once()));
  more.emplace_back("memory/clips_left_out", static_cast<double>(fitted->clips_left_out().size()));
  if (!fitted->watches()) return;
  const MemoryWatch& watch = fitted->watch();
  more.emplace_back("memory/pressure", watch.pressure());
  more.emplace_back("memory/level", static_cast<double>(watch.level()));
  more.emplace_back("memory/watch_share", fitted->watch_seconds() / std::max(now(), 1e-9));
  shown_figures.memory_level = kMemoryLevelNames[static_cast<size_t>(watch.level())];
}

void Trainer::State::save_fit(formats::Json& facts) const {
  facts["micro_batches"] = fitted->micro_batches();
  facts["clips_left_out"] = fitted->clips_left_out();
}

// A checkpoint of an earlier version has neither.
void Trainer::State::restore_fit(const formats::Json& facts) {
  fitted->restore(facts.value("micro_batches", MicroBatches()), facts.value("clips_left_out", std::set<int64_t>()));
}

}  // namespace vits::train
