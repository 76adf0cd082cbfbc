// What `prepare` has finished, one line a clip, so that a further run does not make it again. A line is written when
// the clip's WAV file is on the disk, and it says by what a change of the recording, of the settings or of the WAV file
// would show. A line that was torn by a kill or a full disk is no line.
#pragma once
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "vits/base/append_file.h"
#include "vits/base/file_state.h"

namespace vits::data {

struct JournalEntry {
  std::string id;
  std::string settings;     // a hash of all that the clip's bytes depend on besides its recording
  std::string place;        // the recording's file, its row in a table, the part that was taken
  base::FileState source;   // of that file
  std::string source_hash;  // of the recording alone, even inside a table; empty when it was too long to read
  std::string rejected;     // why no clip was made; the rest is then empty
  base::FileState wav;
  std::string wav_hash;
  int64_t samples = 0;
  bool peak_lowered = false;  // the loudness wished for would have brought the peak too high
};

using JournalEntries = std::unordered_map<std::string, JournalEntry>;  // by id

// What a journal says, without touching it: `prepare` may be at work on it. Lines that are not whole are passed over.
JournalEntries read_journal(const std::filesystem::path& path);

class Journal {
 public:
  // Reads what is there and drops a torn line at its end, to go on behind what is whole.
  explicit Journal(const std::filesystem::path& path);

  const JournalEntry* find(const std::string& id) const;  // of an earlier run
  const JournalEntries& earlier() const { return earlier_; }

  void add(const std::vector<JournalEntry>& entries);  // flushed when it returns; throws Error

 private:
  JournalEntries earlier_;
  base::AppendFile file_;
};

// Writes a journal that holds these entries alone. No Journal may have it open that writes afterwards.
void write_journal(const std::filesystem::path& path, const std::vector<JournalEntry>& entries);

}  // namespace vits::data
