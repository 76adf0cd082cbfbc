#include <set>

#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/checkpoint/original_layout.h"
#include "weight_names.h"

namespace vits::checkpoint {

using formats::Json;
using formats::TensorMap;

namespace {

// jaywalnut310/vits text/symbols.py, id by id: padding, punctuation, letters, IPA. The apostrophe of the IPA part
// occurs twice there.
constexpr const char32_t* kSymbols =
    U"_;:,.!?¡¿—…\"«»“” ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    U"ɑɐɒæɓʙβɔɕçɗɖðʤəɘɚɛɜɝɞɟʄɡɠɢʛɦɧħɥʜɨɪʝɭɬɫɮʟɱɯɰŋɳɲɴøɵɸθœɶʘɹɺɾɻʀʁɽʂʃʈʧʉʊʋⱱʌɣɤʍχʎʏʑʐʒʔʡʕʢǀǁǂǃ"
    U"ˈˌːˑʼʴʰʱʲʷˠˤ˞↓↑→↗↘'̩'ᵻ";

void append_utf8(std::string& text, char32_t letter) {
  const auto byte = [&](char32_t bits) { text += static_cast<char>(bits); };
  if (letter < 0x80) {
    byte(letter);
  } else if (letter < 0x800) {
    byte(0xC0 | letter >> 6);
    byte(0x80 | (letter & 0x3F));
  } else {
    byte(0xE0 | letter >> 12);
    byte(0x80 | (letter >> 6 & 0x3F));
    byte(0x80 | (letter & 0x3F));
  }
}

std::vector<std::string> published_symbols() {
  std::vector<std::string> symbols;
  for (const char32_t* letter = kSymbols; *letter; ++letter) append_utf8(symbols.emplace_back(), *letter);
  return symbols;
}

// A file of lines as Python reads it: the last one may lack its end, a carriage return before an end belongs to it.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(std::move(line));
    begin = end + 1;
  }
  return lines;
}

// A section's values, put under the keys of transformers.
struct Section {
  const Json& config;
  const char* section;
  Json& into;

  const Json* find(const char* key) const {
    const auto part = config.find(section);
    if (part == config.end() || !part->is_object()) return nullptr;
    const auto value = part->find(key);
    return value == part->end() || value->is_null() ? nullptr : &*value;
  }
  void copy(const char* key, std::initializer_list<const char*> ours) const {
    if (const Json* value = find(key))
      for (const char* name : ours) into[name] = *value;
  }
};

class Shapes {
 public:
  explicit Shapes(const TensorMap& tensors) : tensors_(tensors) {}

  // Size of a layer's weight, weight norm or not; none when there is no such layer.
  std::optional<int64_t> size(const std::string& layer, int64_t dimension) const {
    for (const std::string& name : {layer, layer + ".weight", layer + std::string(kDirection)}) {
      const auto found = tensors_.find(name);
      if (found != tensors_.end() && dimension < found->second.dim()) return found->second.size(dimension);
    }
    return std::nullopt;
  }

  int64_t count(const std::string& beginning) const {  // different segments that follow it
    std::set<std::string> found;
    for (auto entry = tensors_.lower_bound(beginning); entry != tensors_.end() && entry->first.starts_with(beginning);
         ++entry)
      found.insert(entry->first.substr(beginning.size(), entry->first.find('.', beginning.size()) - beginning.size()));
    return static_cast<int64_t>(found.size());
  }

 private:
  const TensorMap& tensors_;
};

