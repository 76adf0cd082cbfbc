// What the columns of a table without a header are, told by what is in them: recordings can be found, a speaker's name
// comes again and again, and a text is long.
#pragma once
#include <string>
#include <vector>

#include "audio_index.h"
#include "columns.h"
#include "vits/data/layout.h"

namespace vits::data {

using Fields = std::vector<std::string>;

// The most common number of fields.
size_t usual_width(const std::vector<Fields>& rows);

// `rows` are the first ones, not empty. Throws Error when the texts cannot be told from the rest, with the option that
// says it.
Columns recognise_columns(const std::vector<Fields>& rows, AudioIndex& recordings, const LayoutOptions& options,
                          const std::string& table);

}  // namespace vits::data
