// Text to IPA phonemes for `phonemize` voices (vits-ljs, vits-vctk), as transformers' VitsTokenizer has the Python
// package phonemizer do it: espeak-ng speaks the text between punctuation marks, the marks stay where they were.
//
// espeak-ng is under the GPL, so it is the program that runs, as a process of its own kept open; nothing of it is
// linked.
//
// The program says a little more than the library call that phonemizer makes: it gives a clause without any stressed
// word ("and the") a stress. A clause without intonation is spared that, so each is told to have none.
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace vits::text {

// May be asked by several threads at once; they wait for each other.
class Phonemizer {
 public:
  // Throws Error when there is no espeak-ng or it has no voice of that name ("en-us", "de", ...).
  explicit Phonemizer(const std::string& espeak_voice = "en-us");
  ~Phonemizer();

  // Lines without text are left out; any run of blanks, line ends too, is one blank in the result.
  std::string phonemize(std::string_view utf8);

 private:
  class Espeak;
  std::unique_ptr<Espeak> espeak_;
};

}  // namespace vits::text
