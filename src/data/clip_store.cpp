#include "vits/data/clip_store.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "clip_cache.h"
#include "clip_mels.h"
#include "clip_survey.h"
#include "content_hash.h"
#include "skipped_clips.h"
#include "storage_plan.h"
#include "store_progress.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/base/machine.h"
#include "vits/base/parallel.h"
#include "vits/base/stop_signal.h"

namespace vits::data {

namespace {

namespace fs = std::filesystem;

// A mel maker's tables take longer to make than the mels of a short clip.
constexpr int64_t kClipsATask = 16;
// Texts whose token ids tell one tokenizer from another, whatever its settings do not say.
constexpr size_t kProbes = 8;
constexpr uint64_t kFrameBytes = audio::kMelBands * sizeof(c10::Half);

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

CacheKeys keys_of(const TrainingSet& set, const std::vector<SurveyedClip>& clips, const text::Tokenizer& tokenizer,
                  const StoreTarget& target, const StoreOptions& options) {
  ContentHash sound;
  for (const int64_t number : {target.sample_rate_hz, target.fft_samples, target.hop_samples})
    sound.add(static_cast<uint64_t>(number));
  ContentHash content = sound;
  content.add(static_cast<uint64_t>(target.segment_frames)).add(options.precompute_mels);
  if (options.max_samples > 0) content.add(static_cast<uint64_t>(options.max_samples));
  for (const std::string& speaker : target.speakers) content.add(speaker);
  content.add(text::vocab_json(tokenizer.settings()).dump());
  content.add(text::tokenizer_config_json(tokenizer.settings()).dump());
  for (const std::string& defect : set.defects) content.add(defect);
  for (size_t i = 0; i < clips.size(); ++i) {
    const StoredClip& clip = clips[i].clip;
    content.add(clip.id).add(clip.text).add(static_cast<uint64_t>(clip.row)).add(clip.validation);
    content.add(static_cast<uint64_t>(clip.speaker_id)).add(clips[i].complaint);
    const base::FileState& state = clips[i].state;
    for (const int64_t number : {state.bytes, state.changed_ns, state.status_changed_ns})
      content.add(static_cast<uint64_t>(number));
    if (i < kProbes)
      for (const int64_t id : tokenizer.encode(clip.text).ids) content.add(static_cast<uint64_t>(id));
  }
  return {sound.value(), content.value()};
}

}  // namespace

struct ClipStore::State {
  StoreTarget target;
  fs::path cache_path;
  ClipTables tables;
  ArenaHashes hashes;
  CacheKeys keys;
  at::Tensor samples, token_ids, mels;
  std::shared_ptr<const ClipCache> cache;  // that the arenas are mapped from
  int64_t training_samples = 0;
  std::string how, fingerprint, validation_fingerprint;
  std::mutex notes_mutex;
  std::vector<std::string> notes;
  std::thread cache_writer;
  std::atomic<bool> gives_up_cache = false, cache_given_up = false;
  int threads = 1;

  ~State() {
    if (cache_writer.joinable()) cache_writer.join();
  }

  void note(std::string sentence) {
    const std::lock_guard lock(notes_mutex);
    notes.push_back(std::move(sentence));
  }

  uint64_t free_memory() const {
    return target.free_memory_bytes > 0 ? target.free_memory_bytes : base::memory().available_bytes;
  }

  uint64_t arena_bytes() const { return samples.nbytes() + token_ids.nbytes() + (mels.defined() ? mels.nbytes() : 0); }

  std::string contents_text() const {
    const std::string sound = bytes_text(samples.nbytes()) + " of samples";
    return mels.defined() ? sound + fmt::format(" and {} of mels", bytes_text(mels.nbytes())) : sound;
  }

