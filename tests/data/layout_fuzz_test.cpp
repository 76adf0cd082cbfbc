// Manifests may come from anybody: whatever is in them, the end is clips, rejected rows or an Error.
#include <fstream>
#include <random>

#include "layout_cases.h"

namespace vits::data {
namespace {

// A few bytes changed, taken out or put in, most of them ones that mean something to a reader.
std::string damaged(std::string bytes, std::mt19937& random) {
  static constexpr char kSigns[] = "\n\r\t|,;\"\\{}[]:/.\xEF\xBB\xBF\xFF\xFE\xC3 09-";
  const std::string_view signs(kSigns, sizeof kSigns);  // the NUL at the end is one of them
  const auto number = [&](size_t below) { return std::uniform_int_distribution<size_t>(0, below - 1)(random); };
  for (size_t changes = 1 + number(4); changes > 0 && !bytes.empty(); --changes) {
    const size_t place = number(bytes.size());
    const char sign = signs[number(signs.size())];
    switch (number(5)) {
      case 0:
        bytes.erase(place, 1 + number(20));
        break;
      case 1:
        bytes.insert(place, 1, sign);
        break;
      case 2:
        bytes.resize(place);
        break;
      case 3:
        bytes.insert(place, bytes.substr(number(bytes.size()), 1 + number(60)));
        break;
      default:
        bytes[place] = sign;
    }
  }
  return bytes;
}

TEST(LayoutFuzz, NothingInAManifestEndsTheProgram) {
  const base::TemporaryFolder folder;
  std::mt19937 random(4);
  int listed = 0, errors = 0;
  for (const char* name :
       {"ljspeech/metadata.csv", "bare/three.txt", "headed/comma.csv", "headed/utf16.csv", "headed/segments.csv",
        "json/nemo.json", "json/nested.jsonl", "json/array.json", "cv-corpus/ku/validated.tsv", "saved/state.json",
        "saved_splits/dataset_dict.json", "saved/dataset_info.json"}) {
    const std::filesystem::path original = layouts_folder() / name;
    const std::filesystem::path copy = folder.path() / original.parent_path().filename();
    std::filesystem::copy(original.parent_path(), copy,
                          std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
    const std::string bytes = base::read_file(original);
    const bool is_of_datasets = std::string_view(name).starts_with("saved");
    for (int i = 0; i < 60; ++i) {
      SCOPED_TRACE(std::string(name) + " " + std::to_string(i));
      std::ofstream(copy / original.filename(), std::ios::binary) << damaged(bytes, random);
      try {
        const Listing found = list_source(is_of_datasets ? copy : copy / original.filename(), {});
        for (const Clip& clip : found.clips) EXPECT_FALSE(clip.text.empty() || clip.audio.file.empty());
        ++listed;
      } catch (const Error& error) {
        EXPECT_GT(std::string_view(error.what()).size(), 20u);
        ++errors;
      }
    }
  }
  EXPECT_GT(listed, 300);
  EXPECT_GT(errors, 30);
}

}  // namespace
}  // namespace vits::data
