#include "clip_cache.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "content_hash.h"
#include "store_progress.h"
#include "vits/base/error.h"
#include "vits/base/stop_signal.h"

namespace vits::data {

namespace {

constexpr char kMagic[16] = "vits-train clip";
constexpr uint64_t kFormat = 2;  // another number makes every cache anew
constexpr uint64_t kPageBytes = 4096;
constexpr size_t kPieceBytes = 16 << 20;

struct CachedPart {
  uint64_t begin = 0, bytes = 0, hash = 0;
};

struct Header {
  char magic[16] = {};
  uint64_t format = kFormat;
  CacheKeys keys;
  CachedPart samples, token_ids, mels, tables;
  uint64_t hash = 0;  // of all before

  uint64_t own_hash() const {
    return ContentHash().add({reinterpret_cast<const char*>(this), offsetof(Header, hash)}).value();
  }
};
static_assert(std::is_trivially_copyable_v<Header> && sizeof(Header) <= kPageBytes);

uint64_t whole_pages(uint64_t bytes) { return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes; }

// Where everything stands.
Header layout_of(uint64_t samples, uint64_t token_ids, uint64_t mels) {
  Header header;
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.samples = {kPageBytes, samples, 0};
  header.token_ids = {header.samples.begin + whole_pages(samples), token_ids, 0};
  header.mels = {header.token_ids.begin + whole_pages(token_ids), mels, 0};
  header.tables = {header.mels.begin + whole_pages(mels), 0, 0};
  return header;
}

// One sequence of values, written and read by the same visits.
class TableWriter {
 public:
  void operator()(int64_t number) { bytes_.append(reinterpret_cast<const char*>(&number), sizeof number); }
  void operator()(bool yes) { (*this)(static_cast<int64_t>(yes)); }
  void operator()(const std::string& text) {
    (*this)(static_cast<int64_t>(text.size()));
    bytes_ += text;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

class TableReader {
 public:
  explicit TableReader(std::string_view bytes) : rest_(bytes) {}

  void operator()(int64_t& number) { std::memcpy(&number, take(sizeof number).data(), sizeof number); }
  void operator()(bool& yes) {
    int64_t number = 0;
    (*this)(number);
    yes = number != 0;
  }
  void operator()(std::string& text) {
    int64_t size = 0;
    (*this)(size);
    text = take(static_cast<uint64_t>(size));
  }

 private:
  std::string_view take(uint64_t count) {
    if (count > rest_.size()) throw Error("a table of the cache ends early");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::string_view rest_;
};

template <class Clip, class Visit>
void visit_clip(Clip& clip, Visit&& visit) {
  visit(clip.id), visit(clip.text), visit(clip.validation), visit(clip.row), visit(clip.speaker_id);
  visit(clip.first_sample), visit(clip.samples), visit(clip.frames);
  visit(clip.first_token), visit(clip.tokens), visit(clip.first_frame);
}

template <class State, class Visit>
void visit_state(State& state, Visit&& visit) {
  visit(state.bytes), visit(state.changed_ns), visit(state.status_changed_ns);
}

std::string bytes_of(const ClipTables& tables) {
  TableWriter write;
  write(static_cast<int64_t>(tables.clips.size()));
  for (size_t i = 0; i < tables.clips.size(); ++i) {
    visit_clip(tables.clips[i], write);
    visit_state(tables.states[i], write);
  }
  write(static_cast<int64_t>(tables.skipped.size()));
  for (const Rejected& clip : tables.skipped) write(clip.id), write(clip.file), write(clip.row), write(clip.reason);
  return write.bytes();
}

ClipTables tables_from(std::string_view bytes) {
  ClipTables tables;
  TableReader read(bytes);
  int64_t count = 0;
  for (read(count); count > 0; --count) {
    visit_clip(tables.clips.emplace_back(), read);
    visit_state(tables.states.emplace_back(), read);
  }
  for (read(count); count > 0; --count) {
    Rejected& clip = tables.skipped.emplace_back();
    read(clip.id), read(clip.file), read(clip.row), read(clip.reason);
  }
  return tables;
}

std::string_view bytes_of(const Header& header) { return {reinterpret_cast<const char*>(&header), sizeof header}; }

void complete(Header& header, const CacheKeys& keys, const ArenaHashes& hashes, std::string_view tables) {
  header.keys = keys;
  header.samples.hash = hashes.samples;
  header.token_ids.hash = hashes.token_ids;
  header.mels.hash = hashes.mels;
  header.tables.bytes = tables.size();
  header.tables.hash = content_hash(tables.data(), tables.size(), 1);
  header.hash = header.own_hash();
}

}  // namespace

std::filesystem::path cache_file(const std::filesystem::path& training_folder) {
  return training_folder / ".cache" / "clips";
}

std::shared_ptr<const ClipCache> ClipCache::open(const std::filesystem::path& file, Check check, int threads,
                                                 const StoreListener& listener) {
  if (!base::state_of(file)) return nullptr;
  try {
    std::shared_ptr<ClipCache> cache(new ClipCache(file));
    return cache->read(check, threads, listener) ? cache : nullptr;
  } catch (const Stopped&) {
    throw;
  } catch (const Error&) {  // it cannot be read, so it is made anew
    return nullptr;
  }
}

bool ClipCache::read(Check check, int threads, const StoreListener& listener) {
  const std::span<const char> bytes = mapped_.bytes();
  Header header;
  if (bytes.size() < kPageBytes) return false;
  std::memcpy(static_cast<void*>(&header), bytes.data(), sizeof header);
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0 || header.format != kFormat
      || header.hash != header.own_hash() || header.tables.begin + header.tables.bytes != bytes.size())
    return false;
  const auto pieces = [](const CachedPart& part) { return static_cast<int64_t>((part.bytes + (1 << 20) - 1) >> 20); };
  StoreProgress progress(listener, "reading the cache", "MB",
                         pieces(header.samples) + pieces(header.token_ids) + pieces(header.mels));
  const auto is_intact = [&](const CachedPart& part) {
    return content_hash(bytes.data() + part.begin, part.bytes, threads, [&] { progress.count(); }) == part.hash;
  };
  if (content_hash(bytes.data() + header.tables.begin, header.tables.bytes, 1) != header.tables.hash) return false;
  if (check == Check::kAll && !(is_intact(header.token_ids) && is_intact(header.samples) && is_intact(header.mels)))
    return false;
  tables_ = tables_from({bytes.data() + header.tables.begin, header.tables.bytes});
  const auto span_of = [&](const CachedPart& part) {
    return std::span<char>(const_cast<char*>(bytes.data()) + part.begin, part.bytes);
  };
  arenas_ = {span_of(header.samples), span_of(header.token_ids), span_of(header.mels)};
  keys_ = header.keys;
  hashes_ = {header.samples.hash, header.token_ids.hash, header.mels.hash};
  return true;
}

bool write_cache(base::AtomicFile& file, const CacheKeys& keys, const ClipTables& tables, const ArenaBytes& arenas,
                 const ArenaHashes& hashes, const std::function<bool()>& goes_on) {
  const std::string table_bytes = bytes_of(tables);
  Header header = layout_of(arenas.samples.size(), arenas.token_ids.size(), arenas.mels.size());
  complete(header, keys, hashes, table_bytes);
  uint64_t written = 0;
  for (const auto& [begin, bytes] : {std::pair<uint64_t, std::span<const char>>{0, bytes_of(header)},
                                     {header.samples.begin, arenas.samples},
                                     {header.token_ids.begin, arenas.token_ids},
                                     {header.mels.begin, arenas.mels},
                                     {header.tables.begin, table_bytes}}) {
    file.write(std::string(begin - written, '\0'));
    written = begin + bytes.size();
    for (size_t at = 0; at < bytes.size(); at += kPieceBytes) {
      if (!goes_on()) return false;
      file.write(bytes.data() + at, std::min(kPieceBytes, bytes.size() - at));
    }
  }
  if (!goes_on()) return false;
  file.commit_unflushed();
  return true;
}

CacheInTheMaking::CacheInTheMaking(const std::filesystem::path& file, uint64_t samples_bytes, uint64_t token_ids_bytes,
                                   uint64_t mels_bytes)
    : file_(file, layout_of(samples_bytes, token_ids_bytes, mels_bytes).tables.begin) {
  const Header header = layout_of(samples_bytes, token_ids_bytes, mels_bytes);
  const auto span_of = [&](const CachedPart& part) { return file_.bytes().subspan(part.begin, part.bytes); };
  arenas_ = {span_of(header.samples), span_of(header.token_ids), span_of(header.mels)};
}

void CacheInTheMaking::commit(const CacheKeys& keys, const ClipTables& tables, const ArenaHashes& hashes) {
  const std::string table_bytes = bytes_of(tables);
  Header header = layout_of(arenas_.samples.size(), arenas_.token_ids.size(), arenas_.mels.size());
  complete(header, keys, hashes, table_bytes);
  std::memcpy(file_.bytes().data(), bytes_of(header).data(), sizeof header);
  arenas_ = {};
  file_.commit(table_bytes);
}

}  // namespace vits::data
