#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "command.h"
#include "command_list.h"
#include "sound_files.h"
#include "utterances.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/base/machine.h"
#include "vits/checkpoint/voice_files.h"
#include "vits/model/card.h"
#include "vits/report/figures.h"
#include "vits/report/log.h"
#include "vits/report/progress.h"
#include "vits/voice/voice.h"
#include "voice_source.h"

namespace vits::cli {

namespace {

struct SynthesizeOptions {
  std::string model, text_file;
  std::vector<std::string> text;
  std::string out = "speech.wav";
  std::string format;
  std::string speaker;
  double speed = 1.0;
  double noise_scale = -1, noise_scale_duration = -1;
  int64_t seed = 0;
  std::string device = "auto";
  int64_t threads = 0;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("model", model, base::required(), "A voice's folder, archive or weights, or its name on the hub.");
    field("text", text, base::any(), "What to say; several times for several utterances.");
    field("text_file", text_file, base::any(),
          "A file of what to say, one utterance a line. When every line is `id|text`, the ids name the files. Without "
          "--text and --text_file standard input is read.");
    field("out", out, base::any(),
          "A file (.wav, .flac or .ogg) for all of it, or a folder for a file an utterance, named by its id or line.");
    field("format", format, base::one_of({"wav", "flac", "ogg"}),
          "Of the files in a folder; wav when it is not given.");
    field("speaker", speaker, base::any(), "Name or number of the speaker, of a voice with several.");
    field("speed", speed, base::between(0.1, 10), "How fast to speak: 2 takes half the time.");
    field("noise_scale", noise_scale, base::between(-1, 2), "How much the voice varies; -1: as the voice says.");
    field("noise_scale_duration", noise_scale_duration, base::between(-1, 2),
          "How much the rhythm varies; -1: as the voice says.");
    field("seed", seed, base::at_least(0), "Where chance begins: the same seed gives the same bytes.");
    field("device", device, base::one_of({"auto", "cpu", "cuda"}),
          "Where to compute; auto takes a card if there is one.");
    field("threads", threads, base::between(0, 1024), "Of the CPU; 0: one for each processor.");
  }
};

struct Source {
  std::string text, name;
};

Source read_source(const SynthesizeOptions& options) {
  if (!options.text.empty() && !options.text_file.empty())
    throw UsageError("--text and --text_file are both given. Leave one of them out.");
  if (!options.text_file.empty()) return {base::read_file(options.text_file), options.text_file};
  if (!options.text.empty()) return {fmt::format("{}", fmt::join(options.text, "\n")), "--text"};
  if (base::is_terminal(stdin)) report::info("voice", "type what to say; Ctrl-D ends it");
  return {{std::istreambuf_iterator<char>(std::cin), {}}, "standard input"};
}

// Characters that went unsaid, with the number of times.
void warn_of_unknown(const std::map<std::string, int64_t>& unknown) {
  if (unknown.empty()) return;
  constexpr size_t most = 30;
  std::string list;
  size_t shown = 0;
  for (const auto& [character, count] : unknown) {
    if (++shown > most) break;
    list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", character, count);
  }
  if (unknown.size() > most) list += fmt::format(" and {} more", unknown.size() - most);
  report::warn("voice", "the voice has no sound for these characters, they were left out (times): {}", list);
}

void check_noise(const char* flag, double value) {
  if (value < 0 && value != -1)
    throw UsageError("{} is {}, but must be 0 to 2, or -1 for what the voice says.", flag, value);
}

int synthesize(const SynthesizeOptions& options) {
  check_noise("--noise_scale", options.noise_scale);
  check_noise("--noise_scale_duration", options.noise_scale_duration);
  const SoundFiles files(options.out, options.format);
  const Source source = read_source(options);
  const auto utterances = files.one_file() ? whole_text(source.text, source.name) : lines_of(source.text, source.name);
  if (utterances.empty())
    throw Error("there is no text to speak. Give it with --text, --text_file or on standard input.");
  files.check(utterances);

  const voice::Voice voice(checkpoint::read_voice(find_voice(options.model)),
                           {.device = options.device, .threads = options.threads});
  if (const auto sight = model::look_for_card();
      options.device == "auto" && !model::card_is_usable() && (sight.is_found || base::has_nvidia_driver()))
    report::warn("voice", "there is an NVIDIA driver, but {}: speaking on the CPU", model::why_no_card(sight));
  voice::SpeakOptions how = voice.usual_options();
  if (!options.speaker.empty()) how.speaker_id = voice.speaker_id(options.speaker);
  if (options.noise_scale >= 0) how.noise_scale = options.noise_scale;
  if (options.noise_scale_duration >= 0) how.noise_scale_duration = options.noise_scale_duration;
  how.speed = options.speed;
  how.seed = options.seed;

  std::vector<std::string> texts;
  for (const Utterance& utterance : utterances) texts.push_back(utterance.text);
  std::map<std::string, int64_t> unknown;
  int64_t written = 0, samples = 0, clipped = 0;
  double peak = 0;
  std::optional<report::Progress> progress(std::in_place, "speaking", 0, "sentences");
  const auto begin = std::chrono::steady_clock::now();
  double writing_seconds = 0;
  const auto seconds_since = [](std::chrono::steady_clock::time_point from) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
  };

