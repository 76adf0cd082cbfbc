#include "speech_speed.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "benchmark_texts.h"
#include "peer_script.h"
#include "vits/base/files.h"
#include "vits/base/process.h"
#include "vits/base/stop_signal.h"
#include "vits/report/log.h"
#include "vits/text/tokenizer.h"
#include "vits/voice/voice.h"

namespace vits::cli {

namespace {

// Sentences that are spoken alone: every eighth of the file, short and long ones.
constexpr size_t kStepOfSingles = 8;
constexpr int kRowsOfPeer = 8;  // of a padded batch
constexpr double kPatienceSeconds = 3600;

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

void write_ids(const std::filesystem::path& path, const checkpoint::VoiceFiles& files,
               const std::vector<std::string>& sentences) {
  const text::Tokenizer tokenizer(text::settings_from_json(files.vocab, files.tokenizer_config));
  auto ids = nlohmann::json::array();
  for (const auto& sentence : sentences) ids.push_back(tokenizer.encode(sentence).ids);
  base::write_file(path, ids.dump());
}

}  // namespace

SpeechSpeed compare_speech_speed(const std::filesystem::path& folder, const std::string& python, int64_t threads,
                                 int64_t sentence_count, int64_t rounds) {
  const auto files = checkpoint::read_voice(folder);
  auto sentences = benchmark_sentences();
  sentences.resize(std::min(sentences.size(), static_cast<size_t>(sentence_count)));
  const base::TemporaryFolder temporary;
  write_ids(temporary.path() / "ids.json", files, sentences);
  const voice::Voice voice(files, {.device = "cpu", .threads = threads});
  Peer peer(python, folder, temporary.path() / "ids.json", threads);

  const auto one = [](size_t number) { return fmt::format("one {}", number); };
  const std::string padded = fmt::format("padded {}", kRowsOfPeer);
  for (const size_t warm_up : {0, 1}) {  // memory, caches and oneDNN's choices
    timed(voice, {sentences[warm_up]});
    peer.measure(one(warm_up));
  }

  const Factors empty{{}, voice.sample_rate_hz()};
  Factors our_single = empty, their_single = empty, our_file = empty, their_file = empty, their_padded = empty;
  std::vector<double> single_ratios, file_ratios;
  for (int64_t round = 0; round < rounds; ++round) {
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
    report::info("benchmark", "round {} of {}: single {:.2f}, file {:.2f} times", round + 1, rounds,
                 single_ratios.back(), file_ratios.back());
  }

  const auto middle = [](const Factors& factors) { return median(factors.of_rounds); };
  return {.our_program = voice.how(),
          .their_program = peer.versions(),
          .our_single = middle(our_single),
          .their_single = middle(their_single),
          .single_ratio = median(single_ratios),
          .our_file = middle(our_file),
          .their_file_one_by_one = middle(their_file),
          .their_file_padded = middle(their_padded),
          .file_ratio = median(file_ratios)};
}

}  // namespace vits::cli