void read_shapes(const Shapes& shapes, Json& ours) {
  const auto put = [&](const char* key, std::optional<int64_t> value) {
    if (value && *value > 0) ours[key] = *value;
  };
  const auto rows = shapes.size("text_encoder.encoder.layers.0.attention.emb_rel_k", 1);
  put("vocab_size", shapes.size("text_encoder.embed_tokens", 0));
  ours["window_size"] = rows ? (*rows - 1) / 2 : 0;
  put("posterior_encoder_num_wavenet_layers", shapes.count("posterior_encoder.wavenet.in_layers."));
  put("prior_encoder_num_flows", shapes.count("flow.flows."));
  put("prior_encoder_num_wavenet_layers", shapes.count("flow.flows.0.wavenet.in_layers."));
  put("wavenet_kernel_size", shapes.size("posterior_encoder.wavenet.in_layers.0", 2));
  put("spectrogram_bins", shapes.size("posterior_encoder.conv_pre", 1));
  const int64_t flows = shapes.count("duration_predictor.flows.");
  ours["use_stochastic_duration_prediction"] = flows > 0;
  if (flows > 1) {
    ours["duration_predictor_num_flows"] = flows - 1;  // the first is the affine one
    put("depth_separable_num_layers", shapes.count("duration_predictor.conv_dds.convs_dilated."));
    put("duration_predictor_kernel_size", shapes.size("duration_predictor.conv_dds.convs_dilated.0", 2));
    const auto spline = shapes.size("duration_predictor.flows.1.conv_proj", 0);  // widths, heights, inner derivatives
    if (spline) ours["duration_predictor_flow_bins"] = (*spline + 1) / 3;
  } else {
    put("duration_predictor_filter_channels", shapes.size("duration_predictor.conv_1", 0));
    put("duration_predictor_kernel_size", shapes.size("duration_predictor.conv_1", 2));
  }
  ours["num_speakers"] = shapes.size("embed_speaker", 0).value_or(1);
  ours["speaker_embedding_size"] = shapes.size("embed_speaker", 1).value_or(0);
}

// Each width but the last occurs twice at the end: 1, 16, 64, 256, 1024, 1024, 1024 of the judge of the waveform.
Json channels_of(const Shapes& shapes, const std::string& judge, int64_t layers) {
  Json channels = {1};
  for (int64_t i = 0; i < layers; ++i)
    if (const auto width = shapes.size(fmt::format("{}.convs.{}", judge, i), 0)) channels.push_back(*width);
  return channels;
}

}  // namespace

model::VitsConfig config_from_original(const Json& config, const TensorMap& generator, const TensorMap& discriminators,
                                       const std::string& source) {
  Json ours = Json::object();
  const Section model{config, "model", ours}, data{config, "data", ours}, train{config, "train", ours};
  model.copy("hidden_channels", {"hidden_size"});
  model.copy("inter_channels", {"flow_size"});
  model.copy("filter_channels", {"ffn_dim"});
  model.copy("n_heads", {"num_attention_heads"});
  model.copy("n_layers", {"num_hidden_layers"});
  model.copy("kernel_size", {"ffn_kernel_size"});
  model.copy("p_dropout", {"hidden_dropout", "attention_dropout", "activation_dropout"});
  for (const char* same : {"resblock", "resblock_kernel_sizes", "resblock_dilation_sizes", "upsample_rates",
                           "upsample_kernel_sizes", "upsample_initial_channel"})
    model.copy(same, {same});
  data.copy("sampling_rate", {"sampling_rate"});
  data.copy("hop_length", {"hop_length"});
  train.copy("segment_size", {"segment_size"});
  if (const Json* use = model.find("use_spectral_norm"); use && *use == true)
    throw Error("{}: use_spectral_norm is true; only discriminators with weight norm are known here.", source);
  read_shapes(Shapes(generator), ours);
  if (!discriminators.empty()) {
    const Shapes judges(discriminators);
    ours["discriminator_scale_channels"] = channels_of(judges, "discriminators.0", 4);
    ours["discriminator_period_channels"] = channels_of(judges, "discriminators.1", 4);
  }
  return config_from_json(ours, source);
}

