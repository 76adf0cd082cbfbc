#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
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
#include "voice_source.h"

namespace vits::cli {

namespace {

struct BenchmarkOptions {
  std::string what, against = "transformers";
  std::string model, python;
  int64_t threads = 0, sentences = 64, rounds = 3;
  bool json = false;

  template <class Visitor>
  void visit(Visitor&& field) {
    auto positional = base::positional();
    positional.choices = {"synthesize"};
    field("what", what, positional, "What to measure.");
    field("against", against, base::one_of({"transformers"}), "The program to compare with, run in turns with ours.");
    field("model", model, base::any(),
          "A voice's Hugging Face folder; without it one of random weights, of MMS's size.");
    field("python", python, base::any(), "Python that has transformers; without it .env/python/bin/python or python3.");
    field("threads", threads, base::between(0, 1024), "Of either program; 0: one for each processor.");
    field("sentences", sentences, base::between(2, 64), "Of the file; every eighth is also spoken alone.");
    field("rounds", rounds, base::between(1, 1000), "Turns that each program takes; the medians count.");
    field("json", json, base::any(), "Print the figures as JSON.");
  }
};

std::string python_of(const BenchmarkOptions& options) {
  if (!options.python.empty()) return options.python;
  if (std::filesystem::exists(".env/python/bin/python")) return ".env/python/bin/python";
  const auto found = base::find_program("python3");
  if (found.empty()) throw Error("there is no python3 on PATH. Name one that has transformers with --python.");
  return found.string();
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

int benchmark(const BenchmarkOptions& options) {
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
    const nlohmann::json all = {{"machine", processor_name()},    {"threads", threads},
                                {"rounds", options.rounds},       {"ours", speed.our_program},
                                {"theirs", speed.their_program},  {"single", single},
                                {"sentences", options.sentences}, {"file", file}};
    fmt::print("{}\n", all.dump(2));
    return 0;
  }
  fmt::print("{}; ours: {}; theirs: {}\n", processor_name(), speed.our_program, speed.their_program);
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
       .summary = "Measures our speed against another program's",
       .details = "Both speak the same sentences with the same voice in float32 on the same threads of the CPU, in "
                  "turns, so that "
                  "what else the machine does hits both. The other program speaks a file both sentence by sentence and "
                  "in padded "
                  "batches of similar length; its better time counts.",
       .examples = {"vits-train benchmark synthesize --against transformers --threads 2"},
       .options = {},
       .run = {}},
      benchmark);
}

}  // namespace vits::cli
