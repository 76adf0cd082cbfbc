#include "clip_work.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "clip_sound.h"
#include "hash.h"
#include "recording_cuts.h"
#include "vits/audio/write.h"
#include "vits/base/error.h"
#include "vits/base/file_batch.h"
#include "vits/base/file_state.h"
#include "vits/base/files.h"
#include "vits/base/machine.h"
#include "vits/base/parallel.h"
#include "vits/base/stop_signal.h"

namespace vits::data {

namespace {

namespace fs = std::filesystem;

// What a kill may cost, against what flushing costs: a flush takes some 10 ms on a disk at work.
constexpr size_t kBatchClips = 500;
constexpr auto kBatchTime = std::chrono::seconds(1);

// On the disk from the beginning, and given back when it is full: room for the journal to say what is finished.
constexpr size_t kReserveBytes = 512 << 10;

// Larger recordings are not held in memory but read as they are decoded.
constexpr int64_t kMostBytesInMemory = 16 << 20;

// Raised when another version of this code makes other clips of the same recording.
constexpr int kMakerVersion = 3;

// Two minutes of which 20 s are left after trimming are no mistake; an hour is.
double most_seconds(const ClipOptions& options) { return 2.0 * options.max_seconds + 60.0; }

std::string short_hash(const nlohmann::json& json) { return sha256(json.dump()).substr(0, 16); }

// The settings that a made clip depends on: limits decide whether it is made, not what it becomes.
nlohmann::json settings_of(const PrepareOptions& options, bool with_limits) {
  ClipOptions clip = options.clip;
  nlohmann::json settings = base::to_json(base::OptionTable::of(clip));
  for (const char* name : {"min_characters", "max_characters"}) settings.erase(name);
  if (!with_limits)
    for (const char* name : {"min_seconds", "max_seconds"}) settings.erase(name);
  settings["versions"] = options.versions;
  settings["maker"] = kMakerVersion;
  return settings;
}

// A recording's bytes, read when they are first needed.
class Bytes {
 public:
  Bytes(const AudioPlace& place, const std::string& name, const base::FileState& state)
      : place_(place), name_(name), in_memory_(place.table || state.bytes <= kMostBytesInMemory) {}

  bool in_memory() const { return in_memory_; }
  const fs::path& file() const { return place_.file; }

  const std::string& get() {
    if (!bytes_) bytes_ = read();
    return *bytes_;
  }
  const std::string& hash() {
    if (!hash_) hash_ = in_memory_ ? sha256(get()) : sha256_of_file(place_.file);
    return *hash_;
  }

 private:
  std::string read() const {
    if (!place_.table) return base::read_file(place_.file);
    auto cell = place_.table->value(place_.column, place_.row);
    if (!cell) throw Error("{} holds no sound.", name_);
    return std::move(*cell);
  }

  const AudioPlace& place_;
  const std::string& name_;
  bool in_memory_;
  std::optional<std::string> bytes_, hash_;
};

std::string missing(const fs::path& file) {
  std::error_code error;
  const auto status = fs::status(file, error);
  if (fs::is_directory(status)) return fmt::format("unreadable: {} is a folder, not a recording.", file.string());
  if (fs::exists(status)) return fmt::format("unreadable: {} is not an ordinary file.", file.string());
  return fmt::format("missing: there is no {}.", file.string());
}

// That our own files cannot be written ends the run; whatever else goes wrong with a recording rejects it.
class WriteFailure : public Error {
 public:
  using Error::Error;
};

class Maker {
 public:
  Maker(const ClipPlan& plan, const fs::path& out, const PrepareOptions& options, Journal& journal,
        const PrepareListener& listener)
      : plan_(plan),
        wavs_(out / "wavs"),
        options_(options.clip),
        sound_maker_(options.clip),
        settings_(short_hash(settings_of(options, false))),
        settings_with_limits_(short_hash(settings_of(options, true))),
        journal_(journal),
        listener_(listener),
        files_(out / ".prepare" / "unfinished",
               "What is finished stays; free the disk, or choose another --out, and run the same again."),
        reserve_(out / ".prepare" / "reserve"),
        results_(plan.clips.size()) {
    files_.write(reserve_, std::string(kReserveBytes, '\xff'));
  }
  ~Maker() { give_reserve_back(); }
  Maker(const Maker&) = delete;
  Maker& operator=(const Maker&) = delete;

  std::vector<ClipResult> run(int threads) {
    try {
      {
        // A thread that waits for the disk would make no clips meanwhile: one more than those that work does.
        const std::jthread flusher([this](const std::stop_token& end) { flush_until(end); });
        base::for_each_task(static_cast<int64_t>(plan_.recordings.size()), threads, [this](int64_t task) {
          base::throw_if_stopped();
          throw_if_flush_failed();
          process(plan_.recordings[static_cast<size_t>(task)]);
        });
      }
      throw_if_flush_failed();
    } catch (...) {
      give_reserve_back();
      try {
        write_batch();
      } catch (const Error&) {  // the first reason is the one to tell
      }
      throw;
    }
    write_batch();
    return std::move(results_);
  }

