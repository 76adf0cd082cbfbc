#include <fmt/format.h>

#include <cstdio>

#include "command.h"
#include "command_list.h"
#include "vits/checkpoint/describe.h"
#include "vits/report/figures.h"
#include "voice_source.h"

namespace vits::cli {

namespace {

constexpr size_t kNamesShown = 12;

struct InspectOptions {
  std::string path;
  bool json = false;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("path", path, base::positional(), "A voice's folder, archive or weights, or its name on the hub.");
    field("json", json, base::any(), "Print one JSON object.");
  }
};

void print_fact(const std::string& name, const std::string& text) { fmt::print("  {:<26}{}\n", name, text); }

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (size_t i = 0; i < std::min(words.size(), kNamesShown); ++i) text += (i ? between : "") + words[i];
  if (words.size() > kNamesShown) text += fmt::format(" and {} more", words.size() - kNamesShown);
  return text;
}

std::string kind_text(const checkpoint::Description& voice) {
  if (voice.run) return "checkpoint of a training run";
  return voice.is_voice ? voice.kind + " voice" : voice.kind;
}

void print_run(const checkpoint::RunDescription& run) {
  if (run.step) print_fact("step", report::thousands(*run.step));
  if (run.epoch) print_fact("epoch", report::thousands(*run.epoch));
  print_fact("validation mel loss", run.validation_mel ? fmt::format("{:.4f}", *run.validation_mel) : "not measured");
}

void print_voice(const checkpoint::Description& voice) {
  fmt::print("{}: {}\n", voice.path.string(), kind_text(voice));
  if (voice.run) print_run(*voice.run);
  if (voice.is_voice) {
    print_fact("sample rate", fmt::format("{} Hz", voice.sample_rate_hz));
    print_fact("language", voice.language.empty() ? "not said" : voice.language);
    std::string symbols;
    for (const auto& symbol : voice.symbols) symbols += symbol.size() > 4 ? " " + symbol + " " : symbol;
    print_fact("vocabulary", fmt::format("{} symbols, text as {}: {}", voice.vocabulary_size, voice.text, symbols));
    const std::string names = voice.speaker_names.empty() ? "" : ": " + joined(voice.speaker_names, ", ");
    print_fact("speakers", fmt::format("{}{}", voice.speakers, names));
    print_fact("durations", voice.stochastic_durations ? "stochastic" : "deterministic");
    print_fact("residual block", voice.resblock);
  }
  for (const auto& [name, part] : voice.parts)
    print_fact(name, fmt::format("{} {} in {} tensors", report::thousands(part.parameters),
                                 voice.run ? "values" : "parameters", part.tensors));
  if (voice.is_voice) {
    print_fact("without discriminators",
               fmt::format("{} parameters", report::thousands(checkpoint::parameters_of(voice))));
    if (!voice.parts.contains("discriminators"))
      print_fact("discriminators", "none: training would begin with new ones");
  }
  for (const auto& [dtype, values] : voice.dtypes)
    print_fact(dtype, fmt::format("{} values", report::thousands(values)));
  for (const auto& [file, bytes] : voice.files) print_fact(file, report::bytes_text(bytes));
  for (const auto& note : voice.notes) print_fact("note", note);
}

int inspect(const InspectOptions& options) {
  const auto description = checkpoint::describe(find_voice(options.path));
  if (options.json)
    fmt::print("{}", formats::json_text(checkpoint::to_json(description)));
  else
    print_voice(description);
  return 0;
}

}  // namespace

Command make_inspect_command() {
  Command words;
  words.name = "inspect";
  words.group = kLookInside;
  words.summary = "Say what a voice's folder or file is";
  words.details =
      "Tells the kind from the content, whatever the name says, and reads no weights: parameters by part, sample rate, "
      "vocabulary, language, speakers, dtype and whether the discriminators are there.";
  words.examples = {"vits-train inspect facebook/mms-tts-eng", "vits-train inspect voice/ --json"};
  return make_command<InspectOptions>(std::move(words), inspect);
}

}  // namespace vits::cli
