// Takes the punctuation marks out of a text before it is made into phonemes and puts them back afterwards, as the
// Python package phonemizer (3.4.0) does with `preserve_punctuation`, its quirks included: voices were trained on its
// output.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace vits::text {

struct MarkedText {
  enum class Place { kBegin, kInside, kEnd, kAlone };  // of its line
  struct Mark {
    size_t line = 0;
    std::u32string text;  // with the blanks around it
    Place place = Place::kInside;
  };
  std::vector<std::u32string> pieces;  // what stands between the marks; none is empty
  std::vector<Mark> marks;
};

// `lines`: none is blank.
MarkedText take_out_marks(const std::vector<std::u32string>& lines);

// `phonemes`: what became of the pieces, one for each. Returns the lines.
std::vector<std::string> put_marks_back(std::vector<std::string> phonemes, const std::vector<MarkedText::Mark>& marks);

}  // namespace vits::text