Json config_to_original(const VoiceFiles& voice) {
  const auto& config = voice.config;
  Json original = voice.original_config.is_object() ? voice.original_config : Json::object();
  const auto otherwise = [](Json& section, const char* key, Json value) {
    if (!section.contains(key)) section[key] = std::move(value);
  };

  Json& model = original["model"];
  model["inter_channels"] = config.flow_size;
  model["hidden_channels"] = config.hidden_size;
  model["filter_channels"] = config.ffn_dim;
  model["n_heads"] = config.num_attention_heads;
  model["n_layers"] = config.num_hidden_layers;
  model["kernel_size"] = config.ffn_kernel_size;
  model["p_dropout"] = config.hidden_dropout;
  model["resblock"] = config.resblock;
  model["resblock_kernel_sizes"] = config.resblock_kernel_sizes;
  model["resblock_dilation_sizes"] = config.resblock_dilation_sizes;
  model["upsample_rates"] = config.upsample_rates;
  model["upsample_initial_channel"] = config.upsample_initial_channel;
  model["upsample_kernel_sizes"] = config.upsample_kernel_sizes;
  otherwise(model, "n_layers_q", 3);
  otherwise(model, "use_spectral_norm", false);
  if (!config.use_stochastic_duration_prediction) model["use_sdp"] = false;
  if (config.has_speakers()) model["gin_channels"] = config.speaker_embedding_size;

  const Json settings = voice.tokenizer_config.is_object() ? voice.tokenizer_config : Json::object();
  original[kTokenizerKey] = settings;
  const auto tokenizer = [&](const char* key, bool unless) {
    const auto found = settings.find(key);
    return found == settings.end() ? unless : *found == true;
  };
  Json& data = original["data"];
  data["sampling_rate"] = config.sampling_rate;
  data["filter_length"] = 2 * (config.spectrogram_bins - 1);
  data["hop_length"] = config.hop_length;
  data["n_speakers"] = config.has_speakers() ? config.num_speakers : 0;
  data["add_blank"] = tokenizer("add_blank", true);
  otherwise(data, "win_length", 2 * (config.spectrogram_bins - 1));
  otherwise(data, "n_mel_channels", 80);
  otherwise(data, "mel_fmin", 0.0);
  otherwise(data, "mel_fmax", nullptr);
  otherwise(data, "max_wav_value", 32768.0);
  otherwise(data, "text_cleaners",
            tokenizer("phonemize", true) ? Json{"english_cleaners2"} : Json{"transliteration_cleaners"});
  otherwise(data, "cleaned_text", true);
  // fairseq's MMS tells a romanised voice by the end of this name.
  const char* list = tokenizer("is_uroman", false) ? "train.txt.uroman" : "train.txt";
  otherwise(data, "training_files", list);
  otherwise(data, "validation_files", list);

  Json& train = original["train"];
  train["segment_size"] = config.segment_size;
  const Json recipe = {
      {"log_interval", 200},  {"eval_interval", 1000}, {"seed", 1234},     {"epochs", 10000},  {"learning_rate", 2e-4},
      {"betas", {0.8, 0.99}}, {"eps", 1e-9},           {"batch_size", 64}, {"fp16_run", true}, {"lr_decay", 0.999875},
      {"init_lr_ratio", 1},   {"warmup_epochs", 0},    {"c_mel", 45},      {"c_kl", 1.0}};
  for (const auto& [key, value] : recipe.items()) otherwise(train, key.c_str(), value);
  if (!voice.speakers.empty()) original["speakers"] = voice.speakers;
  return original;
}

std::vector<std::string> original_symbols(const std::filesystem::path& folder, const Json& config, int64_t rows) {
  std::vector<std::string> symbols;
  std::string source;
  if (const auto file = folder / "vocab.txt"; std::filesystem::exists(file)) {
    source = file.string();
    symbols = lines_of(base::read_file(file));
  } else if (const auto list = config.find("symbols"); list != config.end() && list->is_array()) {
    source = (folder / "config.json").string();
    for (const auto& symbol : *list) {
      if (!symbol.is_string()) throw Error("{}: symbols holds {}, but must be a list of texts.", source, symbol.dump());
      symbols.push_back(symbol);
    }
  } else {
    symbols = published_symbols();
    if (static_cast<int64_t>(symbols.size()) != rows)
      throw Error(
          "{} has no vocab.txt, and its embedding of {} symbols is not that of the published VITS ({}): put the "
          "symbols there, one a line.",
          folder.string(), rows, symbols.size());
    return symbols;
  }
  if (static_cast<int64_t>(symbols.size()) != rows)
    throw Error("{} has {} symbols, but the network's embedding has {}.", source, symbols.size(), rows);
  return symbols;
}

std::string unused_symbol(size_t id) { return fmt::format("<unused {}>", id); }

}  // namespace vits::checkpoint
