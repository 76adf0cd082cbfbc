#include <fmt/format.h>

#include <cstdio>

#include "command.h"
#include "command_list.h"
#include "vits/checkpoint/verify.h"
#include "voice_source.h"

namespace vits::cli {

namespace {

struct VerifyOptions {
  std::string path;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("path", path, base::positional(), "A voice's folder, archive or weights, or its name on the hub.");
  }
};

int verify(const VerifyOptions& options) {
  const auto result = checkpoint::verify(find_voice(options.path));
  for (const auto& sentence : result.checked) fmt::print("right  {}\n", sentence);
  for (const auto& sentence : result.defects) fmt::print("WRONG  {}\n", sentence);
  fmt::print("{}\n", result.defects.empty() ? "This voice is whole." : "This voice is not whole.");
  return result.defects.empty() ? 0 : 1;
}

}  // namespace

Command make_verify_command() {
  Command words;
  words.name = "verify";
  words.group = kLookInside;
  words.summary = "Check that a voice is whole";
  words.details =
      "Fits every tensor into the network that the config describes, looks for values that are no finite numbers, "
      "compares "
      "the vocabulary with the embedding and speaks a word. Exits with 1 when anything is wrong.";
  words.examples = {"vits-train verify voice/"};
  return make_command<VerifyOptions>(std::move(words), verify);
}

}  // namespace vits::cli
