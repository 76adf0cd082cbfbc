#include "utterances.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "vits/base/error.h"

namespace vits::cli {

namespace {

struct Line {
  size_t number = 0;
  std::string text;
};

bool is_blank(const std::string& text) { return text.find_first_not_of(" \t\r\n\f\v") == std::string::npos; }

std::vector<Line> filled_lines(const std::string& text) {
  std::istringstream stream(text.starts_with("\xef\xbb\xbf") ? text.substr(3) : text);
  std::vector<Line> lines;
  Line line;
  while (std::getline(stream, line.text)) {
    ++line.number;
    if (!line.text.empty() && line.text.back() == '\r') line.text.pop_back();
    if (!is_blank(line.text)) lines.push_back(line);
  }
  return lines;
}

// Ids hold no blanks: a line of text with a bar in it is not mistaken for one.
bool has_id(const Line& line) {
  const size_t bar = line.text.find('|');
  return bar != std::string::npos && bar > 0 && line.text.find_first_of(" \t") > bar;
}

// Throws Error when it is hardly meant that some have none: the others' ids would be spoken.
bool all_have_ids(const std::vector<Line>& lines, const std::string& source) {
  const auto with_id = static_cast<size_t>(std::count_if(lines.begin(), lines.end(), has_id));
  if (2 * with_id < lines.size() || lines.empty()) return false;
  if (with_id == lines.size()) return true;
  const Line& without = *std::find_if_not(lines.begin(), lines.end(), has_id);
  throw Error("{}, line {}: \"{}\" has no `id|` at its beginning, as {} of the {} lines have. Give it one, or none.",
              source, without.number, shortened(without.text), with_id, lines.size());
}

std::string text_after_id(const Line& line) { return line.text.substr(line.text.find('|') + 1); }

}  // namespace

std::vector<Utterance> whole_text(const std::string& text, const std::string& source) {
  if (is_blank(text)) return {};
  const auto lines = filled_lines(text);
  if (!all_have_ids(lines, source)) return {{"speech", "the text", text}};
  std::string joined;
  for (const Line& line : lines) joined += text_after_id(line) + "\n";
  return {{"speech", "the text", joined}};
}

std::vector<Utterance> lines_of(const std::string& text, const std::string& source) {
  const auto lines = filled_lines(text);
  const bool ids = all_have_ids(lines, source);
  const size_t digits = lines.empty() ? 1 : std::max<size_t>(4, std::to_string(lines.back().number).size());
  std::vector<Utterance> utterances;
  std::map<std::string, size_t> line_of_id;
  for (const Line& line : lines) {
    Utterance utterance{fmt::format("{:0{}}", line.number, digits), fmt::format("{}, line {}", source, line.number),
                        line.text};
    if (ids) {
      utterance.id = line.text.substr(0, line.text.find('|'));
      utterance.text = text_after_id(line);
      if (utterance.id.find('/') != std::string::npos || utterance.id.front() == '.' || utterance.id.size() > 200)
        throw Error(
            "{}: the id \"{}\" cannot be the name of a file. Take one without / and without a leading full stop.",
            utterance.where, shortened(utterance.id));
      const auto [first, is_new] = line_of_id.emplace(utterance.id, line.number);
      if (!is_new)
        throw Error("{}: the id \"{}\" was already that of line {}. Both would be the same file.", utterance.where,
                    utterance.id, first->second);
    }
    utterances.push_back(std::move(utterance));
  }
  return utterances;
}

std::string shortened(const std::string& text) {
  constexpr size_t most = 60;
  if (text.size() <= most) return text;
  size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not within a character
  return text.substr(0, end) + "...";
}

}  // namespace vits::cli
