// The hub of tests/hub/server.py, and a voice to put there.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "support/support.h"
#include "vits/base/files.h"
#include "vits/base/process.h"
#include "vits/hub/hub.h"

namespace vits::hub {

using Json = nlohmann::json;

inline const std::string kName = "facebook/mms-tts-kmr-script_latin";

inline std::string python() {
  const char* given = std::getenv("VITS_PYTHON");
  return given && *given ? given : (support::source_folder() / ".env/python/bin/python").string();
}

class LocalHub {
 public:
  explicit LocalHub(const std::vector<std::string>& more_arguments = {}) : server_(arguments(more_arguments)) {
    ::setenv("no_proxy", "127.0.0.1", 1);  // whatever the machine's own network needs
    std::istringstream(server_.read_line()) >> port_ >> store_port_;
  }

  // As if newly started: no repositories, no faults, no requests yet, an empty cache.
  void forget_all() {
    command({{"clear", true}});
    for (const char* name : {"repositories", "cache", "requests.jsonl"}) std::filesystem::remove_all(folder() / name);
  }

  // Files of "models/owner/name" or "datasets/owner/name"; what stood there is replaced.
  void put(const std::string& repository, const std::map<std::string, std::string>& files) const {
    const auto root = folder_.path() / "repositories" / repository;
    std::filesystem::remove_all(root);
    for (const auto& [name, bytes] : files) base::write_file(root / name, bytes);
  }

  void fault(const Json& fault) { command(fault); }
  void clear_faults() { command({{"clear", true}}); }

  // Its endpoint, an empty cache beside it, no token, and waits of milliseconds instead of seconds.
  Settings settings() const {
    Settings settings;
    settings.endpoint = "http://127.0.0.1:" + port_;
    settings.cache_folder = folder_.path() / "cache";
    settings.patience.first_wait_ms = 2;
    return settings;
  }

  std::filesystem::path folder() const { return folder_.path(); }
  std::string store() const { return "http://127.0.0.1:" + store_port_; }

  // Requests so far whose "SERVER METHOD PATH" contains the text, for example "store GET".
  std::vector<Json> requests(const std::string& containing = "") const {
    std::vector<Json> found;
    std::ifstream file(log());
    for (std::string line; std::getline(file, line);) {
      const auto request = Json::parse(line);
      const auto text = request["server"].get<std::string>() + " " + request["method"].get<std::string>() + " "
                        + request["path"].get<std::string>();
      if (text.find(containing) != std::string::npos) found.push_back(request);
    }
    return found;
  }

 private:
  std::vector<std::string> arguments(const std::vector<std::string>& more) const {
    std::vector<std::string> words{python(), (support::source_folder() / "tests/hub/server.py").string(),
                                   "--root", (folder_.path() / "repositories").string(),
                                   "--log",  log().string()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  std::filesystem::path log() const { return folder_.path() / "requests.jsonl"; }

  void command(const Json& json) {
    server_.write(json.dump() + "\n");
    server_.read_line();
  }

  base::TemporaryFolder folder_;
  base::Conversation server_;
  std::string port_, store_port_;
};

inline std::string noise(size_t bytes, unsigned int seed) {
  std::mt19937 random(seed);
  std::string text(bytes, '\0');
  for (char& byte : text) byte = static_cast<char>(random());
  return text;
}

constexpr size_t kWeightBytes = 300'000;

// One server for all tests of the program, since each start costs half a second. It ends with the program.
inline LocalHub& fresh_hub() {
  static LocalHub hub;
  hub.forget_all();
  return hub;
}

// The files of a voice; the weights are noise, since the hub does not look into them.
inline std::map<std::string, std::string> voice_files(size_t weight_bytes = kWeightBytes, unsigned int seed = 1) {
  return {{"config.json", R"({"model_type": "vits"})"},
          {"vocab.json", R"({"a": 0, "b": 1})"},
          {"tokenizer_config.json", R"({"add_blank": true})"},
          {"special_tokens_map.json", "{}"},
          {"README.md", "not needed to speak"},
          {"model.safetensors", noise(weight_bytes, seed)}};
}

// Collects what is told.
struct Told {
  std::string notices;
  std::map<std::string, std::vector<int64_t>> progress;  // bytes done, by file

  Listeners listeners() {
    return {[this](const std::string& file, int64_t done, int64_t) { progress[file].push_back(done); },
            [this](const std::string& sentence) { notices += sentence + "\n"; }};
  }
};

// The text of the exception that `work` throws; empty when it throws none.
template <class Work>
std::string error_of(const Work& work) {
  try {
    work();
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

}  // namespace vits::hub
