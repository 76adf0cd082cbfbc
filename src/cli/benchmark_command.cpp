#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>

#include "benchmark_texts.h"
#include "command.h"
#include "command_list.h"
#include "peer_script.h"
#include "version.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/base/machine.h"
#include "vits/base/process.h"
#include "vits/base/stop_signal.h"
#include "vits/checkpoint/voice_files.h"
#include "vits/exporter/new_voice.h"
#include "vits/exporter/write_voice.h"
#include "vits/report/log.h"
#include "vits/text/tokenizer.h"
#include "vits/voice/voice.h"
#include "voice_source.h"

namespace vits::cli {

namespace {

// Sentences that are spoken alone: every eighth of the file, short and long ones.
constexpr size_t kStepOfSingles = 8;
constexpr int kRowsOfPeer = 8;  // of a padded batch
constexpr double kPatienceSeconds = 3600;

struct BenchmarkOptions {
  std::string what, against = "transformers";
  std::string model, python;
  int64_t threads = 0, rounds = 3;
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
    field("rounds", rounds, base::between(1, 1000), "Turns that each program takes; the medians count.");
    field("json", json, base::any(), "Print the figures as JSON.");
  }
};

struct Timing {
  double seconds = 0;
  int64_t samples = 0;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// Seconds of work for a second of speech, one number a round.
struct Factors {
  std::vector<double> of_rounds;
  int64_t rate_hz;
  void add(const Timing& timing) {
    of_rounds.push_back(timing.seconds * static_cast<double>(rate_hz) / static_cast<double>(timing.samples));
  }
};

class Peer {
 public:
  Peer(const std::string& python, const std::filesystem::path& folder, const std::filesystem::path& ids,
       int64_t threads)
      : python_({python, "-c", std::string(synthesize_peer_script()), folder.string(), ids.string(),
                 std::to_string(threads)}) {
    versions_ = answer().at("versions").get<std::string>();
  }

  const std::string& versions() const { return versions_; }

  Timing measure(const std::string& order) {
    python_.write(order + "\n");
    const auto got = answer();
    return {got.at("seconds").get<double>(), got.at("samples").get<int64_t>()};
  }

 private:
  nlohmann::json answer() { return nlohmann::json::parse(python_.read_line(kPatienceSeconds)); }

