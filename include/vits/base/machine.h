// What this machine has: memory, processors, a terminal. The only place that asks the operating system for such things.
#pragma once
#include <cstdint>
#include <string>

namespace vits::base {

struct Memory {
  uint64_t total_bytes = 0;
  uint64_t available_bytes = 0;  // without pushing others out
};
Memory memory();
uint64_t peak_memory_bytes();  // of this process
int processors();              // that this process may use
bool is_terminal(int descriptor);
int terminal_columns();  // 80 when unknown
std::string program_path();

}  // namespace vits::base
