#include "vits/report/html.h"

#include <fmt/format.h>

#include "html_styles.h"
#include "vits/report/figures.h"

namespace vits::report {

namespace {

// How many bytes of `text` from `place` are one character of UTF-8; 0 when they are none.
size_t utf8_length(std::string_view text, size_t place) {
  const auto byte = [&](size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u; };
  const unsigned first = byte(place);
  const size_t length = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
  char32_t character = length == 1 ? first : length ? first & (0x7Fu >> length) : 0;
  for (size_t at = 1; at < length; ++at) {
    if (byte(place + at) >> 6 != 2) return 0;
    character = character << 6 | (byte(place + at) & 0x3F);
  }
  static constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = character >= 0xD800 && character < 0xE000;
  return character < kLeast[length] || character > 0x10FFFF || surrogate ? 0 : length;
}

const char* tone_class(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "good";
    case Tone::kNote:
      return "note";
    case Tone::kWarning:
      return "warning";
    case Tone::kBad:
      return "bad";
    case Tone::kPlain:
      break;
  }
  return "plain";
}

std::string with_marks(std::string_view text, std::string_view marked) {
  if (marked.empty()) return html_escaped(text);
  std::string html;
  for (size_t place = 0; place <= text.size();) {
    const size_t found = text.find(marked, place);
    html += html_escaped(text.substr(place, found == std::string_view::npos ? found : found - place));
    if (found == std::string_view::npos) break;
    html += "<mark>" + html_escaped(marked) + "</mark>";
    place = found + marked.size();
  }
  return html;
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string html;
  html.reserve(text.size());
  for (size_t place = 0; place < text.size();) {
    const size_t length = utf8_length(text, place);
    const char first = text[place];
    const bool control = length == 1 && (static_cast<unsigned char>(first) < 0x20 || first == 0x7F);
    if (length == 0 || (control && first != '\n' && first != '\t')) {
      html += "\xEF\xBF\xBD";
    } else if (first == '&') {
      html += "&amp;";
    } else if (first == '<') {
      html += "&lt;";
    } else if (first == '>') {
      html += "&gt;";
    } else if (first == '"') {
      html += "&quot;";
    } else if (first == '\'') {
      html += "&#39;";
    } else {
      html += text.substr(place, length);
    }
    place += length == 0 ? 1 : length;
  }
  return html;
}

std::string link_to(std::string_view relative_path) {
  std::string link;
  for (const char letter : relative_path) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z')
                       || std::string_view("-._~/").find(letter) != std::string_view::npos;
    link += plain ? std::string(1, letter) : fmt::format("%{:02X}", byte);
  }
  return link;
}

HtmlPage::HtmlPage(std::string title, std::string subtitle)
    : title_(std::move(title)), subtitle_(std::move(subtitle)) {}

void HtmlPage::section(std::string_view title) { body_ += fmt::format("<h2>{}</h2>\n", html_escaped(title)); }

void HtmlPage::paragraph(std::string_view text) {
  body_ += fmt::format("<p dir=\"auto\">{}</p>\n", html_escaped(text));
}

void HtmlPage::figures(const std::vector<Figure>& figures) {
  body_ += "<div class=\"figures\">";
  for (const Figure& figure : figures)
    body_ += fmt::format("<div class=\"{}\"><b>{}</b><span>{}</span></div>", tone_class(figure.tone),
                         html_escaped(figure.value), html_escaped(figure.name));
  body_ += "</div>\n";
}

void HtmlPage::plots(const std::vector<std::string>& svgs) {
  body_ += "<div class=\"plots\">\n";
  for (const auto& svg : svgs) body_ += svg;
  body_ += "</div>\n";
}

void HtmlPage::table(const HtmlTable& table) {
  body_ += "<table><thead><tr>";
  for (const auto& column : table.columns) body_ += fmt::format("<th>{}</th>", html_escaped(column));
  body_ += "</tr></thead><tbody>\n";
  for (const auto& row : table.rows) {
    body_ += "<tr>";
    for (size_t place = 0; place < row.size(); ++place) {
      const Cell& cell = row[place];
      body_ += fmt::format("<td data-column=\"{}\"{}><div dir=\"auto\">",
                           place < table.columns.size() ? html_escaped(table.columns[place]) : "",
                           cell.is_number ? " class=\"number\"" : "");
      if (!cell.sound.empty())
        body_ += fmt::format(R"(<audio controls preload="none" src="{}"></audio>)", link_to(cell.sound));
      body_ += with_marks(cell.text, cell.marked) + "</div></td>";
    }
    body_ += "</tr>\n";
  }
  body_ += "</tbody></table>\n";
  const auto here = static_cast<int64_t>(table.rows.size());
  if (table.rows_in_all > here)
    body_ +=
        fmt::format("<p class=\"small\">The first {} of {}{}.</p>\n", thousands(here), thousands(table.rows_in_all),
                    table.rest_is_in.empty() ? "" : "; all are in " + html_escaped(table.rest_is_in));
}

void HtmlPage::notice(Tone tone, std::string_view headline, const std::vector<std::string>& sentences) {
  body_ += fmt::format("<div class=\"notice {}\"><strong>{}</strong>", tone_class(tone), html_escaped(headline));
  for (const auto& sentence : sentences) body_ += fmt::format("<p>{}</p>", html_escaped(sentence));
  body_ += "</div>\n";
}

void HtmlPage::open_fold(std::string_view title, bool open) {
  body_ += fmt::format("<details{}><summary>{}</summary>\n", open ? " open" : "", html_escaped(title));
}

void HtmlPage::close_fold() { body_ += "</details>\n"; }

std::string HtmlPage::html() const {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{0}</title>\n"
      "<style>{2}</style>\n</head>\n<body>\n<main>\n<h1>{0}</h1>\n<p class=\"subtitle\">{1}</p>\n{3}</main>\n"
      "<script>{4}</script>\n</body>\n</html>\n",
      html_escaped(title_), html_escaped(subtitle_), kStyles, body_, kScript);
}

}  // namespace vits::report
