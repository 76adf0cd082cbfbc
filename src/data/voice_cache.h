// What the speaker encoder heard in a training folder's clips, kept between runs: a file of records that grows while
// clips are heard. A record that was torn by a kill ends what is read of it.
#pragma once
#include <filesystem>
#include <string>
#include <unordered_map>

#include "vits/base/append_file.h"
#include "vits/base/file_state.h"
#include "vits/speaker/voice_encoder.h"

namespace vits::data {

struct HeardVoice {
  base::FileState wav;
  std::string wav_hash;  // tells a file that was copied or touched from one that changed
  double seconds = 0.0;
  double level_db = 0.0;  // root mean square, below full scale
  speaker::Embedding voice{};
};

class VoiceCache {
 public:
  explicit VoiceCache(const std::filesystem::path& path);  // its folder must exist

  // What was heard before of a clip, whatever its file is now. Nothing when it is not known.
  const HeardVoice* find(const std::string& id) const;

  void add(const std::string& id, const HeardVoice& heard);  // on the disk when flush() returns
  void flush() { file_.flush(); }

 private:
  std::unordered_map<std::string, HeardVoice> known_;
  base::AppendFile file_;
};

}  // namespace vits::data
