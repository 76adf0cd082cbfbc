// huggingface_hub (the Python package) finds what we downloaded, and we find what it did.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hashing.h"
#include "local_hub.h"

namespace vits::hub {
namespace {

namespace fs = std::filesystem;

Json huggingface_hub(const std::string& task, const Settings& settings, const std::string& name = kName,
                     const std::string& kind = "model") {
  return Json::parse(
      support::run_python("tests/hub/interop.py", {task, "--endpoint", settings.endpoint, "--cache",
                                                   settings.cache_folder.string(), "--name", name, "--kind", kind}));
}

TEST(HuggingFaceHub, FindsWhatWeDownloaded) {
  LocalHub& hub = fresh_hub();
  hub.put("models/" + kName, voice_files());
  const fs::path folder = fetch_model(kName, hub.settings());
  const size_t stored = hub.requests("store GET").size();
  const Json found = huggingface_hub("find", hub.settings());
  EXPECT_EQ(found["snapshot"], folder.string());
  EXPECT_EQ(found["one"], (folder / "config.json").string());
  EXPECT_EQ(found["online"], found["one"]);
  EXPECT_EQ(found["knows_absent"], true);
  EXPECT_EQ(found["files"]["model.safetensors"], sha256(folder / "model.safetensors"));
  EXPECT_EQ(found["warnings"], Json::array()) << "nothing in our cache is unknown to it";
  ASSERT_EQ(found["repositories"].size(), 1u);
  EXPECT_EQ(found["repositories"][0]["name"], kName);
  EXPECT_EQ(found["repositories"][0]["refs"], Json::array({"main"}));
  EXPECT_EQ(hub.requests("store GET").size(), stored);
}

TEST(HuggingFaceHub, CompletesWhatWeDownloaded) {
  LocalHub& hub = fresh_hub();
  hub.put("models/" + kName, voice_files());
  const fs::path folder = fetch_model(kName, hub.settings());
  const size_t stored = hub.requests("store GET").size();
  const Json whole = huggingface_hub("download", hub.settings());
  EXPECT_EQ(whole["snapshot"], folder.string());
  EXPECT_TRUE(whole["files"].contains("README.md"));
  EXPECT_EQ(hub.requests("store GET").size(), stored) << "the weights were there";
}

TEST(HuggingFaceHub, DownloadsWhatWeFindWithoutTheNetwork) {
  LocalHub& hub = fresh_hub();
  hub.put("models/" + kName, voice_files());
  const Json whole = huggingface_hub("download", hub.settings());
  const size_t requests = hub.requests().size();
  const fs::path folder = fetch_model(kName, hub.settings());
  EXPECT_EQ(folder, whole["snapshot"].get<std::string>());
  EXPECT_EQ(hub.requests().size(), requests) << "its listing of the repository tells that nothing is missing";
  EXPECT_EQ(fetch_files({Kind::model, kName, "main"}, {"*"}, hub.settings()).files.size(), voice_files().size());
  EXPECT_EQ(hub.requests().size(), requests);
}

TEST(HuggingFaceHub, BeginsWhatWeComplete) {
  LocalHub& hub = fresh_hub();
  hub.put("models/" + kName, voice_files());
  const fs::path config = huggingface_hub("partial", hub.settings())["file"].get<std::string>();
  const fs::path folder = fetch_model(kName, hub.settings());
  EXPECT_EQ(folder, config.parent_path());
  EXPECT_EQ(base::read_file(folder / "model.safetensors"), voice_files()["model.safetensors"]);
  EXPECT_EQ(hub.requests("resolve-cache/models/" + kName + "/" + folder.filename().string() + "/config.json").size(),
            2u)
      << "a HEAD and a GET, both of huggingface_hub";
}

TEST(HuggingFaceHub, FindsOurDataSets) {
  LocalHub& hub = fresh_hub();
  const std::map<std::string, std::string> files{
      {"config.json", "{}"}, {"data/a.json", "{}"}, {"data/0.wav", noise(5000, 5)}, {"README.md", "x"}};
  hub.put("datasets/me/speech", files);
  const auto ours = fetch_files({Kind::dataset, "me/speech", "main"}, {"*.json"}, hub.settings());
  const Json found = huggingface_hub("find", hub.settings(), "me/speech", "dataset");
  EXPECT_EQ(found["snapshot"], ours.folder.string());
  EXPECT_EQ(found["files"].size(), 2u);
  EXPECT_EQ(found["repositories"][0]["kind"], "dataset");
  EXPECT_EQ(found["warnings"], Json::array());
}

}  // namespace
}  // namespace vits::hub
