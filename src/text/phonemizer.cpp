#include "vits/text/phonemizer.h"

#include <algorithm>
#include <mutex>
#include <sstream>
#include <vector>

#include "punctuation.h"
#include "unicode.h"
#include "vits/base/error.h"
#include "vits/base/process.h"
#include "vits/text/utf8.h"

namespace vits::text {
namespace {

constexpr char kProgram[] = "espeak-ng";
// espeak-ng reads lines into 1,000 bytes and takes what is longer for another text.
constexpr size_t kLongestLineBytes = 990;
// Phonemes inside [[ ]] are spoken as they are. The mark is no word of any language, so that its line is the end of an
// answer, which may have any number of lines.
constexpr char kEndMark[] = "[[tktktktktktk]]\n";
// A clause that ends in a tag of this kind has no intonation, and the program leaves its stress alone. (This one closes
// what was never opened and does nothing else.)
constexpr char kNoIntonation[] = " </audio>";
constexpr std::string_view kStress = "ˈ", kSecondaryStress = "ˌ";

std::string substituted(std::string_view text, std::string_view part, std::string_view replacement) {
  std::string result;
  for (size_t position = 0; position < text.size();) {
    const size_t found = std::min(text.find(part, position), text.size());
    result += text.substr(position, found - position);
    if (found < text.size()) result += replacement;
    position = found + part.size();
  }
  return result;
}

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? std::string() : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

// espeak-ng's answer in phonemizer's spelling. `_` separates phonemes and is sometimes left over at a word's end.
std::string tidy(const std::string& answer) {
  std::string line = substituted(trimmed(answer), "  ", " ");
  line.erase(std::unique(line.begin(), line.end(), [](char left, char right) { return left == '_' && right == '_'; }),
             line.end());
  return substituted(substituted(line, "_ ", " "), "_", "");
}

// A piece as espeak-ng may be given it: on one line, without the control characters that are commands to it or end a
// text, and as SSML.
std::u32string harmless(std::u32string_view piece) {
  std::u32string text;
  for (const char32_t character : piece) {
    if ((character < 0x20 && !is_space(character)) || character == U'\n')
      text += U' ';
    else if (character == U'&')
      text += U"&amp;";
    else if (character == U'<')
      text += U"&lt;";
    else if (character == U'[' && text.ends_with(U'['))
      text += U" [";
    else
      text += character;
  }
  return text;
}

// -z: the end of a line is not the end of a sentence, as for phonemizer. --sep is its separator as well. -m: SSML.
std::vector<std::string> command(const std::string& voice) {
  return {kProgram, "-q", "-z", "-m", "--ipa", "--sep=_", "-v", voice};
}

std::string without_stress(const std::string& answer) {
  return substituted(substituted(tidy(answer), kStress, ""), kSecondaryStress, "");
}

bool same_but_for_stress(const std::string& left, const std::string& right) {
  return without_stress(left) == without_stress(right);
}

int64_t stressed_words(const std::string& answer) {
  int64_t count = 0;
  for (size_t at = answer.find(kStress); at != std::string::npos; at = answer.find(kStress, at + 1)) ++count;
  return count;
}

}  // namespace

class Phonemizer::Espeak {
 public:
  explicit Espeak(const std::string& voice) : voice_(checked(voice)), espeak_(command(voice)) {
    espeak_.write(kEndMark);
    end_ = trimmed(espeak_.read_line());
    if (end_.empty()) throw Error("espeak-ng said nothing for its voice \"{}\". Install its data.", voice);
  }

  std::string phonemes(std::u32string_view piece) {
    std::u32string text = harmless(piece);
    std::vector<std::string> clauses = ask(text), finished;
    // A clause that a mark ends has been given a stress as well. It is said again by itself; which of the marks ends it
    // depends on what stands beside them, so that the answer must tell.
    for (size_t position = 0; !clauses.empty() && position < text.size();) {
      const size_t mark = position++;
      if (!may_end_clause(text[mark])) continue;
      const auto head = ask(text.substr(0, mark));
      if (head.size() != 1 || !same_but_for_stress(head[0], clauses[0])) continue;
      if (stressed_words(head[0]) > stressed_words(clauses[0])) continue;  // no mark, but a word that ends the clause
      const std::u32string rest = text.substr(mark + 1);
      const auto tail = ask(rest);
      if (!std::equal(tail.begin(), tail.end(), clauses.begin() + 1, clauses.end(), same_but_for_stress)) continue;
      finished.push_back(head[0]);
      clauses = tail;
      text = rest;
      position = 0;
    }
    finished.insert(finished.end(), clauses.begin(), clauses.end());
    return joined(finished);
  }

