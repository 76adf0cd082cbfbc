#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "command.h"
#include "command_list.h"
#include "speech_speed.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/base/machine.h"
#include "vits/base/process.h"
#include "vits/exporter/new_voice.h"
#include "vits/exporter/write_voice.h"
#include "vits/train/step_benchmark.h"
#include "voice_source.h"

namespace vits::cli {

namespace {

struct BenchmarkOptions {
  std::string what, against = "transformers";
  std::string model, python;
  int64_t threads = 0, sentences = 64, rounds = 3;
  bool json = false;
  std::string model_name, data_dir = "training", device = "auto";
  int64_t batch_size = 8, max_steps = 20, warmup_steps = 5, max_samples = 0;
  bool length_buckets = true, fp16 = true, bf16 = false;
  std::string cuda_graphs = "auto";
  bool gradient_checkpointing = false;
  double dropout = -1.0;

  template <class Visitor>
  void visit(Visitor&& field) {
    auto positional = base::positional();
    positional.choices = {"synthesize", "train"};
    field("what", what, positional, "What to measure.");
    field("against", against, base::one_of({"transformers"}), "The program to compare with, run in turns with ours.");
    field("model", model, base::any(),
          "A voice's Hugging Face folder; without it one of random weights, of MMS's size.");
    field("python", python, base::any(), "Python that has transformers; without it .env/python/bin/python or python3.");
    field("threads", threads, base::between(0, 1024), "Of either program; 0: one for each processor.");
    field("sentences", sentences, base::between(2, 64), "Of the file; every eighth is also spoken alone.");
    field("rounds", rounds, base::between(1, 1000), "Turns that each program takes; the medians count.");
    field("json", json, base::any(), "Print the figures as JSON.");
    field("model_name", model_name, base::any(), "train: the voice, as for training; without it one of MMS's size.");
    field("data_dir", data_dir, base::any(), "train: the training folder.");
    field("batch_size", batch_size, base::between(1, 4096), "train: clips in a batch.");
    field("max_steps", max_steps, base::at_least(1), "train: steps that are measured.");
    field("warmup_steps", warmup_steps, base::at_least(0),
          "train: steps before them; with CUDA graphs more, until the shapes at hand are recorded.");
    field("max_samples", max_samples, base::at_least(0), "train: clips to take; 0: all.");
    field("length_buckets", length_buckets, base::any(), "train: clips of similar length into the same batch.");
    field("dropout", dropout, base::between(-1, 0.95), "train: as for training.");
    field("device", device, base::one_of({"auto", "cpu", "cuda"}), "train: where to compute.");
    field("fp16", fp16, base::any(), "train: float16 on a card.");
    field("bf16", bf16, base::any(), "train: bfloat16.");
    field("cuda_graphs", cuda_graphs, base::one_of({"auto", "off"}), "train: as for training.");
    field("gradient_checkpointing", gradient_checkpointing, base::any(), "train: as for training.");
  }
};

std::string python_of(const BenchmarkOptions& options) {
  if (!options.python.empty()) return options.python;
  if (std::filesystem::exists(".env/python/bin/python")) return ".env/python/bin/python";
  const auto found = base::find_program("python3");
  if (found.empty()) throw Error("there is no python3 on PATH. Name one that has transformers with --python.");
  return found.string();
}

// Our own step alone; scripts/bench_against_peer runs it in turns with another program.
int benchmark_training(const BenchmarkOptions& options) {
  const base::TemporaryFolder temporary;
  std::filesystem::path folder = temporary.path() / "voice";
  if (options.model_name.empty())
    exporter::write_huggingface(folder, exporter::new_voice({}), {.dtype = {}, .keep_discriminators = true});
  else
    folder = find_voice(options.model_name);
  train::RunOptions run;
  run.places.data_dir = options.data_dir;
  run.batches = {.batch_size = options.batch_size, .batch_seconds = 0.0, .length_buckets = options.length_buckets};
  run.store.max_samples = options.max_samples;
  run.machine.device = options.device;
  run.machine.threads = options.threads;
  run.machine.fp16 = options.fp16;
  run.machine.bf16 = options.bf16;
  run.machine.cuda_graphs = options.cuda_graphs;
  run.voice.dropout = options.dropout;
  run.fit.gradient_checkpointing = options.gradient_checkpointing;
  const auto figures = train::benchmark_steps(run, folder, options.max_steps, options.warmup_steps);
  fmt::print("{}\n", options.json ? figures.dump() : figures.dump(2));
  return 0;
}

int benchmark(const BenchmarkOptions& options) {
  if (options.what == "train") return benchmark_training(options);
  const base::TemporaryFolder temporary;
  std::filesystem::path folder = temporary.path() / "voice";
  if (options.model.empty())
    exporter::write_huggingface(folder, exporter::new_voice({}));
  else
    folder = find_voice(options.model);
  const int64_t threads = options.threads > 0 ? options.threads : base::processors();
  const SpeechSpeed speed =
      compare_speech_speed(folder, python_of(options), threads, options.sentences, options.rounds);

  if (options.json) {
    const nlohmann::json single = {{"our_real_time_factor", speed.our_single},
                                   {"their_real_time_factor", speed.their_single},
                                   {"ratio", speed.single_ratio}};
    const nlohmann::json file = {{"our_real_time_factor", speed.our_file},
                                 {"their_real_time_factor_one_by_one", speed.their_file_one_by_one},
                                 {"their_real_time_factor_padded", speed.their_file_padded},
                                 {"ratio", speed.file_ratio}};
    const nlohmann::json all = {{"machine", base::processor_name()}, {"threads", threads},
                                {"rounds", options.rounds},          {"ours", speed.our_program},
                                {"theirs", speed.their_program},     {"single", single},
                                {"sentences", options.sentences},    {"file", file}};
    fmt::print("{}\n", all.dump(2));
    return 0;
  }
  fmt::print("{}; ours: {}; theirs: {}\n", base::processor_name(), speed.our_program, speed.their_program);
  fmt::print("Seconds of work for a second of speech, {} rounds in turns:\n\n", options.rounds);
  fmt::print("{:<28}{:>12}{:>14}{:>10}\n", "", "vits-train", "transformers", "ratio");
  fmt::print("{:<28}{:>12.3f}{:>14.3f}{:>9.2f}x\n", "sentences one at a time", speed.our_single, speed.their_single,
             speed.single_ratio);
  const double their_file = std::min(speed.their_file_one_by_one, speed.their_file_padded);
  fmt::print("{:<28}{:>12.3f}{:>14.3f}{:>9.2f}x\n", fmt::format("file of {} sentences", options.sentences),
             speed.our_file, their_file, speed.file_ratio);
  fmt::print(
      "\ntransformers on the file: {:.3f} sentence by sentence, {:.3f} in padded batches; the better one counts.\n",
      speed.their_file_one_by_one, speed.their_file_padded);
  return 0;
}

}  // namespace

Command make_benchmark_command() {
  return make_command<BenchmarkOptions>(
      {.name = "benchmark",
       .group = kThisMachine,
       .summary = "Measures how fast this machine speaks and trains",
       .details = "synthesize: two programs speak the same sentences with the same voice in float32 on the same "
                  "threads of the CPU, in "
                  "turns, so that "
                  "what else the machine does hits both. The other program speaks a file both sentence by sentence and "
                  "in padded "
                  "batches of similar length; its better time counts.\ntrain: times our training step by phase and "
                  "counts the kernels, "
                  "casts and waits that it asks for.",
       .examples = {"vits-train benchmark synthesize --against transformers --threads 2",
                    "vits-train benchmark train --model_name voice/ --data_dir training --batch_size 8 --json"},
       .options = {},
       .run = {},
       .computes_for_hours = true},
      benchmark);
}

}  // namespace vits::cli
