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

// One utterance, or none when the text is blank. Ids, when all lines begin with one, are not spoken.
std::vector<Utterance> whole_text(const std::string& text);

// One utterance a line that is not blank. When each of them is `id|text` the ids are taken, else the lines' numbers.
// Throws Error for an id that two lines share or that cannot be a file's name.
std::vector<Utterance> lines_of(const std::string& text, const std::string& source);

std::string shortened(const std::string& text);  // for a message

}  // namespace vits::cli
