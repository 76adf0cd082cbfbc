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
constexpr char kStressedWord[] = "[[t'Itk]]";
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

// A piece as espeak-ng may be given it: on one line, and without the control characters that are commands to it or end
// a text.
std::string harmless(std::u32string_view piece) {
  std::u32string text(piece);
  for (char32_t& character : text)
    if ((character < 0x20 && !is_space(character)) || character == U'\n') character = U' ';
  return substituted(encode_utf8(text), "[[", "[ [");
}

// -z: the end of a line is not the end of a sentence, as for phonemizer. --sep is its separator as well.
std::vector<std::string> command(const std::string& voice) {
  return {kProgram, "-q", "-z", "--ipa", "--sep=_", "-v", voice};
}

}  // namespace

class Phonemizer::Espeak {
 public:
  explicit Espeak(const std::string& voice) : voice_(checked(voice)), espeak_(command(voice)) {
    espeak_.write(kEndMark);
    end_ = trimmed(espeak_.read_line());
    if (end_.empty()) throw Error("espeak-ng said nothing for its voice \"{}\". Install its data.", voice);
    const auto answer = ask(kStressedWord);
    stressed_ = answer.empty() ? "" : tidy(answer[0]);
  }

  std::string phonemes(std::u32string_view piece) {
    const std::string line = harmless(piece);
    if (line.size() > kLongestLineBytes) return phonemes_of_long(line);
    std::vector<std::string> clauses = ask(line);
    if (!clauses.empty()) clauses[0] = without_made_up_stress(line, clauses);
    return joined(clauses);
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

  std::vector<std::string> ask(const std::string& line) {
    // The zero byte ends the text before the line's end, which would otherwise be heard as the end of a clause.
    espeak_.write(line + std::string("\0\n", 2) + kEndMark);
    std::vector<std::string> clauses;
    for (std::string answer = espeak_.read_line(); trimmed(answer) != end_; answer = espeak_.read_line())
      if (!answer.empty()) clauses.push_back(std::move(answer));
    return clauses;
  }

  // A text that does not fit into a line, told to a process of its own, which reads it to the end. Slow as espeak-ng is
  // (it makes the sound as well): some 0.1 ms a byte.
  std::string phonemes_of_long(const std::string& text) {
    auto words = command(voice_);
    words.push_back("--stdin");
    const auto finished = base::run_program(words, text + "\n");
    if (finished.exit_code != 0) throw Error("espeak-ng exited with {}: {}", finished.exit_code, finished.error_output);
    std::vector<std::string> clauses;
    std::istringstream answer(finished.output);
    for (std::string clause; std::getline(answer, clause);)
      if (!clause.empty()) clauses.push_back(clause);
    return joined(clauses);
  }

  static std::string joined(const std::vector<std::string>& clauses) {
    std::string answer;
    for (const auto& clause : clauses) answer += answer.empty() ? clause : ' ' + clause;
    return tidy(answer);
  }

  enum class Stress { kSame, kSecondary, kNone, kOtherWords };  // of a clause beside other words, seen from it alone

  // What becomes of the stress of `alone`, a clause with one, when `line` is said between these words.
  Stress stress_beside(const std::string& before, const std::string& line, const std::string& after,
                       const std::string& alone) {
    const auto clauses = ask(before + line + after);
    if (clauses.empty() || (!after.empty() && clauses.size() > 1)) return Stress::kOtherWords;
    std::string heard = tidy(clauses[0]);
    if (!before.empty() && heard.starts_with(stressed_)) heard.erase(0, stressed_.size());
    if (!after.empty() && heard.ends_with(stressed_)) heard.erase(heard.size() - stressed_.size());
    heard = trimmed(heard);
    if (heard == alone) return Stress::kSame;
    if (heard == substituted(alone, kStress, kSecondaryStress)) return Stress::kSecondary;
    return heard == substituted(alone, kStress, "") ? Stress::kNone : Stress::kOtherWords;
  }

  // The program gives a clause without a stressed word a stress; beside a stressed word it does not.
  std::string without_made_up_stress(const std::string& line, const std::vector<std::string>& clauses) {
    const std::string& heard = clauses[0];
    const std::string alone = trimmed(tidy(heard));
    const size_t stress = alone.find(kStress);
    if (stress == std::string::npos || alone.find(kStress, stress + 1) != std::string::npos) return heard;

    const std::string before = std::string(kStressedWord) + ' ', after = ' ' + std::string(kStressedWord);
    const Stress behind_word = stress_beside(before, line, "", alone);
    if (behind_word == Stress::kOtherWords) return heard;
    const Stress ahead_of_word = clauses.size() == 1 ? stress_beside("", line, after, alone) : Stress::kOtherWords;
    if (behind_word != Stress::kSame) {
      // "one" loses its own stress behind a stressed word, but not ahead of one.
      if (ahead_of_word == Stress::kSame) return heard;
      return substituted(heard, kStress, behind_word == Stress::kSecondary ? kSecondaryStress : "");
    }
    // "when" gains one behind a stressed word; it has none between two.
    if (ahead_of_word == Stress::kSecondary && stress_beside(before, line, after, alone) == Stress::kNone)
      return substituted(heard, kStress, kSecondaryStress);
    return heard;
  }

  std::string voice_;
  base::Conversation espeak_;
  std::string end_, stressed_;
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
