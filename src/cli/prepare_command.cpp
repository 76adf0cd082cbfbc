#include <fmt/format.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "command_list.h"
#include "data_source.h"
#include "version.h"
#include "vits/base/error.h"
#include "vits/base/heap.h"
#include "vits/checkpoint/describe.h"
#include "vits/data/prepare.h"
#include "vits/formats/json.h"
#include "vits/report/figures.h"
#include "vits/report/log.h"
#include "vits/report/progress.h"
#include "voice_source.h"

namespace vits::cli {

namespace {

struct PrepareCommandOptions {
  std::vector<std::string> from;
  std::string out, model;
  data::PrepareOptions prepare;
  bool json = false;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("from", from, base::required(),
          "Where the recordings are: a folder, a manifest, or hf:owner/name for a data set on the hub. Give it again "
          "for each further source.");
    field("out", out, base::required(), "The folder to make; on a further run it is brought up to date.");
    field("model", model, base::any(),
          "The voice to train from, a path or a name on the hub: its sample rate is taken.");
    prepare.visit(field);
    field("json", json, base::any(), "Print the summary as one JSON object.");
  }
};

// The model's rate is taken; another one that was asked for in words is a contradiction.
void take_rate_of(const std::string& model, data::ClipOptions& clip) {
  const auto description = checkpoint::describe(find_voice(model));
  if (!description.is_voice)
    throw Error("{} is no voice but {}. See vits-train inspect {}.", model, description.kind, model);
  if (clip.sample_rate_hz != data::ClipOptions{}.sample_rate_hz && clip.sample_rate_hz != description.sample_rate_hz)
    throw UsageError("--sample_rate_hz says {}, but {} speaks at {} Hz. Leave one of the two away.",
                     clip.sample_rate_hz, model, description.sample_rate_hz);
  clip.sample_rate_hz = description.sample_rate_hz;
}

// Versions that decide which bytes a recording becomes.
std::map<std::string, std::string> relevant_versions() {
  std::map<std::string, std::string> relevant;
  for (const auto& [name, version] : versions())
    if (name == "vits-train" || name == "libsndfile" || name == "libmpg123" || name == "libsamplerate")
      relevant[name] = version;
  return relevant;
}

std::string place_of(const data::Rejected& rejected) {
  return rejected.row > 0 ? fmt::format("{}, row {}", rejected.file, rejected.row) : rejected.file;
}

std::string clips_text(int64_t clips) {
  return fmt::format("{} {}", report::thousands(clips), clips == 1 ? "clip" : "clips");
}

void print_summary(const data::Prepared& prepared, const PrepareCommandOptions& options) {
  const std::string& out = options.out;
  const int64_t clips = prepared.training_clips + prepared.validation_clips;
  fmt::print("{}: {} of {} at {} Hz{}\n", out, report::duration_text(prepared.seconds_of_sound), clips_text(clips),
             prepared.sample_rate_hz,
             prepared.speakers > 1 ? fmt::format(", {} speakers", report::thousands(prepared.speakers)) : "");
  fmt::print("  {} to learn from (metadata.csv), {} to judge by (metadata_val.csv)\n",
             report::thousands(prepared.training_clips), report::thousands(prepared.validation_clips));
  if (prepared.kept_from_before > 0)
    fmt::print("  {} made now, {} kept from before\n", report::thousands(prepared.made),
               report::thousands(prepared.kept_from_before));
  if (prepared.lowered_peaks > 0)
    fmt::print("  {} quieter than --loudness or --peak asks, lest their true peak exceed -1 dBFS\n",
               clips_text(prepared.lowered_peaks));
  if (prepared.duplicate_sounds + prepared.duplicate_texts > 0)
    fmt::print("  {} with the sound of another, {} with the text of another: duplicates.csv\n",
               clips_text(prepared.duplicate_sounds), report::thousands(prepared.duplicate_texts));
  if (prepared.contradictions > 0)
    fmt::print("  {} {} the sound of another and a different text: one of the two must be wrong\n",
               clips_text(prepared.contradictions), prepared.contradictions == 1 ? "has" : "have");
  if (prepared.rejected > 0) {
    fmt::print("  {} left out: rejected.csv\n", clips_text(prepared.rejected));
    for (const data::RejectedKind& kind : prepared.rejected_kinds)
      fmt::print("    {:>7}  {} ({})\n", report::thousands(kind.clips), kind.first.reason, place_of(kind.first));
  }
  fmt::print("Next: vits-train audit --data_dir {}{}\n", out, options.model.empty() ? "" : " --model " + options.model);
  if (prepared.speakers <= 1) fmt::print("      vits-train speakers --data_dir {}   (if several people speak)\n", out);
}

formats::OrderedJson to_json(const data::Prepared& prepared) {
  formats::OrderedJson kinds = formats::OrderedJson::array();
  for (const data::RejectedKind& kind : prepared.rejected_kinds)
    kinds.push_back(
        {{"kind", kind.kind},
         {"clips", kind.clips},
         {"first",
          {{"id", kind.first.id}, {"file", kind.first.file}, {"row", kind.first.row}, {"reason", kind.first.reason}}}});
  return {{"training_clips", prepared.training_clips},
          {"validation_clips", prepared.validation_clips},
          {"seconds", prepared.seconds_of_sound},
          {"sample_rate_hz", prepared.sample_rate_hz},
          {"speakers", prepared.speakers},
          {"made", prepared.made},
          {"kept_from_before", prepared.kept_from_before},
          {"lowered_peaks", prepared.lowered_peaks},
          {"duplicate_sounds", prepared.duplicate_sounds},
          {"duplicate_texts", prepared.duplicate_texts},
          {"contradictions", prepared.contradictions},
          {"rejected", prepared.rejected},
          {"rejected_kinds", kinds}};
}

int prepare(const PrepareCommandOptions& options) {
  base::keep_freed_memory();
  data::PrepareOptions settings = options.prepare;
  settings.versions = relevant_versions();
  if (!options.model.empty()) take_rate_of(options.model, settings.clip);
  std::vector<data::PrepareSource> sources;
  for (const std::string& from : options.from) sources.push_back(find_data_source(from));

  std::unique_ptr<report::Progress> bar;
  data::PrepareListener listener;
  listener.notice = [](const std::string& sentence) { report::info("data", "{}", sentence); };
  listener.progress = [&bar](int64_t done, int64_t total) {
    if (!bar) bar = std::make_unique<report::Progress>("prepare", total, "clips");
    bar->set(done);
  };
  const data::Prepared prepared = data::prepare(sources, options.out, settings, listener);
  bar.reset();
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::path(options.out) / "speakers.json", error))
    report::warn("data",
                 "the speakers in metadata.csv are those of the sources again; run vits-train speakers once more");
  if (options.json)
    fmt::print("{}", formats::json_text(to_json(prepared)));
  else
    print_summary(prepared, options);
  return 0;
}

}  // namespace

Command make_prepare_command() {
  return make_command<PrepareCommandOptions>(
      {.name = "prepare",
       .group = kMakeATrainingSet,
       .summary = "Makes a training folder from recordings and their texts",
       .details =
           "Finds out by itself how the recordings and their texts lie there, in which format and at which rate they "
           "are. Every clip is resampled, trimmed and brought to one loudness; what cannot be used is listed in "
           "rejected.csv with the reason and never ends the run. Interrupted at any moment, the same command goes on "
           "where it was; on a source that has changed it makes the changed clips alone.",
       .examples = {"vits-train prepare --from ~/clips --out training --model facebook/mms-tts-kmr-script_latin",
                    "vits-train prepare --from cv-corpus/ku --min_votes 1 --out training --sample_rate_hz 16000",
                    "vits-train prepare --from hf:owner/recordings --from more.csv --column_text sentence --out "
                    "training"},
       .options = {},
       .run = {}},
      prepare);
}

}  // namespace vits::cli
