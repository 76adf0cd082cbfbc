#include "vits/formats/zip.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "printable.h"
#include "vits/base/error.h"

// Layout after PKWARE's APPNOTE.TXT: records (local header, name, extra, bytes), then the directory (one entry a
// record), then the end record that says where the directory is; zip64 puts 64-bit values beside those that do not
// fit 32.
namespace vits::formats {

namespace {

constexpr uint32_t kLocalHeader = 0x04034b50, kDirectoryEntry = 0x02014b50, kEnd = 0x06054b50;
constexpr uint32_t kEnd64 = 0x06064b50, kEnd64Locator = 0x07064b50;
constexpr uint16_t kStored = 0, kDeflated = 8, kEncryptedFlag = 1, kUtf8Flag = 0x800, kZip64Extra = 1;
constexpr uint64_t kMax32 = std::numeric_limits<uint32_t>::max(), kMax16 = std::numeric_limits<uint16_t>::max();
constexpr uint64_t kFreeInflation = 64ull << 20, kInflationPerFileByte = 4;
constexpr uint64_t kAlignment = 64;
constexpr uint64_t kMostRecords = 100'000, kLargestDirectory = 16ull << 20;  // an MMS voice as TorchScript has 3,000

// Little-endian fields read in order; reading past the end is an Error, not a crash.
class Fields {
 public:
  Fields(std::span<const char> bytes, const std::string& file) : bytes_(bytes), file_(file) {}
  template <class Integer>
  Integer next() {
    Integer value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::span<const char> take(size_t count) {
    if (count > bytes_.size()) throw Error("{} is damaged or cut short: its zip directory ends too early.", file_);
    const auto part = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return part;
  }
  size_t left() const { return bytes_.size(); }

 private:
  std::span<const char> bytes_;
  const std::string& file_;
};

std::span<const char> part(std::span<const char> bytes, uint64_t offset, uint64_t count, const std::string& file) {
  if (offset > bytes.size() || count > bytes.size() - offset)
    throw Error("{} is damaged or cut short: it points to {} bytes from byte {} on and has only {}.", file, count,
                offset, bytes.size());
  return bytes.subspan(offset, count);
}

struct Directory {
  uint64_t entries = 0, bytes = 0, offset = 0;
};

Directory find_directory(std::span<const char> bytes, const std::string& file) {
  constexpr size_t kEndBytes = 22, kLocatorBytes = 20, kEnd64Bytes = 56;
  if (bytes.size() < kEndBytes) throw Error("{} is damaged or cut short: it has only {} bytes.", file, bytes.size());
  const size_t earliest = bytes.size() - std::min<size_t>(bytes.size(), kEndBytes + kMax16);
  size_t end = bytes.size() - kEndBytes;
  const auto signature_at = [&](size_t offset) {
    uint32_t value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
  };
  while (signature_at(end) != kEnd) {
    if (end == earliest) throw Error("{} is damaged or cut short: the directory at its end is missing.", file);
    --end;
  }

  Fields fields(bytes.subspan(end + 4), file);
  const auto disk = fields.next<uint16_t>(), directory_disk = fields.next<uint16_t>();
  fields.next<uint16_t>();  // entries on this disk
  Directory directory{fields.next<uint16_t>(), fields.next<uint32_t>(), fields.next<uint32_t>()};
  if (end >= kLocatorBytes && signature_at(end - kLocatorBytes) == kEnd64Locator) {
    Fields locator(bytes.subspan(end - kLocatorBytes + 8), file);
    Fields end64(part(bytes, locator.next<uint64_t>(), kEnd64Bytes, file), file);
    if (end64.next<uint32_t>() != kEnd64)
      throw Error("{} is damaged: its zip64 end record is not where it should be.", file);
    end64.take(8 + 2 + 2 + 4 + 4 + 8);  // size, versions, disks, entries on this disk
    directory.entries = end64.next<uint64_t>();
    directory.bytes = end64.next<uint64_t>();
    directory.offset = end64.next<uint64_t>();
  } else if (disk != directory_disk) {
    throw Error("{} is one part of a split zip file; such files are not read.", file);
  }
  return directory;
}

// Values that did not fit their 32-bit field stand in the zip64 extra, in this order and only those.
void read_zip64_extra(std::span<const char> extra, ZipEntry& entry, const std::string& file) {
  Fields fields(extra, file);
  while (fields.left() >= 4) {
    const auto tag = fields.next<uint16_t>();
    Fields field(fields.take(fields.next<uint16_t>()), file);
    if (tag != kZip64Extra) continue;
    if (entry.bytes == kMax32) entry.bytes = field.next<uint64_t>();
    if (entry.stored_bytes == kMax32) entry.stored_bytes = field.next<uint64_t>();
    if (entry.header_offset == kMax32) entry.header_offset = field.next<uint64_t>();
    return;
  }
}

uint32_t checksum(std::span<const char> bytes) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

std::shared_ptr<std::vector<char>> inflated(std::span<const char> bytes, uint64_t size, std::string_view record,
                                            const std::string& file) {
  auto result = std::make_shared<std::vector<char>>(size);
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw Error("zlib cannot be started to read {}.", file);
  int state = Z_OK;
  size_t read = 0, written = 0;
  constexpr size_t kStep = 1u << 30;  // zlib counts in 32 bits
  char spare;                         // zlib wants a place to write to, even for a record of no bytes
  do {
    const size_t in = std::min(bytes.size() - read, kStep), out = std::min<size_t>(size - written, kStep);
    stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data() + read));
    stream.avail_in = static_cast<unsigned>(in);
    stream.next_out = reinterpret_cast<unsigned char*>(out ? result->data() + written : &spare);
    stream.avail_out = static_cast<unsigned>(out ? out : 1);
    const unsigned room = stream.avail_out;
    state = inflate(&stream, Z_NO_FLUSH);
    read += in - stream.avail_in;
    const size_t made = room - stream.avail_out;
    written += made;
    if (written > size || (state == Z_OK && made == 0 && in == stream.avail_in)) break;
  } while (state == Z_OK);
  inflateEnd(&stream);
  if (state != Z_STREAM_END || written != size)
    throw Error("{} is damaged: its record {} does not inflate to the {} bytes it should have.", file, record, size);
  return result;
}

template <class Integer>
void put(std::string& text, Integer value) {
  text.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Fields that a local header and a directory entry share, from the flags to the name's length.
std::string common_fields(const std::string& name, uint32_t crc, uint64_t bytes) {
  constexpr uint16_t kMidnight = 0,
                     kFirstOfJanuary1980 = 0x21;  // the same bytes for the same weights, whatever the day
  std::string text;
  put<uint16_t>(text, kUtf8Flag);
  put<uint16_t>(text, kStored);
  put<uint16_t>(text, kMidnight);
  put<uint16_t>(text, kFirstOfJanuary1980);
  put<uint32_t>(text, crc);
  put<uint32_t>(text, static_cast<uint32_t>(bytes));
  put<uint32_t>(text, static_cast<uint32_t>(bytes));
  put<uint16_t>(text, static_cast<uint16_t>(name.size()));
  return text;
}

constexpr uint16_t kVersionNeeded = 20, kVersionOfZip64 = 45;

}  // namespace

ZipReader::ZipReader(const std::filesystem::path& path) : file_(std::make_shared<base::MappedFile>(path)) {
  const std::string file = path.string();
  const auto bytes = file_->bytes();
  const Directory directory = find_directory(bytes, file);
  if (directory.entries > kMostRecords || directory.bytes > kLargestDirectory)
    throw Error("{} says that it has {} records in a directory of {} bytes; no voice does.", file, directory.entries,
                directory.bytes);
  Fields fields(part(bytes, directory.offset, directory.bytes, file), file);
  for (uint64_t i = 0; i < directory.entries; ++i) {
    if (fields.next<uint32_t>() != kDirectoryEntry)
      throw Error("{} is damaged: entry {} of its zip directory is not one.", file, i);
    fields.take(4);  // versions
    const auto flags = fields.next<uint16_t>(), method = fields.next<uint16_t>();
    fields.take(4);  // time and date
    ZipEntry entry;
    entry.crc32 = fields.next<uint32_t>();
    entry.stored_bytes = fields.next<uint32_t>();
    entry.bytes = fields.next<uint32_t>();
    const auto name_bytes = fields.next<uint16_t>(), extra_bytes = fields.next<uint16_t>(),
               comment_bytes = fields.next<uint16_t>();
    fields.take(8);  // disk, attributes
    entry.header_offset = fields.next<uint32_t>();
    const auto name_part = fields.take(name_bytes);
    std::string name(name_part.begin(), name_part.end());
    read_zip64_extra(fields.take(extra_bytes), entry, file);
    fields.take(comment_bytes);
    if (flags & kEncryptedFlag)
      throw Error("{}: the record {} is encrypted; such files are not read.", file, printable(name));
    if (method != kStored && method != kDeflated)
      throw Error("{}: the record {} is packed by method {}; only stored and deflated records are read.", file,
                  printable(name), method);
    entry.deflated = method == kDeflated;
    if (!entry.deflated && entry.bytes != entry.stored_bytes)
      throw Error("{} is damaged: the record {} has two sizes.", file, printable(name));
    part(bytes, entry.header_offset, entry.stored_bytes, file);
    if (i == 0) first_name_ = name;
    if (!entries_.try_emplace(std::move(name), entry).second)
      throw Error("{} is damaged or made to deceive: it holds a record twice.", file);
  }
}

std::span<const char> ZipReader::stored(std::string_view name, const ZipEntry& entry) const {
  const std::string file = path().string();
  constexpr size_t kHeaderBytes = 30;
  const auto bytes = file_->bytes();
  Fields header(part(bytes, entry.header_offset, kHeaderBytes, file), file);
  const auto signature = header.next<uint32_t>();
  header.take(22);
  const uint64_t name_bytes = header.next<uint16_t>(), extra_bytes = header.next<uint16_t>();
  const auto local_name = part(bytes, entry.header_offset + kHeaderBytes, name_bytes, file);
  if (signature != kLocalHeader || std::string_view(local_name.data(), local_name.size()) != name)
    throw Error("{} is damaged: the record {} is not where its directory says.", file, printable(name));
  return part(bytes, entry.header_offset + kHeaderBytes + name_bytes + extra_bytes, entry.stored_bytes, file);
}

ZipRecord ZipReader::read(std::string_view name) const {
  const std::string file = path().string();
  const auto found = entries_.find(name);
  if (found == entries_.end()) throw Error("{} has no record {}.", file, printable(name));
  const ZipEntry& entry = found->second;
  const auto bytes = stored(name, entry);
  ZipRecord record{bytes, file_};
  if (entry.deflated) {
    const uint64_t most = kFreeInflation + kInflationPerFileByte * file_bytes();
    if (entry.bytes > most - std::min(most, inflated_bytes_))
      throw Error("{} would inflate to more than {} bytes from {}; that is no model but a trap.", file, most,
                  file_bytes());
    const auto owner = inflated(bytes, entry.bytes, printable(name), file);
    inflated_bytes_ += entry.bytes;
    record = {{owner->data(), owner->size()}, owner};
  }
  if (checksum(record.bytes) != entry.crc32)
    throw Error("{} is damaged: the checksum of its record {} is wrong. Copy or download it again.", file,
                printable(name));
  return record;
}

ZipWriter::ZipWriter(const std::filesystem::path& path) : file_(path), path_(path.string()) {}

void ZipWriter::write(std::string_view bytes) {
  file_.write(bytes);
  offset_ += bytes.size();
}

void ZipWriter::add(const std::string& name, std::string_view bytes) {
  if (!names_.insert(name).second) throw Error("{} would hold the record {} twice.", path_, printable(name));
  if (bytes.size() >= kMax32 || names_.size() >= kMax16 || name.size() > kMax16 / 2)
    throw Error("{} would have a record of more than 4 GiB or more than {} records, which this writer does not do.",
                path_, kMax16);
  const std::string common = common_fields(name, checksum(bytes), bytes.size());

  put<uint32_t>(directory_, kDirectoryEntry);
  put<uint16_t>(directory_, kVersionNeeded);
  put<uint16_t>(directory_, kVersionNeeded);
  directory_ += common;
  std::string extra;
  if (offset_ >= kMax32) {
    put<uint16_t>(extra, kZip64Extra);
    put<uint16_t>(extra, sizeof offset_);
    put<uint64_t>(extra, offset_);
  }
  put<uint16_t>(directory_, static_cast<uint16_t>(extra.size()));
  put<uint16_t>(directory_, 0);  // comment
  put<uint16_t>(directory_, 0);  // disk
  put<uint16_t>(directory_, 0);  // internal attributes
  put<uint32_t>(directory_, 0);  // external attributes
  put<uint32_t>(directory_, static_cast<uint32_t>(std::min(offset_, kMax32)));
  directory_ += name + extra;

  // The extra field "FB" is PyTorch's padding: a tag, a length and as many letters Z as bring the bytes to the
  // alignment.
  std::string header;
  put<uint32_t>(header, kLocalHeader);
  put<uint16_t>(header, kVersionNeeded);
  header += common;
  const uint64_t before_padding = offset_ + header.size() + 2 + name.size() + 4;
  const uint64_t padding = (kAlignment - before_padding % kAlignment) % kAlignment;
  put<uint16_t>(header, static_cast<uint16_t>(4 + padding));
  header += name + "FB";
  put<uint16_t>(header, static_cast<uint16_t>(padding));
  header.append(padding, 'Z');
  write(header);
  file_.write(bytes.data(), bytes.size());
  offset_ += bytes.size();
}

void ZipWriter::commit() {
  std::string end;
  if (offset_ >= kMax32) {
    constexpr uint64_t kEnd64Rest = 44;  // bytes of the record after this very number
    put<uint32_t>(end, kEnd64);
    put<uint64_t>(end, kEnd64Rest);
    put<uint16_t>(end, kVersionOfZip64);
    put<uint16_t>(end, kVersionOfZip64);
    put<uint32_t>(end, 0);  // disk
    put<uint32_t>(end, 0);  // disk of the directory
    put<uint64_t>(end, names_.size());
    put<uint64_t>(end, names_.size());
    put<uint64_t>(end, directory_.size());
    put<uint64_t>(end, offset_);
    put<uint32_t>(end, kEnd64Locator);
    put<uint32_t>(end, 0);  // disk
    put<uint64_t>(end, offset_ + directory_.size());
    put<uint32_t>(end, 1);  // disks
  }
  put<uint32_t>(end, kEnd);
  put<uint16_t>(end, 0);
  put<uint16_t>(end, 0);
  put<uint16_t>(end, static_cast<uint16_t>(names_.size()));
  put<uint16_t>(end, static_cast<uint16_t>(names_.size()));
  put<uint32_t>(end, static_cast<uint32_t>(directory_.size()));
  put<uint32_t>(end, static_cast<uint32_t>(std::min(offset_, kMax32)));
  put<uint16_t>(end, 0);
  write(directory_);
  write(end);
  file_.commit();
}

}  // namespace vits::formats
