// What this machine has: memory, processors, a terminal. The only place that asks the operating system for such things.
#pragma once
#include <cstdint>
#include <cstdio>

namespace vits::base {

struct Memory {
  uint64_t total_bytes = 0;
  uint64_t available_bytes = 0;  // without pushing others out
};
Memory memory();
uint64_t resident_bytes();              // that this process holds now
int processors();                     // that this process may use
bool is_terminal(std::FILE* stream);  // stdin, stdout or stderr
int terminal_columns();               // 80 when unknown

}  // namespace vits::base
