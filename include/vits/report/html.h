// A report that a person opens in a browser: one HTML file with its styles, plots and script inside, so that it can be
// sent by mail and read without a network. It follows the reader's light or dark setting, fits a telephone, and plays
// recordings that lie beside it.
//
//   HtmlPage page("Audit of training", "4,812 clips, 6 h 12 min");
//   page.figures({{"clips", "4,812"}});
//   page.section("Length");
//   page.plots({to_svg(histogram_of(seconds, "Length of clips", "s"))});
//   base::write_file("training/audit.html", page.html());
//
// Every text is escaped here and may hold anything, bytes that are not UTF-8 too. A sound is a path relative to the
// page's folder.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vits/report/plots.h"

namespace vits::report {

enum class Tone { kPlain, kGood, kNote, kWarning, kBad };

struct Figure {  // a number worth a large print
  std::string name, value;
  Tone tone = Tone::kPlain;
};

struct Cell {
  std::string text;
  std::string sound = {};   // a player above the text
  std::string marked = {};  // set off wherever it occurs in the text
  bool is_number = false;   // to the right
};

inline Cell number_cell(std::string text) {
  return {.text = std::move(text), .sound = {}, .marked = {}, .is_number = true};
}

struct HtmlTable {
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;
  int64_t rows_in_all = 0;  // more than `rows` when only the first are here: the page says so
  std::string rest_is_in;   // where the others are: "audit --json"
};

class HtmlPage {
 public:
  HtmlPage(std::string title, std::string subtitle);

  void section(std::string_view title);
  void paragraph(std::string_view text);
  void figures(const std::vector<Figure>& figures);
  void plots(const std::vector<std::string>& svgs);  // beside one another where there is room
  void table(const HtmlTable& table);
  // A box with a coloured edge: a headline and sentences. A table may follow inside a fold: open_fold, table,
  // close_fold.
  void notice(Tone tone, std::string_view headline, const std::vector<std::string>& sentences);
  void open_fold(std::string_view title, bool open = false);
  void close_fold();

  std::string html() const;

 private:
  std::string title_, subtitle_, body_;
};

// For text and attributes. What HTML cannot hold (control characters, bytes that are not UTF-8) becomes U+FFFD.
std::string html_escaped(std::string_view text);

// A relative path as a link: each byte but letters, digits and -._~/ as %XX.
std::string link_to(std::string_view relative_path);

}  // namespace vits::report
