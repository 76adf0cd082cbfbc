// The files of a room are compiled several as one (src/cmake/rooms.cmake), where their unnamed namespaces are the same
// namespace. So a name there stands for one thing in the whole room, whichever files happen to meet.
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

// What a line at the left margin declares; nothing when that has no name of its own.
std::vector<std::string> declared_by(std::string line) {
  static const std::regex marks(R"(\[\[.*?\]\]|__attribute__\(\(.*?\)\))");
  static const std::regex nameless(
      R"(^(TEST|TYPED_TEST|INSTANTIATE|template|static_assert|namespace|using [\w:]+;|using namespace|enum :|extern).*)");
  static const std::regex type(R"(^\s*(?:struct|class|union|enum class|enum|using)\s+(\w+))");
  static const std::regex other(R"((?:^|[^:\w])(?!const |noexcept )(\w+)\s*[({=\[;])"),
      constant(R"([ ,](k[A-Z]\w*)\s*[={])");
  if (line.empty() || !(std::isalpha(static_cast<unsigned char>(line[0])) || line[0] == '[' || line[0] == '_'))
    return {};
  line = std::regex_replace(line, marks, "");
  std::smatch found;
  if (std::regex_match(line, nameless)) return {};
  if (std::regex_search(line, found, type)) return {found[1]};
  std::vector<std::string> names;
  if (line.starts_with("constexpr") && !line.ends_with(") {"))
    for (std::sregex_iterator at(line.begin(), line.end(), constant), end; at != end; ++at) names.push_back((*at)[1]);
  if (names.empty() && std::regex_search(line, found, other)) names.push_back(found[1]);
  return names;
}

using Declarations = std::map<std::string, std::string>;  // name, the line that declares it

Declarations unnamed_declarations(const std::string& text) {
  Declarations names;
  std::istringstream lines(text);
  std::string named;  // the closing line of a namespace with a name, inside the unnamed one
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "namespace {") inside = true;
    if (line == "}  // namespace") inside = false;
    if (!inside) continue;
    if (line == named) named.clear();
    if (named.empty() && line.starts_with("namespace ") && line != "namespace {" && line.ends_with(" {"))
      named = "}  // " + line.substr(0, line.size() - 2);
    if (named.empty())
      for (const std::string& name : declared_by(line)) names.emplace(name, line);
  }
  return names;
}

TEST(UnnamedNamespaces, AreReadAsTheCompilerReadsThem) {
  const std::string text =
      "int outside();\n"
      "namespace {\n"
      "constexpr int kMost = 3, kLeast = 2 * kMost;\n"
      "[[noreturn]] void stop(int a,\n"
      "                       int b) {\n"
      "  int local = 1;\n"
      "}\n"
      "template <class T>\n"
      "T* read(const T& from) {\n"
      "struct Row {\n"
      "enum Kind : uint8_t {\n"
      "using Rows = std::vector<Row>;\n"
      "using namespace vits::base;\n"
      "void Row::add(int number) {}\n"
      "namespace naive {\n"
      "int slow() {}\n"
      "}  // namespace naive\n"
      "std::map<std::string, int> g_seen;\n"
      "TEST(Rows, AreRead) {\n"
      "}  // namespace\n"
      "int outside_too();\n";
  std::set<std::string> names;
  for (const auto& [name, line] : unnamed_declarations(text)) names.insert(name);
  EXPECT_EQ(names, (std::set<std::string>{"kMost", "kLeast", "stop", "read", "Row", "Kind", "Rows", "g_seen"}));
}

// Constants of a file, in an unnamed namespace or not: those of a header reach any file that stands beside it.
Declarations constants_of(const std::string& text) {
  Declarations names;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("constexpr") || line.starts_with("inline constexpr"))
      for (const std::string& name : declared_by(line)) names.emplace(name, line);
  return names;
}

TEST(UnnamedNamespaces, GiveANameToOneThingInARoom) {
  int files = 0;
  for (const char* top : {"src", "tests"}) {
    std::map<std::string, std::map<std::string, std::pair<fs::path, std::string>>> rooms;  // room, name, file and line
    for (const auto& entry : fs::recursive_directory_iterator(vits::support::source_folder() / top)) {
      const bool header = entry.path().extension() == ".h";
      if (!header && entry.path().extension() != ".cpp") continue;
      const std::string text = "\n" + vits::base::read_file(entry.path());
      if (!header && text.find("\n#define") != std::string::npos) continue;  // such a file is compiled alone
      ++files;
      Declarations declared = constants_of(text);
      if (!header) declared.merge(unnamed_declarations(text));
      for (const auto& [name, line] : declared) {
        const auto [there, is_new] = rooms[entry.path().parent_path()].emplace(name, std::pair(entry.path(), line));
        const auto& [other, other_line] = there->second;
        const bool same_alias = line == other_line && line.starts_with("using ");
        EXPECT_TRUE(is_new || same_alias) << entry.path() << " and " << other << " both declare \"" << name
                                          << "\" for themselves: give one of them a name that says more";
      }
    }
  }
  EXPECT_GT(files, 300);
}

}  // namespace
