// Fetching from a hub that works, and from the cache alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "local_hub.h"
#include "vits/base/error.h"

namespace vits::hub {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kCacheName = "models--facebook--mms-tts-kmr-script_latin";

TEST(FetchModel, PutsAVoiceIntoTheLayoutOfHuggingFace) {
  LocalHub& hub = fresh_hub();
  hub.put("models/" + kName, voice_files());
  const auto settings = hub.settings();
  Told told;
  const fs::path folder = fetch_model(kName, settings, told.listeners());

  const fs::path root = settings.cache_folder / kCacheName;
  const std::string commit = base::read_file(root / "refs/main");
  EXPECT_EQ(folder, root / "snapshots" / commit);
  for (const auto& [name, bytes] : voice_files())
    if (name != "README.md") {
      ASSERT_TRUE(fs::is_symlink(folder / name)) << name;
      EXPECT_EQ(fs::read_symlink(folder / name).parent_path(), "../../blobs");
      EXPECT_EQ(base::read_file(folder / name), bytes) << name;
    }
  EXPECT_FALSE(fs::exists(folder / "README.md"));
  EXPECT_TRUE(fs::exists(root / ".no_exist" / commit / "speakers.json"));
  EXPECT_TRUE(fs::exists(settings.cache_folder / "CACHEDIR.TAG"));
  EXPECT_EQ(told.progress["model.safetensors"].back(), static_cast<int64_t>(kWeightBytes));
  EXPECT_EQ(told.notices, "");
  for (const auto& entry : fs::directory_iterator(root / "blobs"))
    EXPECT_NE(entry.path().extension(), ".incomplete") << entry.path();
}

TEST(FetchModel, UsesACompleteCacheWithoutTheNetwork) {
  LocalHub& hub = fresh_hub();
  hub.put("models/" + kName, voice_files());
  const fs::path folder = fetch_model(kName, hub.settings());
  const size_t requests = hub.requests().size();
  EXPECT_EQ(fetch_model(kName, hub.settings()), folder);
  EXPECT_EQ(hub.requests().size(), requests);
}

TEST(FetchModel, RefreshesToANewerRevisionOnRequestOnly) {
  LocalHub& hub = fresh_hub();
  hub.put("models/" + kName, voice_files());
  auto settings = hub.settings();
  const fs::path first = fetch_model(kName, settings);
  auto files = voice_files();
  files["config.json"] = R"({"model_type": "vits", "newer": true})";
  hub.put("models/" + kName, files);
  EXPECT_EQ(fetch_model(kName, settings), first);

  settings.refresh = true;
  const size_t stored = hub.requests("store GET").size();
  const fs::path second = fetch_model(kName, settings);
  EXPECT_NE(second, first);
  EXPECT_EQ(base::read_file(second / "config.json"), files["config.json"]);
  EXPECT_EQ(hub.requests("store GET").size(), stored) << "the weights have not changed, their blob is used again";
  EXPECT_EQ(fetch_model(kName + "@" + first.filename().string(), hub.settings()), first)
      << "a commit is a revision too";
}

TEST(FetchModel, FetchesWhatAnotherProgramLeftOut) {
  LocalHub& hub = fresh_hub();
  hub.put("models/" + kName, voice_files());
  const fs::path folder = fetch_model(kName, hub.settings());
  fs::remove(folder / "vocab.json");
  fs::remove(folder / "tokenizer_config.json");
  const size_t stored = hub.requests("store GET").size();
  EXPECT_EQ(fetch_model(kName, hub.settings()), folder);
  EXPECT_TRUE(fs::exists(folder / "vocab.json"));
  EXPECT_EQ(hub.requests("store GET").size(), stored);
}

TEST(FetchModel, TakesShardsWithTheirIndex) {
  LocalHub& hub = fresh_hub();
  auto files = voice_files();
  files.erase("model.safetensors");
  files["model.safetensors.index.json"] =
      R"({"weight_map": {"a": "model-1.safetensors", "b": "parts/model-2.safetensors"}})";
  files["model-1.safetensors"] = noise(1000, 1);
  files["parts/model-2.safetensors"] = noise(1000, 2);
  files["model-3.safetensors"] = noise(1000, 3);
  hub.put("models/a/sharded", files);
  const fs::path folder = fetch_model("a/sharded", hub.settings());
  EXPECT_EQ(base::read_file(folder / "parts/model-2.safetensors"), files["parts/model-2.safetensors"]);
  EXPECT_FALSE(fs::exists(folder / "model-3.safetensors")) << "no tensor is in it";

  auto offline = hub.settings();
  offline.offline = true;
  EXPECT_EQ(fetch_model("a/sharded", offline), folder);
  fs::remove(folder / "model-1.safetensors");
  EXPECT_THAT(error_of([&] { fetch_model("a/sharded", offline); }), HasSubstr("no model-1.safetensors"));
}

TEST(FetchModel, TakesThePickleOnlyWithoutSafetensors) {
  LocalHub& hub = fresh_hub();
  auto files = voice_files();
  files["pytorch_model.bin"] = noise(1000, 4);
  hub.put("models/a/both", files);
  EXPECT_FALSE(fs::exists(fetch_model("a/both", hub.settings()) / "pytorch_model.bin"));
  files.erase("model.safetensors");
  hub.put("models/a/pickle", files);
  EXPECT_TRUE(fs::exists(fetch_model("a/pickle", hub.settings()) / "pytorch_model.bin"));
}

TEST(FetchModel, SaysWhatIsMissingInARepositoryThatIsNoVoice) {
  LocalHub& hub = fresh_hub();
  hub.put("models/a/other", {{"README.md", "x"}, {"weights.onnx", "y"}});
  EXPECT_THAT(error_of([&] { fetch_model("a/other", hub.settings()); }),
              AllOf(HasSubstr("a/other"), HasSubstr("model.safetensors"), HasSubstr("README.md, weights.onnx")));
}

TEST(FetchModel, AsksForEachFileWhenAListingHasNamesOnly) {
  LocalHub& hub = fresh_hub();
  hub.put("models/" + kName, voice_files());
  hub.fault({{"fault", "names_only"}, {"path", "/revision/"}, {"times", -1}});
  auto settings = hub.settings();
  settings.token = "hf_secret";
  const fs::path folder = fetch_model(kName, settings);
  EXPECT_EQ(base::read_file(folder / "model.safetensors"), voice_files()["model.safetensors"]);
  EXPECT_EQ(base::read_file(folder / "vocab.json"), voice_files()["vocab.json"]);
  EXPECT_GE(hub.requests("hub HEAD").size(), 5u);
  EXPECT_EQ(hub.requests("store HEAD").size(), 0u) << "what a file is, the hub itself says";
}

TEST(FetchModel, WithoutLinksKeepsTheFilesThemselves) {
  LocalHub& hub = fresh_hub();
  hub.put("models/" + kName, voice_files());
  auto settings = hub.settings();
  settings.links = false;
  const fs::path folder = fetch_model(kName, settings);
  EXPECT_FALSE(fs::is_symlink(folder / "model.safetensors"));
  EXPECT_EQ(base::read_file(folder / "model.safetensors"), voice_files()["model.safetensors"]);
  const size_t requests = hub.requests().size();
  EXPECT_EQ(fetch_model(kName, settings), folder);
  EXPECT_EQ(hub.requests().size(), requests);
}

TEST(Offline, UsesWhatIsEnoughToSpeak) {
  LocalHub& hub = fresh_hub();
  hub.put("models/" + kName, voice_files());
  const fs::path folder = fetch_model(kName, hub.settings());
  fs::remove_all(folder.parent_path().parent_path() / ".no_exist");  // as after a download by another program
  auto settings = hub.settings();
  settings.offline = true;
  settings.refresh = true;
  const size_t requests = hub.requests().size();
  EXPECT_EQ(fetch_model(kName, settings), folder);
  EXPECT_EQ(hub.requests().size(), requests);
}

TEST(Offline, SaysInOneLineWhatToDo) {
  LocalHub& hub = fresh_hub();
  hub.put("models/" + kName, voice_files());
  auto settings = hub.settings();
  settings.offline = true;
  const std::string error = error_of([&] { fetch_model(kName, settings); });
  EXPECT_THAT(error, AllOf(HasSubstr(kName), HasSubstr("HF_HUB_OFFLINE"), HasSubstr(settings.cache_folder.string()),
                           HasSubstr("another machine"), HasSubstr(kCacheName), Not(HasSubstr("\n"))));
  EXPECT_EQ(hub.requests().size(), 0u);
}

TEST(Offline, ALinkThatLeadsNowhereIsNoFile) {
  LocalHub& hub = fresh_hub();
  hub.put("models/" + kName, voice_files());
  const fs::path folder = fetch_model(kName, hub.settings());
  fs::remove(folder / fs::read_symlink(folder / "model.safetensors"));
  auto settings = hub.settings();
  settings.offline = true;
  EXPECT_THAT(error_of([&] { fetch_model(kName, settings); }), HasSubstr("no model.safetensors"));
  EXPECT_EQ(fetch_model(kName, hub.settings()), folder);
  EXPECT_EQ(base::read_file(folder / "model.safetensors"), voice_files()["model.safetensors"]);
}

TEST(FetchFiles, TakesTheMatchingFilesOfADataSet) {
  LocalHub& hub = fresh_hub();
  hub.put("datasets/me/speech", {{"data/train/0.wav", noise(5000, 5)},
                                 {"data/train/metadata.csv", "file,text\n"},
                                 {"data/test/1 \xc3\xa9.wav", noise(5000, 6)},
                                 {"README.md", "x"}});
  const Repository repository{Kind::dataset, "me/speech", "main"};
  const auto snapshot = fetch_files(repository, {"*.wav", "data/train/*"}, hub.settings());
  EXPECT_THAT(snapshot.files, ElementsAre("data/test/1 \xc3\xa9.wav", "data/train/0.wav", "data/train/metadata.csv"));
  EXPECT_EQ(base::read_file(snapshot.folder / snapshot.files[0]), noise(5000, 6));
  EXPECT_TRUE(fs::is_directory(hub.settings().cache_folder / "datasets--me--speech/snapshots"));

  const size_t requests = hub.requests().size();
  EXPECT_EQ(fetch_files(repository, {"*.wav"}, hub.settings()).files.size(), 2u);
  EXPECT_EQ(hub.requests().size(), requests) << "the listing is in the cache";
  auto offline = hub.settings();
  offline.offline = true;
  EXPECT_THAT(error_of([&] { fetch_files(repository, {"README.md"}, offline); }), HasSubstr("HF_HUB_OFFLINE"));
  EXPECT_EQ(fetch_files(repository, {"*.md"}, hub.settings()).files, std::vector<std::string>{"README.md"});
}

TEST(FetchFiles, SaysThatNothingMatches) {
  LocalHub& hub = fresh_hub();
  hub.put("datasets/me/speech", {{"README.md", "x"}});
  EXPECT_THAT(error_of([&] {
                fetch_files({Kind::dataset, "me/speech", "main"}, {"*.wav", "*.flac"}, hub.settings());
              }),
              HasSubstr("*.wav or *.flac"));
}

}  // namespace
}  // namespace vits::hub
