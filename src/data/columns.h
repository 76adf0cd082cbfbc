// Which column of a table is what, by the names that data sets give them and by what the person says.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "vits/data/layout.h"

namespace vits::data {

struct Columns {
  std::optional<size_t> audio, text, speaker, id;
  std::optional<size_t> text_otherwise;        // the plain text, where the normalised one is empty
  std::optional<size_t> begin, end, duration;  // seconds
  std::optional<size_t> split;
  std::optional<size_t> up_votes, down_votes;
};

// Names are compared without regard to case, blanks and hyphens. Throws UsageError when options name a column that is
// not there. A table with ids alone has them name the recordings too.
Columns match_columns(const std::vector<std::string>& names, const LayoutOptions& options, const std::string& table);

// Numbers from 1 for a table without names; a name in the options is then a UsageError.
Columns match_numbers(size_t columns, const LayoutOptions& options, const std::string& table);

// A row of names, that of recordings or ids among them. One known word alone may be what somebody says.
bool looks_like_header(const std::vector<std::string>& names);

// Whether an option gives a column by name, so that the table must have a header.
bool names_a_column(const LayoutOptions& options);

// "recordings from path, texts from sentence, speakers from client_id", for people; without names "from column 1".
std::string columns_text(const Columns& columns, const std::vector<std::string>& names = {});

}  // namespace vits::data
