#include "journal.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "hash.h"
#include "vits/base/files.h"
#include "vits/base/mapped_file.h"

namespace vits::data {

namespace {

constexpr std::string_view kHeader = "vits-train prepare 1\n";
constexpr size_t kFields = 12;  // with the line's own hash

std::string line_hash(std::string_view body) { return fmt::format("{:016x}", checksum(body)); }

// File names may hold any byte, and so may messages about them.
std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '%' || static_cast<unsigned char>(c) < 0x20)
      safe += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    else
      safe += c;
  }
  return safe;
}

std::string unescaped(std::string_view safe) {
  std::string text;
  for (size_t at = 0; at < safe.size(); ++at) {
    unsigned int code = 0;
    if (safe[at] == '%' && at + 2 < safe.size()) {
      std::from_chars(safe.data() + at + 1, safe.data() + at + 3, code, 16);
      text += static_cast<char>(code);
      at += 2;
    } else {
      text += safe[at];
    }
  }
  return text;
}

int64_t number_from(std::string_view digits) {
  int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::string times_of(const base::FileState& state) {
  return fmt::format("{} {}", state.changed_ns, state.status_changed_ns);
}

// Earlier versions wrote the first time alone. The other is then 0, which no file has: a hash tells whether it changed.
base::FileState state_from(std::string_view bytes, std::string_view times) {
  const size_t blank = times.find(' ');
  return {number_from(bytes), number_from(times.substr(0, blank)),
          blank == std::string_view::npos ? 0 : number_from(times.substr(blank + 1))};
}

std::string line_of(const JournalEntry& entry) {
  const std::string body =
      fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}", escaped(entry.id), entry.settings, escaped(entry.place),
                  entry.source.bytes, times_of(entry.source), entry.source_hash, escaped(entry.rejected),
                  fmt::format("{} {}", entry.wav.bytes, times_of(entry.wav)), entry.wav_hash, entry.samples,
                  int{entry.peak_lowered});
  return body + "\t" + line_hash(body) + "\n";
}

std::optional<JournalEntry> entry_of(std::string_view line) {
  const size_t end = line.rfind('\t');
  if (end == std::string_view::npos || line_hash(line.substr(0, end)) != line.substr(end + 1)) return std::nullopt;
  std::vector<std::string_view> fields;
  for (size_t at = 0; at <= line.size();) {
    const size_t tab = std::min(line.find('\t', at), line.size());
    fields.push_back(line.substr(at, tab - at));
    at = tab + 1;
  }
  if (fields.size() != kFields) return std::nullopt;
  const size_t blank = std::min(fields[7].find(' '), fields[7].size() - 1);
  return JournalEntry{.id = unescaped(fields[0]),
                      .settings = std::string(fields[1]),
                      .place = unescaped(fields[2]),
                      .source = state_from(fields[3], fields[4]),
                      .source_hash = std::string(fields[5]),
                      .rejected = unescaped(fields[6]),
                      .wav = state_from(fields[7].substr(0, blank), fields[7].substr(blank + 1)),
                      .wav_hash = std::string(fields[8]),
                      .samples = number_from(fields[9]),
                      .peak_lowered = fields[10] == "1"};
}

// Gives how many bytes are whole lines; 0 when it is no journal.
size_t read_lines(const std::filesystem::path& path, JournalEntries& entries) {
  const base::MappedFile mapped(path);
  const std::string_view text(mapped.bytes().data(), mapped.bytes().size());
  if (!text.starts_with(kHeader)) return 0;
  size_t whole = kHeader.size();
  for (size_t end; (end = text.find('\n', whole)) != std::string_view::npos; whole = end + 1) {
    if (auto entry = entry_of(text.substr(whole, end - whole))) {
      std::string id = entry->id;
      entries.insert_or_assign(std::move(id), std::move(*entry));
    }
  }
  return whole;
}

}  // namespace

JournalEntries read_journal(const std::filesystem::path& path) {
  JournalEntries entries;
  read_lines(path, entries);
  return entries;
}

Journal::Journal(const std::filesystem::path& path)
    : file_(path, "What is finished stays; free the disk and run the same again.") {
  const size_t whole = read_lines(path, earlier_);
  file_.shorten(static_cast<int64_t>(whole));
  if (whole == 0) file_.append(kHeader);
}

const JournalEntry* Journal::find(const std::string& id) const {
  const auto found = earlier_.find(id);
  return found == earlier_.end() ? nullptr : &found->second;
}

void Journal::add(const std::vector<JournalEntry>& entries) {
  std::string lines;
  for (const JournalEntry& entry : entries) lines += line_of(entry);
  const int64_t before = file_.bytes();
  try {
    file_.append(lines);
    file_.flush();
  } catch (...) {
    file_.shorten(before);  // so that the next line does not begin in the middle of a torn one
    throw;
  }
}

void write_journal(const std::filesystem::path& path, const std::vector<JournalEntry>& entries) {
  base::AtomicFile file(path);
  file.write(kHeader);
  for (const JournalEntry& entry : entries) file.write(line_of(entry));
  file.commit();
}

}  // namespace vits::data