  void build(const TrainingSet& set, std::vector<SurveyedClip> clips, const ClipCache* before,
             const text::Tokenizer& tokenizer, const StoreOptions& options, const StoreListener& listener);
  void map(std::shared_ptr<const ClipCache> from);
  void take_in_memory(const StorageNeed& need, bool with_mels);
  void fill(std::vector<SurveyedClip>& clips, const ArenaBytes& arenas, const ClipCache* before,
            const StoreListener& listener);
  void list_skipped(const TrainingSet& set, const std::vector<SurveyedClip>& clips);
  void begin_to_write_cache(const ArenaBytes& arenas);
  void finish();
};

namespace {

ArenaBytes arenas_of(const at::Tensor& samples, const at::Tensor& token_ids, const at::Tensor& mels) {
  const auto span_of = [](const at::Tensor& tensor) {
    return tensor.defined() ? std::span<char>(static_cast<char*>(tensor.data_ptr()), tensor.nbytes())
                            : std::span<char>();
  };
  return {span_of(samples), span_of(token_ids), span_of(mels)};
}

// Gives the clips that are taken their places in the arenas.
StorageNeed lay_out(std::vector<SurveyedClip>& clips) {
  int64_t samples = 0, tokens = 0, frames = 0;
  for (SurveyedClip& surveyed : clips) {
    if (!surveyed.complaint.empty()) continue;
    StoredClip& clip = surveyed.clip;
    clip.first_sample = samples;
    clip.first_token = tokens;
    clip.first_frame = frames;
    samples += clip.samples;
    tokens += clip.tokens;
    frames += clip.frames;
  }
  return {static_cast<uint64_t>(samples) * sizeof(int16_t), static_cast<uint64_t>(tokens) * sizeof(int32_t),
          static_cast<uint64_t>(frames) * kFrameBytes};
}

// Marks the clips whose sound the cache holds as it is now.
void find_in_cache(std::vector<SurveyedClip>& clips, const ClipCache& cache, int64_t sample_rate_hz) {
  std::unordered_map<std::string, size_t> numbers;
  const ClipTables& tables = cache.tables();
  for (size_t i = 0; i < tables.clips.size(); ++i) numbers.emplace(tables.clips[i].id, i);
  for (SurveyedClip& clip : clips) {
    const auto found = numbers.find(clip.clip.id);
    if (found == numbers.end() || !(tables.states[found->second] == clip.state)) continue;
    clip.cached = static_cast<int64_t>(found->second);
    clip.wav = {tables.clips[found->second].samples, sample_rate_hz, -1};
  }
}

// Without mels because there was no room for them when it was made, and now there is.
bool lacks_mels(const ClipCache& cache, const StoreOptions& options, uint64_t free_memory) {
  if (options.precompute_mels != "auto" || cache.has_mels()) return false;
  StorageNeed need{cache.arenas().samples.size(), cache.arenas().token_ids.size(), 0};
  for (const StoredClip& clip : cache.tables().clips) need.mels += static_cast<uint64_t>(clip.frames) * kFrameBytes;
  return mels_fit(need, free_memory);
}

}  // namespace

void ClipStore::State::take_in_memory(const StorageNeed& need, bool with_mels) {
  // LibTorch rounds pinned memory up to a power of two; batches are staged in pinned memory anyhow, so this is an
  // advantage only while it costs nothing.
  const auto rounded = [](uint64_t bytes) { return std::bit_ceil(std::max<uint64_t>(bytes, 1)); };
  const uint64_t all = rounded(need.samples) + rounded(need.token_ids) + (with_mels ? rounded(need.mels) : 0);
  const bool pinned = target.pinned && at::hasCUDA() && all <= free_memory() / 2;
  const auto take = [&](const at::TensorOptions& options) {
    samples = at::empty({static_cast<int64_t>(need.samples / sizeof(int16_t))}, options.dtype(at::kShort));
    token_ids = at::empty({static_cast<int64_t>(need.token_ids / sizeof(int32_t))}, options.dtype(at::kInt));
    if (with_mels)
      mels = at::empty({static_cast<int64_t>(need.mels / kFrameBytes), audio::kMelBands}, options.dtype(at::kHalf));
  };
  try {
    take(at::TensorOptions().pinned_memory(pinned));
  } catch (const c10::Error&) {
    if (!pinned) throw;
    take(at::TensorOptions());
  }
}

void ClipStore::State::fill(std::vector<SurveyedClip>& clips, const ArenaBytes& arenas, const ClipCache* before,
                            const StoreListener& listener) {
  const audio::SpectrogramShape shape{target.fft_samples, target.hop_samples};
  std::optional<MelBands> bands;
  if (!arenas.mels.empty()) bands.emplace(target.sample_rate_hz, shape);
  auto* const sample_arena = reinterpret_cast<int16_t*>(arenas.samples.data());
  auto* const token_arena = reinterpret_cast<int32_t*>(arenas.token_ids.data());
  auto* const mel_arena = reinterpret_cast<c10::Half*>(arenas.mels.data());

  StoreProgress progress(listener, "decoding", "clips", static_cast<int64_t>(clips.size()));
  const auto number_of_clips = static_cast<int64_t>(clips.size());
  base::for_each_piece(number_of_clips, kClipsATask, threads, [&](int64_t begin, int64_t end) {
    std::optional<MelMaker> mel_maker;
    for (int64_t i = begin; i < end; ++i) {
      base::throw_if_stopped();
      SurveyedClip& from = clips[static_cast<size_t>(i)];
      progress.count();
      if (!from.complaint.empty()) continue;
      const StoredClip& clip = from.clip;
      const std::span<int16_t> sound(sample_arena + clip.first_sample, static_cast<size_t>(clip.samples));
      std::copy(from.token_ids.begin(), from.token_ids.end(), token_arena + clip.first_token);
      c10::Half* const mel = mel_arena + clip.first_frame * audio::kMelBands;
      const uint64_t mel_bytes = static_cast<uint64_t>(clip.frames) * kFrameBytes;
      const StoredClip* const old =
          from.cached >= 0 ? &before->tables().clips[static_cast<size_t>(from.cached)] : nullptr;
      if (old) {
        std::memcpy(sound.data(), before->arenas().samples.data() + old->first_sample * sizeof(int16_t),
                    sound.size_bytes());
      } else {
        try {
          read_wav(from.file, from.wav, sound);
        } catch (const Stopped&) {
          throw;
        } catch (const Error& error) {
          from.complaint = unreadable(error);
          std::fill(sound.begin(), sound.end(), int16_t{0});  // its place stays, empty
        }
      }
      if (!bands) continue;
      if (old && before->has_mels()) {
        std::memcpy(mel, before->arenas().mels.data() + static_cast<uint64_t>(old->first_frame) * kFrameBytes,
                    mel_bytes);
      } else {
        if (!mel_maker) mel_maker.emplace(*bands);
        mel_maker->make(sound, mel);
      }
    }
  });
}

void ClipStore::State::list_skipped(const TrainingSet& set, const std::vector<SurveyedClip>& clips) {
  for (const std::string& defect : set.defects) tables.skipped.push_back(skipped_row(set, defect));
  for (const SurveyedClip& clip : clips) {
    if (clip.complaint.empty()) {
      tables.clips.push_back(clip.clip);
      tables.states.push_back(clip.state);
    } else {
      tables.skipped.push_back({clip.clip.id, clip.file.string(), clip.clip.row, clip.complaint});
    }
  }
}

void ClipStore::State::map(std::shared_ptr<const ClipCache> from) {
  cache = std::move(from);
  const ArenaBytes& arenas = cache->arenas();
  const auto tensor = [&](std::span<char> bytes, at::IntArrayRef sizes, at::ScalarType type) {
    return at::from_blob(bytes.data(), sizes, at::TensorOptions(type));
  };
  samples = tensor(arenas.samples, {static_cast<int64_t>(arenas.samples.size() / sizeof(int16_t))}, at::kShort);
  token_ids = tensor(arenas.token_ids, {static_cast<int64_t>(arenas.token_ids.size() / sizeof(int32_t))}, at::kInt);
  if (cache->has_mels())
    mels = tensor(arenas.mels, {static_cast<int64_t>(arenas.mels.size() / kFrameBytes), audio::kMelBands}, at::kHalf);
  tables = cache->tables();
  hashes = cache->hashes();
}

// What cannot be written at all shows at once, a disk that fills later.
void ClipStore::State::begin_to_write_cache(const ArenaBytes& arenas) {
  const auto give_up = [this](const std::exception& error) {
    note(fmt::format("What was decoded is not kept for the next start: {}", error.what()));
  };
  try {
    base::remove_unfinished(cache_path.parent_path());
    auto file = std::make_unique<base::AtomicFile>(cache_path);
    cache_writer = std::thread([this, arenas, give_up, file = std::move(file)] {
      try {
        const auto goes_on = [this] { return !gives_up_cache && base::stop_requested() == 0; };
        cache_given_up = !write_cache(*file, keys, tables, arenas, hashes, goes_on);
      } catch (const std::exception& error) {
        give_up(error);
      }
    });
  } catch (const std::exception& error) {
    give_up(error);
  }
}

void ClipStore::State::build(const TrainingSet& set, std::vector<SurveyedClip> clips, const ClipCache* before,
                             const text::Tokenizer& tokenizer, const StoreOptions& options,
                             const StoreListener& listener) {
  const auto start = std::chrono::steady_clock::now();
  if (before && before->keys().sound == keys.sound) find_in_cache(clips, *before, target.sample_rate_hz);
  clips = survey(std::move(clips), tokenizer, target, options.max_samples, threads, listener);
  const auto reused = std::count_if(
      clips.begin(), clips.end(), [](const SurveyedClip& clip) { return clip.cached >= 0 && clip.complaint.empty(); });
  const StorageNeed need = lay_out(clips);
  const auto old_file = base::state_of(cache_path);
  const StorageRoom room{.free_memory = free_memory(),
                         .free_disk = base::free_bytes(cache_path),
                         .old_cache = static_cast<uint64_t>(old_file ? old_file->bytes : 0)};
  const StoragePlan plan = plan_storage(need, room, options);
  for (const std::string& sentence : plan.notes) note(sentence);

  const auto made = [&] {
    return fmt::format("decoded in {:.1f} s{}", seconds_since(start),
                       reused > 0 ? fmt::format(" ({} clips as they were in the cache)", reused) : "");
  };
  const auto fill_and_hash = [&](const ArenaBytes& arenas) {
    fill(clips, arenas, before, listener);
    list_skipped(set, clips);
    hashes = {content_hash(arenas.samples.data(), arenas.samples.size(), threads),
              content_hash(arenas.token_ids.data(), arenas.token_ids.size(), threads),
              content_hash(arenas.mels.data(), arenas.mels.size(), threads)};
  };
  if (plan.maps_file) {
    base::remove_unfinished(cache_path.parent_path());
    CacheInTheMaking making(cache_path, need.samples, need.token_ids, plan.keeps_mels ? need.mels : 0);
    fill_and_hash(making.arenas());
    making.commit(keys, tables, hashes);
    map(ClipCache::open(cache_path, ClipCache::Check::kTables, threads));
    how = fmt::format("{} on the disk, {}", contents_text(), made());
    return;
  }
  take_in_memory(need, plan.keeps_mels);
  const ArenaBytes arenas = arenas_of(samples, token_ids, mels);
  fill_and_hash(arenas);
  how = fmt::format("{} in memory, {}", contents_text(), made());
  if (plan.writes_cache && !tables.clips.empty()) begin_to_write_cache(arenas);
}

void ClipStore::State::finish() {
  ContentHash all, judged;
  const ArenaBytes arenas = arenas_of(samples, token_ids, mels);
  const auto bytes = [](std::span<const char> arena, int64_t first, int64_t count, size_t width) {
    return std::string_view(arena.data() + static_cast<size_t>(first) * width, static_cast<size_t>(count) * width);
  };
  for (const StoredClip& clip : tables.clips) {
    all.add(clip.id).add(clip.validation).add(static_cast<uint64_t>(clip.speaker_id));
    all.add(static_cast<uint64_t>(clip.samples)).add(static_cast<uint64_t>(clip.tokens));
    if (!clip.validation) {
      training_samples += clip.samples;
      continue;
    }
    judged.add(bytes(arenas.samples, clip.first_sample, clip.samples, sizeof(int16_t)));
    judged.add(bytes(arenas.token_ids, clip.first_token, clip.tokens, sizeof(int32_t)));
    judged.add(static_cast<uint64_t>(clip.speaker_id));
  }
  fingerprint = fmt::format("{:016x}", all.add(hashes.samples).add(hashes.token_ids).value());
  validation_fingerprint = fmt::format("{:016x}", judged.value());
}

ClipStore::ClipStore(const TrainingSet& set, const text::Tokenizer& tokenizer, const StoreTarget& target,
                     const StoreOptions& options, const StoreListener& listener)
    : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.target = target;
  state.threads = target.threads > 0 ? target.threads : base::processors();
  state.cache_path = cache_file(set.folder);
  const auto start = std::chrono::steady_clock::now();
  std::vector<SurveyedClip> clips = with_states(set, target, state.threads);
  state.keys = keys_of(set, clips, tokenizer, target, options);
  auto cache = options.data_cache == "false"
                   ? nullptr
                   : ClipCache::open(state.cache_path, ClipCache::Check::kAll, state.threads, listener);
  if (cache && cache->keys().content == state.keys.content && !lacks_mels(*cache, options, state.free_memory())
      && !reads_otherwise_now(cache->tables().skipped, state.threads)) {
    state.map(std::move(cache));
    state.how = fmt::format("{} in {}, ready in {:.1f} s", state.contents_text(), state.cache_path.string(),
                            seconds_since(start));
  } else {
    state.build(set, std::move(clips), cache.get(), tokenizer, options, listener);
  }
  try {
    write_skipped_list(set.folder, state.tables.skipped);
  } catch (const std::exception& error) {
    state.note(fmt::format("The list of skipped clips could not be written: {}", error.what()));
  }
  state.finish();
  if (training().empty()) throw_nothing_left(set, skipped());
}