  base::Conversation python_;
  std::string versions_;
};

Timing timed(const voice::Voice& voice, const std::vector<std::string>& texts) {
  Timing timing;
  const auto begin = std::chrono::steady_clock::now();
  voice.speak(texts, voice.usual_options(), {[&](size_t, const voice::Spoken& spoken) {
                timing.samples += static_cast<int64_t>(spoken.samples.size());
              }});
  timing.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return timing;
}

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

void write_ids(const std::filesystem::path& path, const checkpoint::VoiceFiles& files,
               const std::vector<std::string>& sentences) {
  const text::Tokenizer tokenizer(text::settings_from_json(files.vocab, files.tokenizer_config));
  auto ids = nlohmann::json::array();
  for (const auto& sentence : sentences) ids.push_back(tokenizer.encode(sentence).ids);
  base::write_file(path, ids.dump());
}

int benchmark(const BenchmarkOptions& options) {
  const base::TemporaryFolder temporary;
  std::filesystem::path folder = temporary.path() / "voice";
  if (options.model.empty())
    exporter::write_huggingface(folder, exporter::new_voice({}));
  else
    folder = find_voice(options.model);
  const auto files = checkpoint::read_voice(folder);
  const auto sentences = benchmark_sentences();
  write_ids(temporary.path() / "ids.json", files, sentences);

  const int64_t threads = options.threads > 0 ? options.threads : base::processors();
  const voice::Voice voice(files, {.device = "cpu", .threads = threads});
  Peer peer(python_of(options), folder, temporary.path() / "ids.json", threads);

  const auto one = [](size_t number) { return fmt::format("one {}", number); };
  const std::string padded = fmt::format("padded {}", kRowsOfPeer);
  timed(voice, {sentences[0]});  // memory, caches and oneDNN's choices, on both sides
  timed(voice, {sentences[1]});
  peer.measure(one(0));
  peer.measure(one(1));
  peer.measure(padded);

  const Factors empty{{}, voice.sample_rate_hz()};
  Factors our_single = empty, their_single = empty, our_file = empty, their_file = empty, their_padded = empty;
  std::vector<double> single_ratios, file_ratios;
  for (int64_t round = 0; round < options.rounds; ++round) {
    Timing ours, theirs;
    for (size_t i = 0; i < sentences.size(); i += kStepOfSingles) {
      base::throw_if_stopped();
      const auto mine = timed(voice, {sentences[i]}), other = peer.measure(one(i));
      ours = {ours.seconds + mine.seconds, ours.samples + mine.samples};
      theirs = {theirs.seconds + other.seconds, theirs.samples + other.samples};
    }
    our_single.add(ours);
    their_single.add(theirs);
    our_file.add(timed(voice, sentences));
    base::throw_if_stopped();
    // The first round finds out which way is the peer's better one.
    const bool one_by_one = round == 0 || their_file.of_rounds[0] <= their_padded.of_rounds[0];
    if (one_by_one) their_file.add(peer.measure("file"));
    if (round == 0 || !one_by_one) their_padded.add(peer.measure(padded));
    const auto& better = their_padded.of_rounds[0] < their_file.of_rounds[0] ? their_padded : their_file;
    single_ratios.push_back(their_single.of_rounds.back() / our_single.of_rounds.back());
    file_ratios.push_back(better.of_rounds.back() / our_file.of_rounds.back());
    report::info("benchmark", "round {} of {}: single {:.2f}, file {:.2f} times", round + 1, options.rounds,
                 single_ratios.back(), file_ratios.back());
  }

  const auto middle = [](const Factors& factors) { return median(factors.of_rounds); };
  const double single_ratio = median(single_ratios), file_ratio = median(file_ratios);
  if (options.json) {
    const nlohmann::json figures = {{"machine", processor_name()},
                                    {"threads", threads},
                                    {"rounds", options.rounds},
                                    {"ours", voice.how()},
                                    {"theirs", peer.versions()},
                                    {"single",
                                     {{"our_real_time_factor", middle(our_single)},
                                      {"their_real_time_factor", middle(their_single)},
                                      {"ratio", single_ratio}}},
                                    {"file_of_64",
                                     {{"our_real_time_factor", middle(our_file)},
                                      {"their_real_time_factor_one_by_one", middle(their_file)},
                                      {"their_real_time_factor_padded", middle(their_padded)},
                                      {"ratio", file_ratio}}}};
    fmt::print("{}\n", figures.dump(2));
    return 0;
  }
  fmt::print("{} with {} threads; ours: {}; theirs: {}\n", processor_name(), threads, voice.how(), peer.versions());
  fmt::print(
      "Seconds of work for a second of speech, medians of {} rounds in turns; the ratio is the median of the "
      "rounds'.\n\n",
      options.rounds);
  fmt::print("{:<30}{:>12}{:>14}{:>10}\n", "", "vits-train", "transformers", "ratio");
  fmt::print("{:<30}{:>12.3f}{:>14.3f}{:>9.2f}x\n", "sentences one at a time", middle(our_single), middle(their_single),
             single_ratio);
  const bool padding_helps = middle(their_padded) < middle(their_file);
  fmt::print("{:<30}{:>12.3f}{:>14.3f}{:>9.2f}x\n", "file of 64 sentences", middle(our_file),
             std::min(middle(their_file), middle(their_padded)), file_ratio);
  fmt::print("\ntransformers spoke the file {}; {} it took {:.3f}.\n",
             padding_helps ? fmt::format("in padded batches of {}", kRowsOfPeer) : "sentence by sentence",
             padding_helps ? "sentence by sentence" : fmt::format("in padded batches of {}", kRowsOfPeer),
             std::max(middle(their_file), middle(their_padded)));
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
