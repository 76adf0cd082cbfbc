#include "support/support.h"

#include <cstdlib>
#include <functional>
#include <set>

#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/base/lock_file.h"
#include "vits/base/process.h"

namespace vits::support {

namespace fs = std::filesystem;

namespace {

std::string setting(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

// Build folder names: the checkout is where CMakeLists.txt stands, above this program.
fs::path above_with(const fs::path& start, const char* mark) {
  for (fs::path folder = start; folder != folder.parent_path(); folder = folder.parent_path())
    if (fs::exists(folder / mark)) return folder;
  throw Error("no {} above {}", mark, start.string());
}

fs::path self() { return fs::read_symlink("/proc/self/exe").parent_path(); }

}  // namespace

fs::path source_folder() {
  const std::string given = setting("VITS_SOURCE", "");
  return given.empty() ? above_with(self(), "CMakeLists.txt") : fs::path(given);
}

namespace {
fs::path build_folder() {
  const std::string given = setting("VITS_BUILD", "");
  return given.empty() ? above_with(self(), "CMakeCache.txt") : fs::path(given);
}
}  // namespace

fs::path program() { return setting("VITS_TRAIN", (build_folder() / "vits-train").string()); }

std::string run_python(const std::string& script, const std::vector<std::string>& arguments) {
  std::vector<std::string> words{setting("VITS_PYTHON", (source_folder() / ".env/python/bin/python").string()),
                                 (source_folder() / script).string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const auto finished = base::run_program(words, {},
                                          {{"PYTHONPATH", (source_folder() / "tests/reference").string()},
                                           {"HF_HUB_OFFLINE", "1"},
                                           {"PYTHONDONTWRITEBYTECODE", "1"}});
  if (finished.exit_code != 0) {
    const auto& text = finished.error_output;
    throw Error("{} exited with {}: {}", script, finished.exit_code,
                text.substr(text.size() - std::min<size_t>(text.size(), 3000)));
  }
  return finished.output;
}

fs::path reference_data(const std::string& name, const std::string& script, const std::vector<std::string>& arguments) {
  std::string key = script;
  for (const auto& argument : arguments) key += '\n' + argument;
  const std::string folder_name = name + '-' + std::to_string(std::hash<std::string>{}(key));
  std::set<fs::path> sources;  // a script may import what stands beside it and the reference
  for (const fs::path& folder : {(source_folder() / script).parent_path(), source_folder() / "tests/reference"})
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".py") sources.insert(entry.path());
  for (const auto& source : sources) key += base::read_file(source);
  const std::string stamp = std::to_string(std::hash<std::string>{}(key));

  const fs::path folder = build_folder() / "reference" / folder_name, mark = folder / ".made_from";
  fs::create_directories(folder.parent_path());
  const base::LockFile lock(folder.string() + ".lock");
  if (!fs::exists(mark) || base::read_file(mark) != stamp) {
    fs::remove_all(folder);
    std::vector<std::string> words{"--out", folder.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    run_python(script, words);
    base::write_file(mark, stamp);
  }
  return folder;
}

}  // namespace vits::support
