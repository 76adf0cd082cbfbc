#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "audit_page.h"
#include "command.h"
#include "command_list.h"
#include "gpu.h"
#include "vits/base/files.h"
#include "vits/checkpoint/voice_files.h"
#include "vits/data/audit.h"
#include "vits/model/card.h"
#include "vits/report/log.h"
#include "vits/report/progress.h"
#include "vits/text/tokenizer_settings.h"
#include "vits/train/training_needs.h"
#include "voice_source.h"

namespace vits::cli {

namespace {

constexpr int kBlocked = 3;  // the exit code when training would fail

struct AuditCommandOptions {
  std::string data_dir = "training";
  std::string model;
  std::string out;
  int64_t batch_size = 8;
  double card_gigabytes = 0.0;
  int64_t threads = 0;
  bool json = false;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("data_dir", data_dir, base::any(), "The training folder: metadata.csv, metadata_val.csv and wavs/.");
    field("model", model, base::any(),
          "The voice that is to be trained: a folder, archive or weights, or its name on the hub. Without it what "
          "depends on its vocabulary is left out.");
    field("out", out, base::any(), "Where to write the page; without it audit.html in the training folder.");
    field("batch_size", batch_size, base::between(1, 1024), "Clips in a batch of the run to plan for.");
    field("card_gigabytes", card_gigabytes, base::between(0, 10000),
          "Memory of the graphics card that will train; 0: of the one in this machine, if there is one.");
    field("threads", threads, base::between(0, 1024), "0: one for each processor.");
    field("json", json, base::any(), "Print everything as one JSON object instead of the summary.");
  }
};

data::AuditVoice voice_for_audit(const std::string& model) {
  data::AuditVoice voice;
  if (model.empty()) return voice;
  const auto files = checkpoint::read_voice(find_voice(model));
  voice.name = model;
  voice.sample_rate_hz = files.config.sampling_rate;
  voice.samples_per_frame = files.config.samples_per_frame();
  voice.segment_samples = files.config.segment_size;
  voice.speakers = files.config.num_speakers;
  if (files.vocab.is_null())
    report::warn("audit", "{} has no vocab.json, so what depends on its vocabulary is left out.", model);
  else
    voice.tokenizer.emplace(text::settings_from_json(files.vocab, files.tokenizer_config));
  return voice;
}

int audit(const AuditCommandOptions& options) {
  const data::AuditVoice voice = voice_for_audit(options.model);
  data::AuditOptions settings;
  settings.batch_size = options.batch_size;
  settings.threads = options.threads;
  const double frames_per_second = voice.sample_rate_hz > 0 ? static_cast<double>(voice.sample_rate_hz)
                                                                  / static_cast<double>(voice.samples_per_frame)
                                                            : train::kUsualFramesPerSecond;
  settings.batch_bytes = [frames_per_second](int64_t clips, double seconds, int64_t tokens) {
    return train::card_bytes_of_batch(clips, static_cast<int64_t>(seconds * frames_per_second), tokens);
  };
  if (options.card_gigabytes > 0) {
    settings.memory_bytes = static_cast<uint64_t>(options.card_gigabytes * 1e9);
    settings.memory_name = "the card";
  } else if (const auto card = model::card_is_usable() ? model::card_of(c10::Device(c10::kCUDA, 0)) : std::nullopt) {
    settings.memory_bytes = card->total_bytes;
    settings.memory_name = "the " + card->name;
  } else if (const auto cards = graphics_cards(); !cards.empty()) {
    settings.memory_bytes = cards.front().total_bytes;
    settings.memory_name = "the " + cards.front().name;
  }
  std::unique_ptr<report::Progress> bar;
  settings.progress = [&bar](int64_t done, int64_t total) {
    if (!bar) bar = std::make_unique<report::Progress>("audit", total, "clips");
    bar->set(done);
  };
  const data::Audit audit = data::audit_training_set(options.data_dir, voice, settings);
  bar.reset();

  const std::filesystem::path page =
      options.out.empty() ? std::filesystem::path(options.data_dir) / "audit.html" : std::filesystem::path(options.out);
  base::write_file(page, audit_page(audit, page));
  if (options.json)
    fmt::print("{}", formats::json_text(to_json(audit)));
  else
    fmt::print("{}See and hear it all in {}\n", audit_summary(audit), page.string());
  return audit.blocked() ? kBlocked : 0;
}

}  // namespace

Command make_audit_command() {
  return make_command<AuditCommandOptions>(
      {.name = "audit",
       .group = kMakeATrainingSet,
       .summary = "Says what is wrong with a training folder before a night is spent on it",
       .details =
           "Listens to every recording and reads every text as the voice does. Prints a summary and writes a page "
           "with plots, where every clip that looks wrong can be heard. Exits with 3 when something would make "
           "training fail.",
       .examples = {"vits-train audit --data_dir training --model facebook/mms-tts-kmr-script_latin",
                    "vits-train audit --data_dir training --json > audit.json"},
       .options = {},
       .run = {}},
      audit);
}

}  // namespace vits::cli
