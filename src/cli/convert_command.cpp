#include <fmt/format.h>

#include <cstdio>

#include "command.h"
#include "command_list.h"
#include "vits/exporter/convert.h"
#include "voice_source.h"

namespace vits::cli {

namespace {

struct ConvertCommandOptions {
  std::string from, to;
  exporter::ConvertOptions convert;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("from", from, base::positional(), "A voice's folder, archive or weights, or its name on the hub.");
    field("to", to, base::positional(), "What to write: a folder, or a file for --format torchscript.");
    convert.visit(field);
  }
};

int convert(const ConvertCommandOptions& options) {
  const auto converted = exporter::convert(find_voice(options.from), options.to, options.convert);
  for (const auto& note : converted.notes) fmt::print("note: {}\n", note);
  for (const auto& name : converted.reinitialized) fmt::print("afresh: {}\n", name);
  fmt::print("{} written ({})\n", options.to, options.convert.format);
  return 0;
}

}  // namespace

Command make_convert_command() {
  Command words;
  words.name = "convert";
  words.group = kLookInside;
  words.summary = "Write a voice in another format";
  words.details =
      "Between a Hugging Face folder, a TorchScript archive, which torch.jit.load runs, and the original VITS layout "
      "(G_*.pth, config.json, vocab.txt), from any to any. An archive that is made from an archive keeps its code.";
  words.examples = {"vits-train convert mms/eng voice", "vits-train convert voice half --dtype float16",
                    "vits-train convert voice voice.pt --format torchscript",
                    "vits-train convert voice original --format original"};
  return make_command<ConvertCommandOptions>(std::move(words), convert);
}

}  // namespace vits::cli