 private:
  void give_reserve_back() {
    std::error_code ignored;
    fs::remove(reserve_, ignored);
  }

  fs::path wav(size_t clip) const { return wavs_ / (plan_.clips[clip].id + ".wav"); }

  std::string settings(size_t clip, bool rejected) const {
    const Clip& which = plan_.clips[clip];
    std::string text = rejected ? settings_with_limits_ : settings_;
    if (which.is_segment()) text += fmt::format(" {}-{}", which.begin_seconds, which.end_seconds);
    return text;
  }

  // What the journal says of a clip, if it is still true; `changed` when the journal should be told of new states.
  std::optional<JournalEntry> earlier_result(size_t clip, const Recording& recording, const base::FileState& source,
                                             Bytes& bytes, bool& changed) const {
    const JournalEntry* known = journal_.find(plan_.clips[clip].id);
    if (!known || known->settings != settings(clip, !known->rejected.empty())) return std::nullopt;
    JournalEntry entry = *known;
    changed = false;
    if (entry.place != recording.name || entry.source != source) {
      // Touched or moved, but the same bytes? A reason names the place, so a rejected clip is made again.
      const bool in_table = plan_.clips[clip].audio.table != nullptr;
      if (!entry.rejected.empty() || (!in_table && entry.source.bytes != source.bytes)) return std::nullopt;
      if (entry.source_hash.empty() || entry.source_hash != bytes.hash()) return std::nullopt;
      entry.place = recording.name;
      entry.source = source;
      changed = true;
    }
    if (!entry.rejected.empty()) return entry;
    const fs::path file = wav(clip);
    const auto state = base::state_of(file);
    if (!state || state->bytes != entry.wav.bytes) return std::nullopt;
    if (*state != entry.wav) {
      if (sha256_of_file(file) != entry.wav_hash) return std::nullopt;
      entry.wav = *state;
      changed = true;
    }
    entry.rejected = sound_maker_.length_complaint(entry.samples, recording.name);
    if (!entry.rejected.empty()) return std::nullopt;
    return entry;
  }

  void process(const Recording& recording) {
    const AudioPlace& place = plan_.clips[recording.clips.front()].audio;
    const auto source = base::state_of(place.file);
    if (!source) {
      reject_rest(recording, missing(place.file));
      return;
    }
    Bytes bytes(place, recording.name, *source);
    try {
      std::vector<size_t> to_make;
      for (const size_t clip : recording.clips) {
        bool changed = false;
        if (auto entry = earlier_result(clip, recording, *source, bytes, changed))
          finish(clip, std::move(*entry), false, changed);
        else
          to_make.push_back(clip);
      }
      if (!to_make.empty()) cut(recording, to_make, *source, bytes);
    } catch (const WriteFailure&) {
      throw;
    } catch (const Stopped&) {
      throw;
    } catch (const std::exception& error) {
      reject_rest(recording, fmt::format("unreadable: {}", error.what()));
    }
  }

  // Where the channels cancel, their average would be silence or its noise: one of them then stands for all. That they
  // do is known once they have been read, so such a recording is read twice.
  void cut(const Recording& recording, const std::vector<size_t>& clips, const base::FileState& source, Bytes& bytes) {
    const auto open = [&] {
      return bytes.in_memory() ? std::make_unique<audio::SoundReader>(bytes.get(), recording.name)
                               : std::make_unique<audio::SoundReader>(bytes.file());
    };
    std::vector<CutPart> parts;
    for (const size_t clip : clips)
      parts.push_back({clip, plan_.clips[clip].begin_seconds, plan_.clips[clip].end_seconds});
    const auto averaged = open();
    std::vector<CutPart> cancelled = cut(*averaged, recording, std::move(parts), source, bytes);
    if (cancelled.empty()) return;
    const auto single = open();
    single->take_channel(averaged->loudest_channel());
    cut(*single, recording, std::move(cancelled), source, bytes);
  }

