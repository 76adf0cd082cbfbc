#include "vits/train/session.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <map>
#include <set>

#include "batch_probe.h"
#include "vits/base/error.h"
#include "vits/base/heap.h"
#include "vits/base/machine.h"
#include "vits/checkpoint/weights.h"
#include "vits/data/training_set.h"
#include "vits/model/card.h"
#include "vits/model/weights.h"
#include "vits/report/figures.h"
#include "vits/report/progress.h"
#include "vits/text/tokenizer_settings.h"
#include "vits/text/utf8.h"
#include "vits/train/grow_voice.h"
#include "vits/train/networks.h"

namespace vits::train {

namespace {

text::Tokenizer tokenizer_of(const checkpoint::VoiceFiles& voice) {
  return text::Tokenizer(text::settings_from_json(voice.vocab, voice.tokenizer_config));
}

std::vector<std::string> speaker_names(const data::TrainingSet& set) {
  std::set<std::string> names;
  for (const data::TrainingClip& clip : set.clips)
    if (!clip.speaker.empty()) names.insert(clip.speaker);
  return {names.begin(), names.end()};
}

// What the texts hold, the vocabulary lacks and a listener would miss.
std::vector<std::string> missing_symbols(const data::TrainingSet& set, const text::Tokenizer& tokenizer) {
  std::map<std::string, int64_t> missing;
  for (const data::TrainingClip& clip : set.clips)
    for (const auto& [symbol, count] : text::audible(tokenizer.encode(clip.text).unknown)) missing[symbol] += count;
  std::vector<std::string> symbols;
  for (const auto& [symbol, count] : missing) symbols.push_back(symbol);
  return symbols;
}

std::vector<std::string> letters_of(const std::string& text) {
  std::vector<std::string> letters;
  for (const char32_t letter : text::decode_utf8(text))
    if (letter != U' ') letters.push_back(text::encode_utf8(std::u32string(1, letter)));
  return letters;
}

void grow(Session& session, const data::TrainingSet& set, const RunOptions& options) {
  auto& voice = session.voice;
  if (const std::string& wanted = options.voice.add_symbols; !wanted.empty()) {
    const auto symbols = wanted == "auto" ? missing_symbols(set, tokenizer_of(voice)) : letters_of(wanted);
    const int64_t before = voice.config.vocab_size;
    grow_vocabulary(voice, symbols, options.machine.seed);
    session.notes.push_back(fmt::format("{} characters are new to the voice", voice.config.vocab_size - before));
  }
  const auto names = speaker_names(set);
  if (options.voice.speakers == "auto") {
    const int64_t before = voice.config.num_speakers;
    grow_speakers(voice, names, options.machine.seed);
    if (voice.config.num_speakers != before)
      session.notes.push_back(fmt::format("the voice grows from {} to {} speakers", before, voice.config.num_speakers));
  } else if (!voice.config.has_speakers() && names.size() > 1) {
    session.notes.push_back(
        fmt::format("the clips name {} speakers and the voice has one: they all teach the same voice (--speakers auto "
                    "keeps them apart)",
                    names.size()));
  }
}

std::unique_ptr<StepGraphs> graphs_of(Learner& learner, const RunOptions& options) {
  if (options.report.profile)
    return std::make_unique<StepGraphs>(learner, nullptr, "--profile tells the modules of a step apart");
  return std::make_unique<StepGraphs>(learner, options.machine.cuda_graphs);
}

}  // namespace

at::Device device_of(const MachineOptions& options) {
  if (options.device == "cpu") return at::kCPU;
  if (model::card_is_usable()) return {at::kCUDA, 0};
  if (options.device == "cuda")
    throw Error("--device cuda: {}. --device cpu trains without.", model::why_no_card(model::look_for_card()));
  return at::kCPU;
}

std::optional<c10::ScalarType> precision_of(const MachineOptions& options, at::Device device,
                                            std::vector<std::string>& notes) {
  if (options.no_mixed_precision) return {};
  if (options.bf16) return at::kBFloat16;
  if (!options.fp16) return {};
  if (device.is_cpu()) {
    notes.push_back("fp16 needs a card; the CPU computes in float32 (--bf16 is faster where the CPU knows it)");
    return {};
  }
  return at::kHalf;
}

Session open_session(RunOptions& options, const std::filesystem::path& voice_path) {
  Session session;
  const at::Device device = device_of(options.machine);
  const auto half = precision_of(options.machine, device, session.notes);
  if (const auto card = model::card_of(device)) model::check_card(*card, half);
  if (const auto sight = model::look_for_card();
      device.is_cpu() && options.machine.device == "auto" && (sight.is_found || base::has_nvidia_driver()))
    session.notes.push_back(fmt::format(
        "there is an NVIDIA driver, but {}: training on the CPU takes many times as long", model::why_no_card(sight)));
  const int threads = options.machine.threads > 0 ? static_cast<int>(options.machine.threads) : base::processors();
  at::set_num_threads(threads);
  // Numbers too small to matter cost a CPU a hundred times as much as others.
  at::globalContext().setFlushDenormal(true);
  base::keep_freed_memory();

  session.voice = checkpoint::read_voice(voice_path);
  session.notes.insert(session.notes.end(), session.voice.notes.begin(), session.voice.notes.end());
  const data::TrainingSet set = data::read_training_set(options.places.data_dir);
  for (const std::string& defect : set.defects) session.notes.push_back(defect);
  grow(session, set, options);
  session.tokenizer = std::make_unique<text::Tokenizer>(tokenizer_of(session.voice));

  const model::VitsConfig& config = session.voice.config;
  const data::StoreTarget target{.sample_rate_hz = config.sampling_rate,
                                 .fft_samples = 2 * (config.spectrogram_bins - 1),
                                 .hop_samples = config.hop_length,
                                 .segment_frames = config.segment_size / config.hop_length,
                                 .speakers = speakers_by_id(session.voice),
                                 .pinned = device.is_cuda(),
                                 .threads = threads};
  std::unique_ptr<report::Progress> progress;
  std::string at_work;
  session.store =
      std::make_unique<data::ClipStore>(set, *session.tokenizer, target, options.store,
                                        [&](const char* work, const char* noun, int64_t done, int64_t total) {
                                          if (work != at_work) {
                                            progress = std::make_unique<report::Progress>(work, total, noun);
                                            at_work = work;
                                          }
                                          progress->set(done);
                                        });
  progress.reset();
  for (const std::string& note : session.store->take_notes()) session.notes.push_back(note);

  Prepared prepared = prepare_networks(session.voice, options.voice, device, options.machine.seed);
  session.notes.insert(session.notes.end(), prepared.notes.begin(), prepared.notes.end());
  session.fresh_discriminators = prepared.fresh_discriminators;
  prepared.networks.generator->train();
  session.learner = std::make_unique<Learner>(
      prepared.networks,
      LearnerSettings{.optimizer = options.optimizer,
                      .weights = options.weights,
                      .half = half,
                      .keeps = options.fit.gradient_checkpointing ? model::Keeps::kInputs : model::Keeps::kAll});
  if (options.batches.batch_size == 0) find_batch_size(session, options);
  session.graphs = graphs_of(*session.learner, options);

  const data::ClipNumbers clips = session.store->training();
  std::vector<int64_t> frames;
  for (const int64_t clip : clips) frames.push_back(session.store->clips()[static_cast<size_t>(clip)].frames);
  session.sampler = std::make_unique<data::Sampler>(
      clips, frames, static_cast<double>(config.sampling_rate) / static_cast<double>(config.hop_length),
      options.batches, options.machine.seed);
  return session;
}

checkpoint::VoiceFiles voice_now(const Session& session) {
  checkpoint::VoiceFiles voice = session.voice;
  const Learner::Averaged averaged(*session.learner);
  auto& networks = session.learner->networks();
  checkpoint::take_weights(voice, networks.generator, networks.discriminators ? &networks.discriminators : nullptr);
  return voice;
}

}  // namespace vits::train
