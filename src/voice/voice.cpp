#include "vits/voice/voice.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "joining.h"
#include "latents.h"
#include "plan.h"
#include "vits/base/error.h"
#include "vits/base/machine.h"
#include "vits/base/nearest.h"
#include "vits/base/parallel.h"
#include "vits/base/stop_signal.h"
#include "vits/checkpoint/weights.h"
#include "vits/model/card.h"
#include "vits/model/fast_decoder.h"
#include "vits/model/speech.h"
#include "vits/model/weights.h"

namespace vits::voice {

namespace {

// Pieces in flight. A card wants many at once; a processor only as many as keep its threads busy.
constexpr size_t kPiecesOnCard = 64, kRowsOnCard = 16;
size_t pieces_on_cpu(int64_t threads) { return static_cast<size_t>(std::max<int64_t>(8, 2 * threads)); }

// Decoded together on the CPU; a second of speech takes some 5 MB of signals on its way.
constexpr int64_t kFramesTogether = 4000;

// A piece is spoken by one thread up to its latent, so LibTorch must not divide its work: how a sum is divided moves
// its last bit, and the samples would depend on the number of threads.
class OneThreadOfTorch {
 public:
  OneThreadOfTorch() : before_(at::get_num_threads()) { at::set_num_threads(1); }
  ~OneThreadOfTorch() { at::set_num_threads(before_); }
  OneThreadOfTorch(const OneThreadOfTorch&) = delete;
  OneThreadOfTorch& operator=(const OneThreadOfTorch&) = delete;

 private:
  int before_;
};

at::Device device_named(const std::string& name) {
  const bool card = model::card_is_usable();
  if (name == "cuda" && !card)
    throw Error("--device cuda: {}. --device cpu speaks without.", model::why_no_card(model::look_for_card()));
  if (name == "cpu" || !card) return at::Device(at::kCPU);
  const at::Device device(at::kCUDA);
  if (const auto found = model::card_of(device)) model::check_card(*found, {});
  return device;
}

std::string listed_speakers(const std::vector<std::string>& names, int64_t count) {
  if (names.empty())
    return fmt::format("It has {} speakers without names: give a number from 0 to {}.", count, count - 1);
  constexpr size_t most = 20;
  std::string list;
  for (size_t i = 0; i < std::min(most, names.size()); ++i) list += (i ? ", " : "") + names[i];
  if (names.size() > most) list += fmt::format(" and {} more", names.size() - most);
  return "Its speakers are " + list + ".";
}

}  // namespace

struct Voice::State {
  State(const checkpoint::VoiceFiles& files, const VoiceOptions& options)
      : device(device_named(options.device)),
        threads(options.threads > 0 ? options.threads : base::processors()),
        speakers(files.speakers),
        tokenizer(text::settings_from_json(files.vocab, files.tokenizer_config)),
        generator(files.config) {
    checkpoint::apply_weights(generator, nullptr, files);
    const at::NoGradGuard no_grad;
    model::fold_weight_norm(generator);
    generator->eval();
    if (device.is_cpu()) decoder = model::FastDecoder::make(files.config, generator->decoder);
    generator->to(device);
  }

  // The waveforms of some pieces, [S] each on the CPU.
  std::vector<at::Tensor> speak_on_cpu(const std::vector<const PlannedPiece*>& pieces, const SpeakOptions& options);
  std::vector<at::Tensor> speak_on_card(const std::vector<const PlannedPiece*>& pieces, const SpeakOptions& options);

