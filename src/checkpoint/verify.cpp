#include "vits/checkpoint/verify.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <set>

#include "vits/base/error.h"
#include "vits/checkpoint/voice_files.h"
#include "vits/checkpoint/weights.h"
#include "vits/model/discriminators.h"
#include "vits/model/generator.h"
#include "vits/model/speech.h"
#include "weight_names.h"

namespace vits::checkpoint {

namespace {

constexpr int64_t kMostSpeakers = 8;
constexpr size_t kSymbolsSpoken = 12;
constexpr double kSilence = 1e-6;  // a 16-bit file would hold zeros

int64_t values_of(const formats::TensorMap& tensors) {
  int64_t count = 0;
  for (const auto& entry : tensors) count += entry.second.numel();
  return count;
}

void check_vocabulary(const VoiceFiles& voice, Verification& result) {
  if (!voice.vocab.is_object()) {
    result.defects.push_back("there is no vocab.json: no text can be turned into token ids");
    return;
  }
  const size_t defects = result.defects.size();
  std::set<int64_t> ids;
  std::vector<std::string> outside, twice;
  for (const auto& [symbol, id] : voice.vocab.items()) {
    const bool fits = id.is_number_integer() && id >= 0 && id < voice.config.vocab_size;
    if (!fits) {
      if (symbol != "<unk>") outside.push_back(fmt::format("\"{}\": {}", symbol, id.dump()));
    } else if (!ids.insert(id.get<int64_t>()).second) {
      twice.push_back(fmt::format("\"{}\": {}", symbol, id.dump()));
    }
  }
  if (!outside.empty())
    result.defects.push_back(fmt::format("vocab.json has ids that are not in the embedding of {} rows: {}",
                                         voice.config.vocab_size, listed(outside)));
  if (!twice.empty()) result.defects.push_back(fmt::format("vocab.json gives an id to two symbols: {}", listed(twice)));
  if (!ids.contains(0))
    result.defects.push_back("vocab.json has no symbol 0, which stands between the others as the blank");
  if (result.defects.size() == defects)
    result.checked.push_back(fmt::format("vocabulary of {} symbols, all in the embedding of {} rows",
                                         voice.vocab.size(), voice.config.vocab_size));
}

// Blank, symbol, blank, symbol, ...: what a tokenizer makes of a word.
at::Tensor a_word(const VoiceFiles& voice) {
  std::vector<int64_t> ids = {0};
  for (int64_t id = 1; id < voice.config.vocab_size && ids.size() < 2 * kSymbolsSpoken; ++id) {
    ids.push_back(id);
    ids.push_back(0);
  }
  return at::tensor(ids).unsqueeze(0);  // [1, T]
}

void check_speech(model::Generator& generator, const VoiceFiles& voice, Verification& result) {
  model::SpeechRequest request;
  request.token_ids = a_word(voice);
  request.noise_scale = voice.config.noise_scale;
  request.noise_scale_duration = voice.config.noise_scale_duration;
  request.speaking_rate = voice.config.speaking_rate;
  const int64_t speakers = std::min(voice.config.num_speakers, kMostSpeakers);
  double seconds = 0;
  for (int64_t id = 0; id < speakers; ++id) {
    const std::string who = voice.config.has_speakers() ? fmt::format(" of speaker {}", id) : "";
    if (voice.config.has_speakers()) request.speaker_ids = at::tensor({id}, at::kLong);
    request.generator = at::make_generator<at::CPUGeneratorImpl>(0);
    try {
      const auto speech = model::speak(generator, request);
      const double peak = speech.waveform.abs().max().item<double>();
      if (!is_finite(speech.waveform))
        result.defects.push_back("the speech" + who + " has samples that are no finite numbers");
      else if (peak < kSilence)
        result.defects.push_back("the speech" + who + " is silent");
      seconds += static_cast<double>(speech.waveform.size(1)) / static_cast<double>(voice.config.sampling_rate);
    } catch (const Error& error) {
      result.defects.push_back("speaking" + who + " fails: " + error.what());
    }
  }
  if (result.defects.empty())
    result.checked.push_back(fmt::format("{:.1f} s spoken by {} of {} speakers: finite and not silent", seconds,
                                         speakers, voice.config.num_speakers));
}

}  // namespace

Verification verify(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) throw Error("{}: there is no such file or folder.", path.string());
  Verification result;
  try {
    const VoiceFiles voice = read_voice(path);
    result.checked.push_back(fmt::format("{} voice read from {}", name_of(voice.kind), voice.weights.front().string()));
    model::Generator generator(voice.config);
    model::Discriminators discriminators{nullptr};
    if (!voice.discriminators.empty()) discriminators = model::Discriminators(voice.config);
    apply_weights(generator, discriminators.is_empty() ? nullptr : &discriminators, voice);
    result.checked.push_back(fmt::format("{} tensors of the generator fit its network, {} finite values",
                                         voice.generator.size(), values_of(voice.generator)));
    if (!voice.discriminators.empty())
      result.checked.push_back(fmt::format("{} tensors of the discriminators fit theirs, {} finite values",
                                           voice.discriminators.size(), values_of(voice.discriminators)));
    check_vocabulary(voice, result);
    generator->eval();
    check_speech(generator, voice, result);
  } catch (const Error& error) {
    result.defects.push_back(error.what());
  }
  return result;
}

}  // namespace vits::checkpoint