  std::mutex speaking;

 private:
  static const std::string& checked(const std::string& voice) {
    if (base::find_program(kProgram).empty())
      throw Error(
          "this voice reads phonemes, for which the program espeak-ng is needed, and it is not on PATH. "
          "Install it: apt-get install espeak-ng.");
    auto words = command(voice);
    words.push_back("a");
    const auto finished = base::run_program(words);
    if (finished.exit_code != 0)
      throw Error("espeak-ng has no voice \"{}\": {} espeak-ng --voices lists those it has.", voice,
                  finished.error_output.substr(0, finished.error_output.find('\n')));
    return voice;
  }

  // The answer to a text, a line for each clause. A full stop would be read aloud ahead of the tag.
  std::vector<std::string> ask(const std::u32string& text) {
    const std::u32string said = text.substr(0, text.find_last_not_of(U" .,") + 1);
    const std::string line = encode_utf8(said) + kNoIntonation;
    if (line.size() > kLongestLineBytes) return ask_anew(line);
    // The zero byte ends the text before the line's end, which would otherwise be heard as the end of a clause.
    espeak_.write(line + std::string("\0\n", 2) + kEndMark);
    std::vector<std::string> clauses;
    for (std::string answer = espeak_.read_line(); trimmed(answer) != end_; answer = espeak_.read_line())
      if (!answer.empty()) clauses.push_back(std::move(answer));
    return clauses;
  }

  // A text that does not fit into a line, told to a process of its own, which reads it to the end. Slow as espeak-ng is
  // (it makes the sound as well): some 0.1 ms a byte.
  std::vector<std::string> ask_anew(const std::string& text) const {
    auto words = command(voice_);
    words.push_back("--stdin");
    const auto finished = base::run_program(words, text + "\n");
    if (finished.exit_code != 0) throw Error("espeak-ng exited with {}: {}", finished.exit_code, finished.error_output);
    std::vector<std::string> clauses;
    std::istringstream answer(finished.output);
    for (std::string clause; std::getline(answer, clause);)
      if (!clause.empty()) clauses.push_back(clause);
    return clauses;
  }

  static std::string joined(const std::vector<std::string>& clauses) {
    std::string answer;
    for (const auto& clause : clauses) answer += answer.empty() ? clause : ' ' + clause;
    return tidy(answer);
  }

  std::string voice_;
  base::Conversation espeak_;
  std::string end_;
};

Phonemizer::Phonemizer(const std::string& espeak_voice) : espeak_(std::make_unique<Espeak>(espeak_voice)) {}
Phonemizer::~Phonemizer() = default;

std::string Phonemizer::phonemize(std::string_view utf8) {
  const std::u32string text = decode_utf8(utf8);
  std::vector<std::u32string> lines{U""};
  for (const char32_t character : text) {
    if (character == U'\n')
      lines.emplace_back();
    else
      lines.back() += character;
  }
  std::erase_if(lines, [](const std::u32string& line) { return trim(line).empty(); });

  const MarkedText marked = take_out_marks(lines);
  std::vector<std::string> phonemes;
  {
    const std::scoped_lock guard(espeak_->speaking);
    for (const auto& piece : marked.pieces) phonemes.push_back(espeak_->phonemes(piece));
  }
  std::string spoken;
  const auto spoken_lines = put_marks_back(std::move(phonemes), marked.marks);
  for (size_t number = 0; number < spoken_lines.size(); ++number)
    spoken += (number > 0 ? "\n" : "") + spoken_lines[number];
  std::u32string with_single_blanks;
  for (const char32_t character : decode_utf8(spoken)) {
    if (!is_space(character))
      with_single_blanks += character;
    else if (!with_single_blanks.ends_with(U' '))
      with_single_blanks += U' ';
  }
  return encode_utf8(with_single_blanks);
}

}  // namespace vits::text
