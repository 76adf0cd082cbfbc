#include <algorithm>
#include <fstream>
#include <optional>
#include <string>

#include "vits/base/machine.h"

namespace vits::base {

namespace {

namespace fs = std::filesystem;

// How the two versions of Linux's control groups call the same things.
struct GroupFiles {
  const char *limit, *used, *cached_idle, *cached_busy;
};
constexpr GroupFiles kFirst{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file",
                            "total_active_file"};
constexpr GroupFiles kSecond{"memory.max", "memory.current", "inactive_file", "active_file"};

std::optional<uint64_t> number_in(const fs::path& file) {
  std::ifstream stream(file);
  uint64_t number = 0;
  if (stream >> number) return number;
  return std::nullopt;  // no such file, or "max"
}

// Memory that holds parts of files is counted as used, but given up as soon as it is wanted.
uint64_t cached_bytes(const fs::path& stat_file, const GroupFiles& names) {
  std::ifstream stream(stat_file);
  uint64_t cached = 0, number = 0;
  for (std::string name; stream >> name >> number;)
    if (name == names.cached_idle || name == names.cached_busy) cached += number;
  return cached;
}

void apply(Memory& memory, const fs::path& group, const GroupFiles& names) {
  const auto limit = number_in(group / names.limit), used = number_in(group / names.used);
  if (!limit || !used || *limit >= memory.total_bytes) return;
  const uint64_t cached = cached_bytes(group / "memory.stat", names), held = *used - std::min(*used, cached);
  memory.total_bytes = *limit;
  memory.available_bytes = std::min(memory.available_bytes, *limit - std::min(*limit, held));
}

// A group's limit holds for all below it. Inside a container its own group stands at the top, and the path that the
// kernel names may not exist there.
void apply_upwards(Memory& memory, const fs::path& top, const std::string& path, const GroupFiles& names) {
  for (fs::path inside = fs::path(path).relative_path(); !inside.empty(); inside = inside.parent_path())
    apply(memory, top / inside, names);
  apply(memory, top, names);
}

}  // namespace

Memory memory(const fs::path& root) {
  Memory memory;
  std::ifstream file(root / "proc/meminfo");
  std::string name, unit;
  uint64_t kibibytes = 0;
  while (file >> name >> kibibytes) {
    std::getline(file, unit);
    if (name == "MemTotal:") memory.total_bytes = kibibytes << 10;
    if (name == "MemAvailable:") memory.available_bytes = kibibytes << 10;
  }
  // Lines of "number:controllers:path"; the second version names no controllers.
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",",
                      path = line.substr(second + 1);
    if (controllers == ",,") apply_upwards(memory, root / "sys/fs/cgroup", path, kSecond);
    if (controllers.find(",memory,") != std::string::npos)
      apply_upwards(memory, root / "sys/fs/cgroup/memory", path, kFirst);
  }
  return memory;
}

}  // namespace vits::base
