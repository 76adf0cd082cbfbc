#include "voice_rate.h"

#include "vits/base/error.h"
#include "vits/checkpoint/describe.h"
#include "voice_source.h"

namespace vits::cli {

int64_t rate_of_voice(const std::string& path_or_name) {
  const auto description = checkpoint::describe(find_voice(path_or_name));
  if (!description.is_voice)
    throw Error("{} is no voice but {}. See vits-train inspect {}.", path_or_name, description.kind, path_or_name);
  return description.sample_rate_hz;
}

}  // namespace vits::cli
