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

void line(const std::string& name, const std::string& text) { fmt::print("  {:<26}{}\n", name, text); }

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

void print(const checkpoint::RunDescription& run) {
  if (run.step) line("step", report::thousands(*run.step));
  if (run.epoch) line("epoch", report::thousands(*run.epoch));
  line("validation mel loss", run.validation_mel ? fmt::format("{:.4f}", *run.validation_mel) : "not measured");
}

void print(const checkpoint::Description& voice) {
  fmt::print("{}: {}\n", voice.path.string(), kind_text(voice));
  if (voice.run) print(*voice.run);
  if (voice.is_voice) {
    line("sample rate", fmt::format("{} Hz", voice.sample_rate_hz));
    line("language", voice.language.empty() ? "not said" : voice.language);
    std::string symbols;
    for (const auto& symbol : voice.symbols) symbols += symbol.size() > 4 ? " " + symbol + " " : symbol;
    line("vocabulary", fmt::format("{} symbols, text as {}: {}", voice.vocabulary_size, voice.text, symbols));
    const std::string names = voice.speaker_names.empty() ? "" : ": " + joined(voice.speaker_names, ", ");
    line("speakers", fmt::format("{}{}", voice.speakers, names));
    line("durations", voice.stochastic_durations ? "stochastic" : "deterministic");
    line("residual block", voice.resblock);
  }
  for (const auto& [name, part] : voice.parts)
    line(name, fmt::format("{} {} in {} tensors", report::thousands(part.parameters),
                           voice.run ? "values" : "parameters", part.tensors));
  if (voice.is_voice) {
    line("without discriminators", fmt::format("{} parameters", report::thousands(checkpoint::parameters_of(voice))));
    if (!voice.parts.contains("discriminators")) line("discriminators", "none: training would begin with new ones");
  }
  for (const auto& [dtype, values] : voice.dtypes) line(dtype, fmt::format("{} values", report::thousands(values)));
  for (const auto& [file, bytes] : voice.files) line(file, report::bytes_text(bytes));
  for (const auto& note : voice.notes) line("note", note);
}

int inspect(const InspectOptions& options) {
  const auto description = checkpoint::describe(find_voice(options.path));
  if (options.json)
    fmt::print("{}", formats::json_text(checkpoint::to_json(description)));
  else
    print(description);
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
