// The files of src/text/data/uroman, which the build puts into the program.
#pragma once
#include <string_view>

namespace vits::text::romanization {

struct Data {
  std::string_view rules, characters, decompositions, numbers, scripts, signs, version;
};

const Data& embedded_data();

}  // namespace vits::text::romanization
