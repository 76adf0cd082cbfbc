#include "vits/data/prepare.h"

#include <algorithm>
#include <set>

#include "clip_plan.h"
#include "clip_sound.h"
#include "clip_work.h"
#include "journal.h"
#include "prepare_files.h"
#include "vits/base/error.h"
#include "vits/base/lock_file.h"

namespace vits::data {

namespace {

namespace fs = std::filesystem;

bool is_inside(const fs::path& path, const fs::path& folder) {
  const auto [end, unused] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

fs::path real_path(const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(fs::absolute(path), error);
  return real.filename().empty() ? real.parent_path() : real;
}

bool holds_anything(const fs::path& folder) {
  std::error_code error;
  return fs::directory_iterator(folder, error) != fs::directory_iterator();
}

// Refuses what would overwrite recordings or lists that are not ours. --out inside a source is fine: the layouts do not
// look into a folder that holds .prepare.
void check_places(const std::vector<PrepareSource>& sources, const fs::path& out) {
  if (sources.empty()) throw UsageError("prepare needs at least one --from.");
  const fs::path real_out = real_path(out);
  std::set<fs::path> seen;
  for (const PrepareSource& source : sources) {
    const fs::path real = real_path(source.path);
    if (!seen.insert(real).second) throw UsageError("{} is given twice as a source.", source.path.string());
    const bool is_overwritten = real == real_out || is_inside(real, real_out / "wavs")
                                || is_inside(real, real_out / ".prepare")
                                || (real.parent_path() == real_out && !fs::is_directory(real));
    if (is_overwritten)
      throw UsageError("--out {} would be written over the source {}. Choose another folder for --out.", out.string(),
                       source.path.string());
  }
  std::error_code error;
  if (fs::exists(out, error) && !fs::is_directory(out, error))
    throw Error("--out {} is a file; it must be a folder, which need not exist yet.", out.string());
  if (fs::exists(out / ".prepare" / "journal", error)) return;
  for (const char* name : {"metadata.csv", "metadata_val.csv", "rejected.csv", "duplicates.csv", "prepare.json"})
    if (fs::exists(out / name, error))
      throw Error("{} holds a {} that prepare did not make. Choose an empty or a new folder for --out.", out.string(),
                  name);
  if (holds_anything(out / "wavs"))
    throw Error("{} holds recordings that prepare did not make. Choose an empty or a new folder for --out.",
                (out / "wavs").string());
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error("cannot make the folder {}: {}. Choose another place with --out, or ask for the right to write there.",
                folder.string(), error.message());
}

// WAV files that an earlier run made and that no list names any more.
void remove_abandoned(const Journal& journal, const std::vector<ClipResult>& results, const fs::path& out) {
  std::set<std::string> taken;
  for (const ClipResult& result : results)
    if (result.entry.rejected.empty()) taken.insert(result.entry.id);
  const auto remove = [&](const JournalEntry& entry) {
    if (entry.wav.bytes < 0 || taken.contains(entry.id)) return;
    std::error_code ignored;
    fs::remove(out / "wavs" / (entry.id + ".wav"), ignored);
  };
  for (const auto& [id, entry] : journal.earlier()) remove(entry);
  for (const ClipResult& result : results) remove(result.entry);
}

// What the next run may rely on.
std::vector<JournalEntry> lasting(const std::vector<ClipResult>& results) {
  std::vector<JournalEntry> entries;
  for (const auto& [entry, made] : results) {
    const bool is_tried_again = entry.settings.empty() || entry.rejected.starts_with("unreadable: ")
                                || entry.rejected.starts_with("duplicate: ");
    if (is_tried_again) continue;
    entries.push_back(entry);
    if (!entry.rejected.empty()) entries.back().wav = {};
  }
  return entries;
}

[[noreturn]] void throw_nothing_usable(const Prepared& prepared, const fs::path& out) {
  const RejectedKind& kind = prepared.rejected_kinds.front();
  const std::string place =
      kind.first.row > 0 ? fmt::format("{}, row {}", kind.first.file, kind.first.row) : kind.first.file;
  throw Error("not one of {} clips can be used; the first of {} that are \"{}\": {}: {} All stand in {}.",
              prepared.rejected, kind.clips, kind.kind, place, kind.first.reason, (out / "rejected.csv").string());
}

}  // namespace

Prepared prepare(const std::vector<PrepareSource>& sources, const fs::path& out, const PrepareOptions& options,
                 const PrepareListener& listener) {
  const ClipSoundMaker check_options(options.clip);
  check_places(sources, out);
  const ClipPlan plan = plan_clips(sources, options, listener);
  if (plan.clips.empty() && plan.rejected.empty())
    throw Error("{}: there is not one recording with a text in it.", plan.sources.front().name);

  make_folder(out / ".prepare");
  make_folder(out / "wavs");
  const base::LockFile lock(out / ".prepare" / "lock", [&] {
    throw Error("another vits-train prepares {} at this moment. Wait for it, or choose another --out.", out.string());
  });
  Prepared prepared;
  std::vector<JournalEntry> entries;
  {
    Journal journal(out / ".prepare" / "journal");
    std::vector<ClipResult> results = make_clips(plan, out, options, journal, listener);
    prepared = write_lists(plan, results, out, options);
    remove_abandoned(journal, results, out);
    entries = lasting(results);
  }
  write_journal(out / ".prepare" / "journal", entries);
  if (prepared.training_clips + prepared.validation_clips == 0) throw_nothing_usable(prepared, out);
  if (options.strict && prepared.rejected > 0)
    throw Error("{} clips were left out, and --strict was given. {} says which and why; the others are in {}.",
                prepared.rejected, (out / "rejected.csv").string(), out.string());
  return prepared;
}

}  // namespace vits::data
