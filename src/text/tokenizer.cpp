#include "vits/text/tokenizer.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "unicode.h"
#include "vits/text/phonemizer.h"
#include "vits/text/romanizer.h"
#include "vits/text/utf8.h"

namespace vits::text {
namespace {

constexpr int64_t kBlank = 0;

// transformers always asks for this voice, whatever the tokenizer's language: its voices were trained so.
constexpr char kEspeakVoice[] = "en-us";

bool is_ascii(std::u32string_view text) {
  return std::all_of(text.begin(), text.end(), [](char32_t character) { return character < 0x80; });
}

}  // namespace

struct Tokenizer::State {
  // A token that transformers finds in the text before anything is cut into characters.
  struct SpecialToken {
    std::u32string text;
    int64_t id = -1;  // -1: the vocabulary lacks it, transformers' id would lie beyond the embedding
  };

  // Started when first needed, so that a voice can be inspected or converted on a machine without espeak-ng.
  class LatePhonemizer {
   public:
    std::string phonemize(std::string_view utf8) {
      {
        const std::scoped_lock guard(starting_);
        if (!phonemizer_) phonemizer_ = std::make_unique<Phonemizer>(kEspeakVoice);
      }
      return phonemizer_->phonemize(utf8);
    }

   private:
    std::mutex starting_;
    std::unique_ptr<Phonemizer> phonemizer_;
  };

  TokenizerSettings settings;
  Interspersing interspersing = Interspersing::kOriginal;
  std::unordered_map<char32_t, int64_t> ids;                                 // symbols of one code point
  std::unordered_map<char32_t, std::vector<std::u32string>> longer_symbols;  // the others by their first
  std::vector<SpecialToken> special_tokens;
  std::unique_ptr<Romanizer> romanizer;
  std::unique_ptr<LatePhonemizer> phonemizer;

  State(TokenizerSettings given, Interspersing how) : settings(std::move(given)), interspersing(how) {
    const auto remember = [this](const std::string& symbol) {
      std::u32string characters = decode_utf8(symbol);
      if (characters.size() > 1) longer_symbols[characters[0]].push_back(characters);
      return characters;
    };
    for (const auto& [symbol, id] : settings.vocab)
      if (const auto characters = remember(symbol); characters.size() == 1) ids[characters[0]] = id;
    for (const std::string& token : {settings.unk_token, settings.pad_token}) {
      if (token.empty()) continue;
      const auto known = settings.vocab.find(token);
      special_tokens.push_back({remember(token), known == settings.vocab.end() ? -1 : known->second});
    }
    if (settings.is_uroman) romanizer = std::make_unique<Romanizer>();
    if (settings.phonemize) phonemizer = std::make_unique<LatePhonemizer>();
  }

  // How many code points from `position` are a symbol and keep their capitals; 0 when none are. transformers takes the
  // first that fits in the order of vocab.json, which it writes sorted: the shortest.
  size_t symbol_length(std::u32string_view text, size_t position) const {
    if (ids.count(text[position])) return 1;
    const auto candidates = longer_symbols.find(text[position]);
    if (candidates == longer_symbols.end()) return 0;
    for (const auto& symbol : candidates->second)
      if (text.substr(position, symbol.size()) == symbol) return symbol.size();
    return 0;
  }

  std::u32string lower(std::u32string_view text) const {
    std::u32string lowered;
    lowered.reserve(text.size());
    for (size_t position = 0; position < text.size();) {
      const size_t length = symbol_length(text, position);
      if (length > 0)
        lowered += text.substr(position, length);
      else
        lowered += lower_case(text[position]);
      position += std::max<size_t>(length, 1);
    }
    return lowered;
  }

  // Everything before characters that the vocabulary lacks are left out.
  std::u32string prepare(std::string_view utf8) const {
    std::u32string text = decode_utf8(utf8);
    if (settings.normalize) text = lower(text);
    if (settings.language == "ron") std::replace(text.begin(), text.end(), U'\u021B', U'\u0163');
    // Without a language code: transformers gives none, and the original code gives "xxx", which is no language.
    if (romanizer && !is_ascii(text)) text = decode_utf8(romanizer->romanize(encode_utf8(text)));
    if (phonemizer) text = decode_utf8(phonemizer->phonemize(encode_utf8(text)));
    return text;
  }

