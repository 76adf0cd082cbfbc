#include "punctuation.h"

#include <deque>
#include <utility>

#include "unicode.h"
#include "vits/text/utf8.h"

namespace vits::text {
namespace {

constexpr std::u32string_view kMarks = U";:!?¡¿—…\"«»“”(){}[]";

bool digit_stands_at(std::u32string_view line, size_t position) {
  return position < line.size() && line[position] >= U'0' && line[position] <= U'9';
}

// A comma or full stop between two digits belongs to the number.
bool is_mark(std::u32string_view line, size_t position) {
  const char32_t character = line[position];
  if (character == U',' || character == U'.')
    return !(position > 0 && digit_stands_at(line, position - 1) && digit_stands_at(line, position + 1));
  return kMarks.find(character) != std::u32string_view::npos;
}

struct Run {
  size_t begin = 0, end = 0;
};

// Runs of marks and blanks with at least one mark in them.
std::vector<Run> runs_of_marks(std::u32string_view line) {
  std::vector<Run> runs;
  for (size_t position = 0; position < line.size(); ++position) {
    const size_t begin = position;
    bool has_mark = false;
    for (; position < line.size() && (is_space(line[position]) || is_mark(line, position)); ++position)
      has_mark = has_mark || is_mark(line, position);
    if (has_mark) runs.push_back({begin, position});
  }
  return runs;
}

}  // namespace

MarkedText take_out_marks(const std::vector<std::u32string>& lines) {
  using Place = MarkedText::Place;
  MarkedText marked;
  for (size_t number = 0; number < lines.size(); ++number) {
    const std::u32string_view line = lines[number];
    const auto runs = runs_of_marks(line);
    if (runs.size() == 1 && runs[0].begin == 0 && runs[0].end == line.size()) {
      marked.marks.push_back({number, lines[number], Place::kAlone});
      continue;
    }
    std::u32string_view rest = line;
    const auto keep = [&](std::u32string_view piece) {
      if (!piece.empty()) marked.pieces.emplace_back(piece);
    };
    for (const Run& run : runs) {
      const std::u32string_view mark = line.substr(run.begin, run.end - run.begin);
      const Place place = run.begin == 0 ? Place::kBegin : run.end == line.size() ? Place::kEnd : Place::kInside;
      marked.marks.push_back({number, std::u32string(mark), place});
      // phonemizer looks for the mark's text from where the last one ended, so "1,5 or 2,no" is cut after the 1.
      const size_t found = rest.find(mark);
      keep(rest.substr(0, found));
      rest.remove_prefix(found + mark.size());
    }
    keep(rest);
  }
  return marked;
}

std::vector<std::string> put_marks_back(std::vector<std::string> phonemes, const std::vector<MarkedText::Mark>& marks) {
  using Place = MarkedText::Place;
  std::vector<std::string> lines;
  std::deque<std::string> pieces(std::make_move_iterator(phonemes.begin()), std::make_move_iterator(phonemes.end()));
  const auto finish_line = [&](std::string line) {
    lines.push_back(std::move(line));
    pieces.pop_front();
  };
  size_t next = 0;
  while (next < marks.size() || !pieces.empty()) {
    if (next == marks.size()) {
      finish_line(pieces.front());
      continue;
    }
    if (pieces.empty()) {  // one line of all marks that are left, wherever they stood
      std::string line;
      for (; next < marks.size(); ++next) line += encode_utf8(marks[next].text);
      lines.push_back(line);
      continue;
    }
    if (marks[next].line != lines.size()) {
      finish_line(pieces.front());
      continue;
    }
    const std::string mark = encode_utf8(marks[next].text);
    const Place place = marks[next++].place;
    std::string& piece = pieces.front();
    if (piece.ends_with(' ')) piece.pop_back();
    if (place == Place::kBegin) {
      piece = mark + piece;
    } else if (place == Place::kEnd) {
      finish_line(piece + mark);
    } else if (place == Place::kAlone) {
      lines.push_back(mark);
    } else if (pieces.size() == 1) {
      piece += mark;
    } else {
      std::string joined = piece + mark + pieces[1];
      pieces.pop_front();
      pieces.front() = std::move(joined);
    }
  }
  return lines;
}

}  // namespace vits::text
