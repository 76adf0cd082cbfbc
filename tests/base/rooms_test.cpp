// Who may include whom is the table in README.md, section "The rooms". Held here against every #include and against the
// rooms that CMakeLists.txt links.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "support/support.h"
#include "vits/base/files.h"

namespace {

namespace fs = std::filesystem;
using Rooms = std::set<std::string>;

Rooms words_of(const std::string& text) {
  Rooms words;
  std::string word;
  for (const char letter : text + " ") {
    if (std::isalpha(static_cast<unsigned char>(letter))) {
      word += letter;
    } else if (!word.empty()) {
      words.insert(word);
      word.clear();
    }
  }
  return words;
}

// Room by room in the table's order: "| `data` | what it holds | base, formats |".
std::vector<std::pair<std::string, Rooms>> table() {
  std::vector<std::pair<std::string, Rooms>> rows;
  std::istringstream lines(vits::base::read_file(vits::support::source_folder() / "README.md"));
  const std::regex row(R"(^\| `([a-z]+)` \| .* \| ([a-z, –]*) \|$)");
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("##", 0) == 0) inside = line == "## The rooms";
    std::smatch match;
    if (!inside || !std::regex_match(line, match, row)) continue;
    Rooms allowed = words_of(match[2]);
    if (allowed == Rooms{"all", "above"}) {
      allowed.clear();
      for (const auto& [name, ignored] : rows) allowed.insert(name);
    }
    rows.emplace_back(match[1], allowed);
  }
  return rows;
}

TEST(Rooms, IncludeOnlyTheRoomsOfTheirRow) {
  const auto rows = table();
  ASSERT_GE(rows.size(), 10u);
  std::map<std::string, Rooms> allowed(rows.begin(), rows.end());
  const std::regex include(R"re(^\s*#include\s+"vits/([a-z_]+)/)re");
  int seen = 0;
  for (const char* top : {"src", "include/vits"}) {
    for (const auto& entry : fs::recursive_directory_iterator(vits::support::source_folder() / top)) {
      if (!entry.is_regular_file()) continue;
      const auto relative = fs::relative(entry.path(), vits::support::source_folder() / top);
      if (std::distance(relative.begin(), relative.end()) < 2) continue;  // main.cpp belongs to no room
      const std::string room = relative.begin()->string();
      const auto extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp" && extension != ".cu") continue;
      if (room == "cmake") continue;
      ASSERT_TRUE(allowed.count(room)) << entry.path() << " stands in a room that README.md does not list";
      std::istringstream lines(vits::base::read_file(entry.path()));
      for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (!std::regex_search(line, match, include)) continue;
        ++seen;
        const std::string other = match[1];
        EXPECT_TRUE(other == room || allowed[room].count(other)) << entry.path() << ": " << line;
      }
    }
  }
  EXPECT_GT(seen, 100);
}

TEST(Rooms, AreLinkedAsTheTableSays) {
  const auto rows = table();
  std::map<std::string, Rooms> allowed(rows.begin(), rows.end());
  const std::string text = vits::base::read_file(vits::support::source_folder() / "CMakeLists.txt");
  const std::regex call(R"(\nroom\(([a-z]+)([^)]*)\))");
  int seen = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), call), end; at != end; ++at, ++seen) {
    const std::string words = (*at)[2];
    std::smatch linked;
    std::regex_search(words, linked, std::regex(R"(ROOMS ([a-z ]*))"));
    EXPECT_EQ(words_of(linked[1]), allowed[(*at)[1]]) << "room " << (*at)[1];
  }
  EXPECT_EQ(seen, static_cast<int>(rows.size()));
}

TEST(Rooms, StandBelowTheRoomsTheyInclude) {
  Rooms above;
  for (const auto& [room, allowed] : table()) {
    for (const auto& other : allowed) EXPECT_TRUE(above.count(other)) << room << " includes " << other;
    above.insert(room);
  }
}

// Everything else about the operating system stands behind a door of `base`.
TEST(Rooms, LeaveTheOperatingSystemToBase) {
  const std::regex include(
      R"(\n#include <(unistd|fcntl|poll|signal|spawn|sched|pthread|dlfcn|termios|dirent|sys/[a-z]+)\.h>)");
  const std::regex question(R"(getenv\(|"/proc/[a-z/]*|"/sys/[a-z/]*)");
  for (const char* top : {"src", "include/vits"}) {
    for (const auto& entry : fs::recursive_directory_iterator(vits::support::source_folder() / top)) {
      if (!entry.is_regular_file() || entry.path().parent_path().filename() == "base") continue;
      const std::string text = "\n" + vits::base::read_file(entry.path());
      std::smatch match;
      EXPECT_FALSE(std::regex_search(text, match, include)) << entry.path() << " includes " << match[1] << ".h";
      EXPECT_FALSE(std::regex_search(text, match, question)) << entry.path() << " has " << match[0];
    }
  }
}

TEST(Checkout, HasNothingElseAtTheTop) {
  const std::set<std::string> known{"CMakeLists.txt", "src",     "include",   "tests",
                                    "configs",        "scripts", "README.md", "LICENSE"};
  for (const auto& entry : fs::directory_iterator(vits::support::source_folder())) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(name.front() == '.' || known.count(name)) << name;
  }
}

}  // namespace