  // The longest special token at `position`, or nullptr.
  const SpecialToken* special_at(std::u32string_view text, size_t position) const {
    const SpecialToken* longest = nullptr;
    for (const auto& token : special_tokens)
      if (text.substr(position, token.text.size()) == token.text
          && (!longest || token.text.size() > longest->text.size()))
        longest = &token;
    return longest;
  }
};

namespace {

std::string utf8_of(char32_t character) { return encode_utf8({&character, 1}); }

// Adds symbols with or without blanks between them.
void append(std::vector<int64_t>& ids, const std::vector<int64_t>& symbols, bool add_blank) {
  if (!add_blank) {
    ids.insert(ids.end(), symbols.begin(), symbols.end());
    return;
  }
  ids.push_back(kBlank);
  for (const int64_t symbol : symbols) {
    ids.push_back(symbol);
    ids.push_back(kBlank);
  }
}

}  // namespace

Tokenizer::Tokenizer(TokenizerSettings settings, Interspersing interspersing)
    : state_(std::make_shared<const State>(std::move(settings), interspersing)) {}

const TokenizerSettings& Tokenizer::settings() const { return state_->settings; }

Encoded Tokenizer::encode(std::string_view utf8) const {
  const State& state = *state_;
  Encoded encoded;
  std::u32string text = state.prepare(utf8);
  if (state.settings.normalize && !state.settings.phonemize) {
    std::u32string known;
    for (const char32_t character : text) {
      if (state.ids.count(character))
        known += character;
      else
        ++encoded.unknown[utf8_of(character)];
    }
    text = trim(known);
  }

  const auto unk = state.settings.vocab.find(state.settings.unk_token);
  const bool cuts = state.interspersing == Interspersing::kTransformers;
  std::vector<int64_t> symbols;
  size_t characters_in_piece = 0;
  const auto end_piece = [&] {
    if (characters_in_piece > 0 || !cuts) append(encoded.ids, symbols, state.settings.add_blank);
    symbols.clear();
    characters_in_piece = 0;
  };
  for (size_t position = 0; position < text.size();) {
    if (const auto* special = cuts ? state.special_at(text, position) : nullptr) {
      end_piece();
      if (special->id >= 0) {
        encoded.ids.push_back(special->id);
        encoded.spoken += encode_utf8(special->text);
      } else {
        ++encoded.unknown[encode_utf8(special->text)];
      }
      position += special->text.size();
      continue;
    }
    const char32_t character = text[position++];
    ++characters_in_piece;
    const auto known = state.ids.find(character);
    if (known != state.ids.end()) {
      symbols.push_back(known->second);
      append_utf8(encoded.spoken, character);
      continue;
    }
    ++encoded.unknown[utf8_of(character)];
    if (unk != state.settings.vocab.end()) symbols.push_back(unk->second);
  }
  end_piece();
  return encoded;
}

std::map<std::string, int64_t> audible(const std::map<std::string, int64_t>& unknown) {
  static constexpr std::u32string_view kReadAloud = U"%&@#/*§‰٪％＆＠＃";  // punctuation to Unicode, words to a reader
  std::map<std::string, int64_t> heard;
  for (const auto& [symbol, count] : unknown) {
    for (const char32_t character : decode_utf8(symbol)) {
      const auto mask = U_GET_GC_MASK(static_cast<UChar32>(character));
      const bool is_silent = (mask & (U_GC_P_MASK | U_GC_Z_MASK | U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK))
                             || u_hasBinaryProperty(static_cast<UChar32>(character), UCHAR_VARIATION_SELECTOR);
      if (!is_silent || kReadAloud.find(character) != std::u32string_view::npos) heard[symbol] = count;
    }
  }
  return heard;
}

}  // namespace vits::text