  at::Device device;
  int64_t threads;
  std::vector<std::string> speakers;
  text::Tokenizer tokenizer;
  model::Generator generator;
  std::unique_ptr<model::FastDecoder> decoder;  // nullptr on a card, and on processors without kernels
};

std::vector<at::Tensor> Voice::State::speak_on_cpu(const std::vector<const PlannedPiece*>& pieces,
                                                   const SpeakOptions& options) {
  std::vector<Latents> latents(pieces.size());
  {
    const OneThreadOfTorch one_thread;
    base::for_each_task(static_cast<int64_t>(pieces.size()), static_cast<int>(threads), [&](int64_t task) {
      at::init_num_threads();  // LibTorch counts threads for each of its callers
      const auto piece = static_cast<size_t>(task);
      latents[piece] = latents_of(generator, {pieces[piece]}, options, device);
    });
  }
  std::vector<at::Tensor> waveforms;
  for (size_t begin = 0, end = 0; begin < pieces.size(); begin = end) {
    std::vector<at::Tensor> rows, row_speakers;
    for (int64_t frames = 0; end < pieces.size() && (end == begin || frames < kFramesTogether); ++end) {
      rows.push_back(latents[end].frames[0]);
      if (latents[end].speaker.defined()) row_speakers.push_back(latents[end].speaker[0]);
      frames += rows.back().size(1);
    }
    if (decoder) {
      for (auto& waveform : decoder->decode(rows, row_speakers, static_cast<int>(threads)))
        waveforms.push_back(std::move(waveform));
    } else {
      const at::NoGradGuard no_grad;
      for (size_t i = begin; i < end; ++i)
        waveforms.push_back(generator->decoder->forward(latents[i].frames, latents[i].speaker).reshape({-1}));
    }
    base::throw_if_stopped();
  }
  return waveforms;
}

std::vector<at::Tensor> Voice::State::speak_on_card(const std::vector<const PlannedPiece*>& pieces,
                                                    const SpeakOptions& options) {
  const at::NoGradGuard no_grad;
  std::vector<size_t> by_length(pieces.size());  // so that little is padded
  std::iota(by_length.begin(), by_length.end(), size_t{0});
  std::stable_sort(by_length.begin(), by_length.end(),
                   [&](size_t a, size_t b) { return pieces[a]->token_ids.size() > pieces[b]->token_ids.size(); });
  std::vector<at::Tensor> waveforms(pieces.size());
  for (size_t begin = 0; begin < pieces.size(); begin += kRowsOnCard) {
    const size_t end = std::min(begin + kRowsOnCard, pieces.size());
    std::vector<const PlannedPiece*> batch;
    for (size_t i = begin; i < end; ++i) batch.push_back(pieces[by_length[i]]);
    const auto latents = latents_of(generator, batch, options, device);
    const auto sound = model::decode(generator, latents.frames, latents.lengths, latents.speaker).to(at::kCPU);
    for (size_t i = begin; i < end; ++i) {
      const auto row = static_cast<int64_t>(i - begin);
      const int64_t samples = latents.lengths[row].item<int64_t>() * generator->config().samples_per_frame();
      waveforms[by_length[i]] = sound[row].narrow(0, 0, samples);
    }
    base::throw_if_stopped();
  }
  return waveforms;
}

Voice::Voice(const checkpoint::VoiceFiles& files, const VoiceOptions& options)
    : state_(std::make_unique<State>(files, options)) {}
Voice::~Voice() = default;
Voice::Voice(Voice&&) noexcept = default;
Voice& Voice::operator=(Voice&&) noexcept = default;

const model::VitsConfig& Voice::config() const { return state_->generator->config(); }

std::string Voice::how() const {
  if (!state_->device.is_cpu()) return "a CUDA device";
  return fmt::format("CPU{}{}, {} {}", state_->decoder ? " with " : "",
                     state_->decoder ? state_->decoder->instructions() : "", state_->threads,
                     state_->threads == 1 ? "thread" : "threads");
}

SpeakOptions Voice::usual_options() const {
  SpeakOptions options;
  options.noise_scale = config().noise_scale;
  options.noise_scale_duration = config().noise_scale_duration;
  return options;
}

int64_t Voice::speaker_id(const std::string& name_or_number) const {
  const auto& names = state_->speakers;
  if (const auto found = std::find(names.begin(), names.end(), name_or_number); found != names.end())
    return found - names.begin();
  int64_t number = -1;
  const char* const end = name_or_number.data() + name_or_number.size();
  const auto parsed = std::from_chars(name_or_number.data(), end, number);
  const int64_t count = config().num_speakers;
  if (parsed.ec == std::errc() && parsed.ptr == end && number >= 0 && number < count) return number;
  if (count == 1)
    throw Error("this voice has no speaker \"{}\": it has one speaker. Leave --speaker out.", name_or_number);
  throw Error("this voice has no speaker \"{}\".{} {}", name_or_number, base::did_you_mean(name_or_number, names),
              listed_speakers(names, count));
}

void Voice::speak(const std::vector<std::string>& texts, const SpeakOptions& options, const Listener& listener) const {
  const Plan plan = plan_speech(texts, state_->tokenizer, options.seed);
  const size_t at_once = state_->device.is_cpu() ? pieces_on_cpu(state_->threads) : kPiecesOnCard;

  // The utterance that is being put together.
  size_t utterance = 0, pieces_left = 0;
  Joining joining(sample_rate_hz());
  text::Pause pause = text::Pause::kNone;
  const auto begin_utterance = [&] {
    for (; utterance < texts.size() && plan.pieces_of[utterance] == 0; ++utterance)
      listener.spoken(utterance, {{}, plan.unknown[utterance]});
    if (utterance < texts.size()) pieces_left = plan.pieces_of[utterance];
  };

  begin_utterance();
  for (size_t begin = 0; begin < plan.pieces.size(); begin += at_once) {
    base::throw_if_stopped();
    const size_t end = std::min(begin + at_once, plan.pieces.size());
    std::vector<const PlannedPiece*> pieces;
    for (size_t i = begin; i < end; ++i) pieces.push_back(&plan.pieces[i]);
    const auto waveforms =
        state_->device.is_cpu() ? state_->speak_on_cpu(pieces, options) : state_->speak_on_card(pieces, options);
    for (size_t i = 0; i < pieces.size(); ++i) {
      const auto waveform = waveforms[i].contiguous();
      joining.append({waveform.const_data_ptr<float>(), static_cast<size_t>(waveform.numel())}, pause);
      pause = pieces[i]->pause_after;
      if (--pieces_left > 0) continue;
      listener.spoken(utterance, {joining.take(), plan.unknown[utterance]});
      ++utterance;
      begin_utterance();
    }
    if (listener.progress) listener.progress(static_cast<int64_t>(end), static_cast<int64_t>(plan.pieces.size()));
  }
}

Spoken Voice::speak(const std::string& text, const SpeakOptions& options) const {
  Spoken result;
  speak({text}, options, {[&](size_t, Spoken spoken) { result = std::move(spoken); }});
  return result;
}

}  // namespace vits::voice
