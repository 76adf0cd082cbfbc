#include <fmt/format.h>

#include <filesystem>

#include "command.h"
#include "command_list.h"
#include "vits/base/error.h"
#include "vits/exporter/new_voice.h"
#include "vits/exporter/write_voice.h"
#include "vits/report/figures.h"

namespace vits::cli {

namespace {

struct CreateOptions {
  std::string folder;
  exporter::NewVoiceOptions voice;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("folder", folder, base::positional(), "Where to write it; must not exist yet.");
    voice.visit(field);
  }
};

int create(const CreateOptions& options) {
  if (std::filesystem::exists(options.folder))
    throw Error("{} exists. Name another place, or remove it first.", options.folder);
  const auto voice = exporter::new_voice(options.voice);
  exporter::write_huggingface(options.folder, voice, {.dtype = {}, .keep_discriminators = true});
  int64_t parameters = 0;
  for (const auto& [name, tensor] : voice.generator) parameters += tensor.numel();
  fmt::print("{}: a voice of random weights, {} parameters, {} symbols, {}\n", options.folder,
             report::thousands(parameters), voice.vocab.size(),
             voice.speakers.size() > 1 ? fmt::format("{} speakers", voice.speakers.size()) : "one speaker");
  return 0;
}

}  // namespace

Command make_create_command() {
  return make_command<CreateOptions>(
      {.name = "create",
       .group = kLookInside,
       .summary = "Makes a voice of random weights, to train from nothing or to try things on",
       .details = "Writes a Hugging Face folder with discriminators. The voice babbles until it is trained; the same "
                  "seed gives the same bytes.",
       .examples = {"vits-train create tiny-voice --size tiny",
                    "vits-train create new-voice --alphabet \" abcçdeêfghiîjklmnopqrsştuûvwxyz\" --language kmr"},
       .options = {},
       .run = {}},
      create);
}

}  // namespace vits::cli
