// What this machine has: memory, processors, a terminal. The only place that asks the operating system for such things.
#pragma once
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>

namespace vits::base {

struct Memory {
  uint64_t total_bytes = 0;
  uint64_t available_bytes = 0;  // without pushing others out
};
// A container's limit counts. `root` is where proc/ and sys/ stand, for tests.
Memory memory(const std::filesystem::path& root = "/");
uint64_t peak_resident_bytes();  // the most it ever held
uint64_t resident_bytes();       // that this process holds now
std::string host_name();         // "localhost" when it has none
int64_t process_id();
std::filesystem::path program_path();  // of this program; empty when that is not known
double process_seconds();              // since this process was started, to a hundredth; 0 when that is not known
double slept_seconds();                // that the machine was suspended in all, for which steady clocks stand still
// Loaded, whether or not a card of its can be used. Under WSL it is Windows' own.
bool has_nvidia_driver(const std::filesystem::path& root = "/");
int processors();                     // that this process may use
std::string processor_name();         // as its maker calls it; "unknown processor" when that is not known
bool is_terminal(std::FILE* stream);  // stdin, stdout or stderr
int terminal_columns();               // 80 when unknown

}  // namespace vits::base
