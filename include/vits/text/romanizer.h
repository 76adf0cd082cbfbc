// Writes text of any script in Latin letters, as the `uroman` Python package does: the MMS voices whose tokenizer says
// `is_uroman` were trained on its output, so another romaniser, however good, would speak other letters.
//
// Equal to uroman 1.3.1.1 called as `uroman.Uroman().romanize_string(text, language_code)`, character for character;
// where that version raises an exception (a Chinese fraction sign without a number behind it) we go on without the rule
// at fault. The tables are inside the program: nothing is read from the disk and no Python is needed.
#pragma once
#include <string>
#include <string_view>

namespace vits::text {

namespace romanization {
class Tables;
}

class Romanizer {
 public:
  Romanizer();  // the first one in a process reads the tables, some 6 ms; further ones share them

  // `language_code` is ISO 639-3 and may stay empty; some letters are written differently in rus, ukr, bul, fas and
  // some twenty more. Bytes that are not UTF-8 count as U+FFFD. Safe to call from several threads.
  std::string romanize(std::string_view utf8, std::string_view language_code = {}) const;

  // The versions of the tables, such as "uroman 1.3.1.1, Unicode 14.0.0".
  static std::string_view version();

 private:
  const romanization::Tables& tables_;
};

}  // namespace vits::text
