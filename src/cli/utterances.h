// What a person wants spoken: a text as a whole, or a file's lines with or without ids.
#pragma once
#include <string>
#include <vector>

namespace vits::cli {

struct Utterance {
  std::string id;     // names its file in a folder
  std::string where;  // "lines.txt, line 3": for messages
  std::string text;
};

// Lines that begin with an id: when all of them do, the ids are not spoken; when half of them or more do, Error names
// the first that does not; when fewer do, a bar is a character like any other.

// One utterance, or none when the text is blank.
std::vector<Utterance> whole_text(const std::string& text, const std::string& source);

// One utterance a line that is not blank. When each of them is `id|text` the ids are taken, else the lines' numbers.
// Throws Error for an id that two lines share or that cannot be a file's name.
std::vector<Utterance> lines_of(const std::string& text, const std::string& source);

std::string shortened(const std::string& text);  // for a message

}  // namespace vits::cli