  // Gives the parts that it did not finish, whose channels cancel.
  std::vector<CutPart> cut(audio::SoundReader& reader, const Recording& recording, std::vector<CutPart> parts,
                           const base::FileState& source, Bytes& bytes) {
    std::vector<CutPart> cancelled;
    const auto entry_of = [&](const CutPart& part, bool rejected) {
      JournalEntry entry;
      entry.id = plan_.clips[part.clip].id;
      entry.settings = settings(part.clip, rejected);
      entry.place = recording.name;
      entry.source = source;
      // What we made of it before is still ours.
      if (const JournalEntry* earlier = journal_.find(entry.id)) entry.wav = earlier->wav;
      return entry;
    };
    const auto reject = [&](const CutPart& part, const std::string& reason) {
      JournalEntry entry = entry_of(part, true);
      entry.rejected = reason;
      finish(part.clip, std::move(entry), true, true);
    };
    const auto take = [&](const CutPart& part, std::span<const float> samples) {
      if (reader.channels_cancel()) {
        cancelled.push_back(part);
        return;
      }
      const ClipSound sound = sound_maker_.make(samples, reader.sample_rate_hz(), recording.name);
      if (!sound.rejected.empty()) {
        reject(part, sound.rejected);
        return;
      }
      JournalEntry entry = entry_of(part, false);
      entry.source_hash = bytes.hash();
      entry.samples = static_cast<int64_t>(sound.samples.size());
      entry.peak_lowered = sound.peak_lowered;
      write(part.clip, audio::wav_bytes(sound.samples, options_.sample_rate_hz), entry);
      finish(part.clip, std::move(entry), true, true);
    };
    cut_recording(reader, recording.name, std::move(parts), {most_seconds(options_), options_.split_long}, take,
                  reject);
    return cancelled;
  }

  void write(size_t clip, const std::string& wav_bytes, JournalEntry& entry) {
    const fs::path file = wav(clip);
    try {
      files_.write(file, wav_bytes);
    } catch (const Error& error) {
      throw WriteFailure("{}", error.what());
    }
    const auto state = base::state_of(file);
    if (!state)
      throw WriteFailure("{} was written and is gone. Does another program work in this folder?", file.string());
    entry.wav = *state;
    entry.wav_hash = sha256(wav_bytes);
  }

  void reject_rest(const Recording& recording, const std::string& reason) {
    for (const size_t clip : recording.clips) {
      if (!results_[clip].entry.id.empty()) continue;
      JournalEntry entry;
      entry.id = plan_.clips[clip].id;
      entry.rejected = reason;
      finish(clip, std::move(entry), true, false);  // to be tried again by the next run
    }
  }

  // `news`: the journal does not say it yet.
  void finish(size_t clip, JournalEntry entry, bool made, bool news) {
    news = news && !entry.rejected.starts_with("unreadable: ");
    const std::lock_guard lock(mutex_);
    results_[clip] = {std::move(entry), made};
    if (news) batch_.push_back(clip);
    if (batch_.size() >= kBatchClips) batch_is_full_.notify_one();
    if (listener_.progress) listener_.progress(++done_, static_cast<int64_t>(plan_.clips.size()));
  }

  void flush_until(const std::stop_token& end) {
    while (!end.stop_requested()) {
      {
        std::unique_lock lock(mutex_);
        batch_is_full_.wait_for(lock, end, kBatchTime, [this] { return batch_.size() >= kBatchClips; });
        if (end.stop_requested()) return;
      }
      try {
        write_batch();
      } catch (...) {
        const std::lock_guard lock(mutex_);
        flush_failure_ = std::current_exception();
        return;
      }
    }
  }

  void throw_if_flush_failed() {
    const std::lock_guard lock(mutex_);
    if (flush_failure_) std::rethrow_exception(flush_failure_);
  }

  void write_batch() {
    std::vector<size_t> batch;
    {
      const std::lock_guard lock(mutex_);
      batch = std::exchange(batch_, {});
    }
    if (batch.empty()) return;
    std::vector<JournalEntry> entries;
    for (const size_t clip : batch) entries.push_back(results_[clip].entry);
    try {
      files_.flush();
      journal_.add(entries);
    } catch (...) {  // to be tried once more when the run ends and gives the reserve back
      const std::lock_guard lock(mutex_);
      batch_.insert(batch_.end(), batch.begin(), batch.end());
      throw;
    }
  }

  const ClipPlan& plan_;
  fs::path wavs_;
  ClipOptions options_;
  ClipSoundMaker sound_maker_;
  std::string settings_, settings_with_limits_;
  Journal& journal_;
  const PrepareListener& listener_;
  base::FileBatch files_;
  fs::path reserve_;
  std::mutex mutex_;
  std::condition_variable_any batch_is_full_;
  std::exception_ptr flush_failure_;
  std::vector<ClipResult> results_;  // a clip's is written by the thread that has its recording, then only read
  std::vector<size_t> batch_;        // finished, not in the journal
  int64_t done_ = 0;
};

}  // namespace

std::vector<ClipResult> make_clips(const ClipPlan& plan, const fs::path& out, const PrepareOptions& options,
                                   Journal& journal, const PrepareListener& listener) {
  return Maker(plan, out, options, journal, listener)
      .run(options.threads > 0 ? static_cast<int>(options.threads) : base::processors());
}

}  // namespace vits::data
