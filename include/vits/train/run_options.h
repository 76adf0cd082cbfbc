// Every option of a training run, put together from the parts that they steer.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "vits/base/options.h"
#include "vits/data/clip_store.h"
#include "vits/data/loader.h"
#include "vits/data/sampler.h"
#include "vits/loss/loss_weights.h"
#include "vits/train/fit_options.h"
#include "vits/train/learning_rate.h"
#include "vits/train/optimizer_options.h"
#include "vits/train/recipe.h"
#include "vits/train/time_budget.h"
#include "vits/train/voice_options.h"

namespace vits::train {

struct PlaceOptions {
  std::string data_dir = "training";
  std::string checkpoint_dir = "training/checkpoints";
  std::string output_dir = "training/final_model";
  std::string model_name = "facebook/mms-tts-kmr-script_latin";

  template <class Visitor>
  void visit(Visitor&& field) {
    field("data_dir", data_dir, base::any(), "Training folder with wavs/ and metadata.csv, as `prepare` makes it.");
    field("checkpoint_dir", checkpoint_dir, base::any(),
          "Where checkpoints, best_model/, train.log, metrics.jsonl and TensorBoard's files go.");
    field("output_dir", output_dir, base::any(),
          "Where the finished voice goes: a Hugging Face folder of its own, in place of what stood there.");
    field("model_name", model_name, base::any(),
          "The voice to begin with: a folder, an archive, weights, or its name on the hub.");
  }
};

struct MachineOptions {
  std::string device = "auto";
  int64_t threads = 0;
  bool fp16 = true;
  bool bf16 = false;
  bool no_mixed_precision = false;
  std::string cuda_graphs = "auto";
  int64_t seed = 0;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("device", device, base::one_of({"auto", "cpu", "cuda"}),
          "Where to compute; auto takes a card if there is one.");
    field("threads", threads, base::between(0, 1024), "Of the CPU; 0: one for each processor.");
    field("fp16", fp16, base::any(), "Mixed precision with float16 on a card; a CPU computes in float32, aloud.");
    field("bf16", bf16, base::any(), "Mixed precision with bfloat16 in place of float16, on a CPU too.");
    field("no_mixed_precision", no_mixed_precision, base::any(), "Compute in float32 everywhere.");
    field("cuda_graphs", cuda_graphs, base::one_of({"auto", "off"}),
          "Record the step once for each shape of batch and let the card repeat it; auto: on a card.");
    field("seed", seed, base::at_least(0), "Where chance begins: the same seed gives the same run.");
  }
};

struct SavingOptions {
  std::string resume;
  int64_t save_every = 1;
  double save_minutes = 20.0;
  int64_t keep_last = 3;
  int64_t keep_best = 2;
  int64_t validation_clips = 256;
  int64_t validate_every = 0;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("resume", resume, base::any(),
          "auto: go on from the newest whole checkpoint, with the options of that run; none: begin anew; or a "
          "checkpoint's path. Without it a new run begins, unless an unfinished one stands in checkpoint_dir.");
    field("save_every", save_every, base::at_least(1), "Epochs from one checkpoint to the next.");
    field("save_minutes", save_minutes, base::at_least(0),
          "Minutes after which a checkpoint is written anyway; 0: never.");
    field("keep_last", keep_last, base::at_least(1), "Newest checkpoints that are kept.");
    field("keep_best", keep_best, base::at_least(0), "Best of the older ones that are kept besides.");
    field("validation_clips", validation_clips, base::at_least(1), "Most clips that one validation listens to.");
    field("validate_every", validate_every, base::at_least(0),
          "Epochs from one validation to the next; 0: one, or as many as keep validating below a tenth of the time.");
  }
};

struct ReportOptions {
  int64_t log_steps = 0;
  int64_t sample_steps = 1000;
  std::vector<std::string> sample_text;
  bool profile = false;
  bool wandb = false;
  std::string wandb_project = "vits-train";

  template <class Visitor>
  void visit(Visitor&& field) {
    field("log_steps", log_steps, base::at_least(0),
          "Steps from one report to the next; 0: some five seconds' worth, or 10 where the steps are given.");
    field("sample_steps", sample_steps, base::at_least(0),
          "Steps from one round of spoken samples to the next; 0: none.");
    field("sample_text", sample_text, base::any(),
          "A sentence to speak as a sample; without it those of two held-out clips.");
    field("profile", profile, base::any(),
          "Tell at the end where each step's time went, and write profile_trace.json for ui.perfetto.dev. CUDA graphs "
          "are off meanwhile.");
    field("wandb", wandb, base::any(), "Pass the figures on to Weights & Biases with its own program.");
    field("wandb_project", wandb_project, base::any(), "The project there.");
  }
};

struct RunOptions {
  PlaceOptions places;
  RecipeOptions recipe;
  BudgetOptions budget;
  data::BatchOptions batches;
  FitOptions fit;
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  MachineOptions machine;
  VoiceOptions voice;
  loss::LossWeights weights;
  data::StoreOptions store;
  data::LoaderOptions loader;
  SavingOptions saving;
  ReportOptions report;

  template <class Visitor>
  void visit(Visitor&& field) {
    places.visit(field);
    recipe.visit(field);
    budget.visit(field);
    batches.visit(field);
    fit.visit(field);
    optimizer.visit(field);
    schedule.visit(field);
    machine.visit(field);
    voice.visit(field);
    weights.visit(field);
    store.visit(field);
    loader.visit(field);
    saving.visit(field);
    report.visit(field);
  }
};

}  // namespace vits::train