ClipStore::~ClipStore() = default;

bool ClipStore::give_up_cache() {
  state_->gives_up_cache = true;
  if (state_->cache_writer.joinable()) state_->cache_writer.join();
  return state_->cache_given_up;
}

const StoreTarget& ClipStore::target() const { return state_->target; }
const std::vector<StoredClip>& ClipStore::clips() const { return state_->tables.clips; }

std::vector<int64_t> ClipStore::training() const {
  std::vector<int64_t> numbers;
  for (size_t i = 0; i < clips().size(); ++i)
    if (!clips()[i].validation) numbers.push_back(static_cast<int64_t>(i));
  return numbers;
}

std::vector<int64_t> ClipStore::validation() const {
  std::vector<int64_t> numbers;
  for (size_t i = 0; i < clips().size(); ++i)
    if (clips()[i].validation) numbers.push_back(static_cast<int64_t>(i));
  return numbers;
}

const at::Tensor& ClipStore::samples() const { return state_->samples; }
const at::Tensor& ClipStore::token_ids() const { return state_->token_ids; }
const at::Tensor& ClipStore::mels() const { return state_->mels; }
const std::vector<Rejected>& ClipStore::skipped() const { return state_->tables.skipped; }

double ClipStore::training_seconds() const {
  return static_cast<double>(state_->training_samples) / static_cast<double>(state_->target.sample_rate_hz);
}

uint64_t ClipStore::bytes() const { return state_->arena_bytes(); }
const std::string& ClipStore::how() const { return state_->how; }

std::vector<std::string> ClipStore::take_notes() {
  const std::lock_guard lock(state_->notes_mutex);
  return std::exchange(state_->notes, {});
}

const std::string& ClipStore::fingerprint() const { return state_->fingerprint; }
const std::string& ClipStore::validation_fingerprint() const { return state_->validation_fingerprint; }

}  // namespace vits::data
