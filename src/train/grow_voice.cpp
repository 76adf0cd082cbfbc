#include "vits/train/grow_voice.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <algorithm>

#include "vits/base/error.h"
#include "vits/checkpoint/weights.h"
#include "vits/model/weights.h"

namespace vits::train {

namespace {

constexpr int64_t kSpeakerEmbedding = 256;  // channels, as every published voice of several speakers has
constexpr const char* kSpeakers = "embed_speaker.weight";
constexpr const char* kSymbols = "text_encoder.embed_tokens.weight";

void remember(checkpoint::VoiceFiles& voice) {
  voice.raw_config = checkpoint::config_to_json(voice.config, std::move(voice.raw_config));
  voice.config.check("the grown voice");
}

// Rows near the average of the old ones, as far from it as they are.
at::Tensor with_rows(const at::Tensor& rows, int64_t more) {
  const auto old = rows.to(at::kFloat);
  const auto mean = old.mean(0, true);
  const auto spread = old.size(0) > 1 ? old.std(0, /*unbiased=*/true, /*keepdim=*/true) : at::zeros_like(mean);
  return at::cat({old, mean + 0.1 * spread * at::randn({more, old.size(1)})}).to(rows.scalar_type());
}

// The conditioning that a voice of one speaker lacks: 0, but for the direction of a weight norm, which has to point
// somewhere; its length is 0.
void add_conditioning(checkpoint::VoiceFiles& voice) {
  model::Generator grown(voice.config);
  for (const auto& [name, tensor] : model::checkpoint_state(grown)) {
    if (voice.generator.contains(name)) continue;
    const bool direction = name.ends_with(".original1");
    voice.generator[name] = (direction || name == kSpeakers ? tensor : at::zeros_like(tensor)).to(voice.dtype);
  }
}

}  // namespace

std::vector<std::string> speakers_by_id(const checkpoint::VoiceFiles& voice) {
  if (!voice.config.has_speakers()) return {};
  auto names = voice.speakers;
  for (auto number = static_cast<int64_t>(names.size()); number < voice.config.num_speakers; ++number)
    names.push_back(std::to_string(number));
  return names;
}

void grow_speakers(checkpoint::VoiceFiles& voice, const std::vector<std::string>& names, int64_t seed) {
  const at::NoGradGuard no_grad;
  torch::manual_seed(static_cast<uint64_t>(seed));
  const int64_t before = voice.config.has_speakers() ? voice.config.num_speakers : 0;
  auto& known = voice.speakers;
  if (before > 0) known = speakers_by_id(voice);
  for (const std::string& name : names)
    if (std::find(known.begin(), known.end(), name) == known.end()) known.push_back(name);
  const auto count = static_cast<int64_t>(known.size());
  if (count < 2 || count == before) return;

  voice.config.num_speakers = count;
  if (before == 0) {
    voice.config.speaker_embedding_size = kSpeakerEmbedding;
    add_conditioning(voice);
  } else {
    at::Tensor& rows = voice.generator.at(kSpeakers);
    rows = with_rows(rows, count - before);
  }
  remember(voice);
}

void grow_vocabulary(checkpoint::VoiceFiles& voice, const std::vector<std::string>& symbols, int64_t seed) {
  const at::NoGradGuard no_grad;
  if (!voice.vocab.is_object())
    throw Error("{}: the voice has no vocabulary that characters could be added to.", voice.source.string());
  torch::manual_seed(static_cast<uint64_t>(seed) + 1);
  int64_t added = 0;
  for (const std::string& symbol : symbols)
    if (!voice.vocab.contains(symbol)) voice.vocab[symbol] = voice.config.vocab_size + added++;
  if (added == 0) return;
  at::Tensor& rows = voice.generator.at(kSymbols);
  rows = with_rows(rows, added);
  voice.config.vocab_size += added;
  // transformers keeps its "<unk>" behind the last symbol.
  if (voice.added_tokens.is_object())
    for (auto& [token, id] : voice.added_tokens.items())
      if (id.is_number_integer()) id = id.get<int64_t>() + added;
  remember(voice);
}

}  // namespace vits::train
