#include "vits/data/rejected.h"

#include "vits/formats/delimited.h"

namespace vits::data {

std::string rejected_csv(const std::vector<Rejected>& rejected) {
  std::string text = formats::delimited_line({"id", "file", "row", "reason"}, {});
  for (const Rejected& one : rejected)
    text += formats::delimited_line({one.id, one.file, one.row > 0 ? std::to_string(one.row) : "", one.reason}, {});
  return text;
}

}  // namespace vits::data
