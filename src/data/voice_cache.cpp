#include "voice_cache.h"

#include <cstring>
#include <string_view>

#include "hash.h"
#include "vits/base/mapped_file.h"

namespace vits::data {

namespace {

constexpr std::string_view kVoicesHeader = "vits-train voices 3\n";

struct Record {       // followed by the id
  uint64_t checksum;  // of all that follows
  base::FileState wav;
  char wav_hash[64];
  double seconds, level_db;
  speaker::Embedding voice;
  uint32_t id_bytes, zero;
};

}  // namespace

VoiceCache::VoiceCache(const std::filesystem::path& path)
    : file_(path, "What was heard stays; free the disk and run the same again.") {
  size_t whole = 0;
  {
    const base::MappedFile mapped(path);
    const std::string_view bytes(mapped.bytes().data(), mapped.bytes().size());
    if (bytes.starts_with(kVoicesHeader)) {
      whole = kVoicesHeader.size();
      while (bytes.size() - whole >= sizeof(Record)) {
        Record record;
        std::memcpy(static_cast<void*>(&record), bytes.data() + whole, sizeof(record));
        if (record.id_bytes > bytes.size() - whole - sizeof(record)) break;
        const std::string_view rest =
            bytes.substr(whole + sizeof(record.checksum), sizeof(record) - sizeof(record.checksum) + record.id_bytes);
        if (checksum(rest) != record.checksum) break;
        known_.insert_or_assign(std::string(bytes.substr(whole + sizeof(record), record.id_bytes)),
                                HeardVoice{record.wav, std::string(record.wav_hash, sizeof(record.wav_hash)),
                                           record.seconds, record.level_db, record.voice});
        whole += sizeof(record) + record.id_bytes;
      }
    }
  }
  file_.shorten(static_cast<int64_t>(whole));
  if (whole == 0) file_.append(kVoicesHeader);
}

const HeardVoice* VoiceCache::find(const std::string& id) const {
  const auto found = known_.find(id);
  return found == known_.end() ? nullptr : &found->second;
}

void VoiceCache::add(const std::string& id, const HeardVoice& heard) {
  Record record{.checksum = 0,
                .wav = heard.wav,
                .wav_hash = {},
                .seconds = heard.seconds,
                .level_db = heard.level_db,
                .voice = heard.voice,
                .id_bytes = static_cast<uint32_t>(id.size()),
                .zero = 0};
  heard.wav_hash.copy(record.wav_hash, sizeof(record.wav_hash));
  std::string bytes(sizeof(record), '\0');
  std::memcpy(bytes.data(), &record, sizeof(record));
  bytes += id;
  const uint64_t sum = checksum(std::string_view(bytes).substr(sizeof(record.checksum)));
  std::memcpy(bytes.data(), &sum, sizeof(sum));
  const int64_t before = file_.bytes();
  try {
    file_.append(bytes);
  } catch (...) {
    file_.shorten(before);
    throw;
  }
}

}  // namespace vits::data