  voice::Voice::Listener listener;
  listener.spoken = [&](size_t number, voice::Spoken spoken) {
    for (const auto& [character, count] : spoken.unknown) unknown[character] += count;
    const Utterance& utterance = utterances[number];
    if (spoken.samples.empty()) {
      report::warn("voice", "{}: nothing in it can be spoken, it is left out: \"{}\"", utterance.where,
                   shortened(utterance.text));
      return;
    }
    const auto start = std::chrono::steady_clock::now();
    const auto result = files.write(utterance, spoken.samples, voice.sample_rate_hz());
    writing_seconds += seconds_since(start);
    clipped += result.clipped_samples;
    peak = std::max(peak, result.peak);
    samples += static_cast<int64_t>(spoken.samples.size());
    ++written;
  };
  listener.progress = [&](int64_t done, int64_t all) {
    progress->set_total(all);
    progress->set(done);
  };
  try {
    voice.speak(texts, how, listener);
  } catch (const Stopped&) {
    progress.reset();
    if (!files.one_file())
      report::info("voice", "stopped; {} of {} utterances are finished and kept", written, utterances.size());
    throw;
  }
  const double seconds = seconds_since(begin) - writing_seconds;
  progress.reset();  // its last line comes before what is said below

  warn_of_unknown(unknown);
  if (clipped > 0)
    report::warn("voice", "{} samples were too loud for the file and were clipped; the loudest was {:.2f} of the range",
                 report::thousands(clipped), peak);
  if (written == 0)
    throw Error("nothing of the text can be spoken by this voice. Is it a text in the voice's language and script?");
  const double spoken_seconds = static_cast<double>(samples) / static_cast<double>(voice.sample_rate_hz());
  fmt::print("{}: {} of speech at {} Hz\n",
             files.one_file() ? options.out
                              : fmt::format("{} of {} utterances in {}", written, utterances.size(), options.out),
             report::duration_text(spoken_seconds), voice.sample_rate_hz());
  report::info("voice", "spoken in {:.2f} s on {}: real-time factor {:.3f}, {:.1f} times as fast as listening", seconds,
               voice.how(), seconds / spoken_seconds, spoken_seconds / seconds);
  return 0;
}

}  // namespace

Command make_synthesize_command() {
  return make_command<SynthesizeOptions>(
      {.name = "synthesize",
       .group = kUseAVoice,
       .summary = "Speaks text with a voice",
       .details =
           "Long texts are cut at sentence ends and spoken with pauses between them. Characters that the voice has no "
           "sound for are left out and named.",
       .examples = {"vits-train synthesize --model facebook/mms-tts-eng --text \"Good morning.\" --out morning.wav",
                    "vits-train synthesize --model voice/ --text_file lines.txt --out spoken/ --format flac",
                    "cat story.txt | vits-train synthesize --model voice/ --speaker anna --out story.ogg"},
       .options = {},
       .run = {}},
      synthesize);
}

}  // namespace vits::cli
