// Standard error as a file, or as a terminal of a given width, for the time of a test.
#pragma once
#include <fcntl.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "vits/base/files.h"

namespace vits::report {

class StandardErrorTo {
 public:
  explicit StandardErrorTo(int descriptor) : kept_(::dup(2)) {
    std::fflush(stderr);
    ::dup2(descriptor, 2);
    ::close(descriptor);
  }
  ~StandardErrorTo() {
    std::fflush(stderr);
    ::dup2(kept_, 2);
    ::close(kept_);
  }
  StandardErrorTo(const StandardErrorTo&) = delete;
  StandardErrorTo& operator=(const StandardErrorTo&) = delete;

 private:
  int kept_ = -1;
};

// What `work` prints to a standard error that is no terminal.
template <class Work>
std::string printed_by(Work&& work) {
  const base::TemporaryFolder folder;
  const auto path = folder.path() / "printed";
  {
    const StandardErrorTo file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    work();
  }
  return base::read_file(path);
}

// The screen after those bytes, as far as we use a terminal: too long a line is broken, as terminals do.
inline std::vector<std::string> screen_after(const std::string& bytes, size_t columns) {
  std::vector<std::string> lines(1);
  size_t column = 0;
  for (size_t place = 0; place < bytes.size(); ++place) {
    if (bytes[place] == '\r') {
      column = 0;
    } else if (bytes[place] == '\n') {
      lines.emplace_back();
      column = 0;
    } else if (bytes.compare(place, 3, "\033[K") == 0) {
      lines.back().resize(std::min(column, lines.back().size()));
      place += 2;
    } else {
      if (column == columns) {
        lines.emplace_back();
        column = 0;
      }
      if (lines.back().size() <= column) lines.back().resize(column + 1, ' ');
      lines.back()[column++] = bytes[place];
    }
  }
  return lines;
}

// What a terminal of that width gets from `work`.
template <class Work>
std::string sent_by(size_t columns, Work&& work) {
  int master = -1, terminal = -1;
  winsize size{};
  size.ws_col = static_cast<unsigned short>(columns);
  size.ws_row = 50;
  if (::openpty(&master, &terminal, nullptr, nullptr, &size) != 0) throw std::runtime_error("no terminal to be had");
  std::string received;
  std::thread reader([&] {
    char block[4096];
    for (ssize_t count; (count = ::read(master, block, sizeof block)) > 0;)
      received.append(block, static_cast<size_t>(count));
  });
  {
    const StandardErrorTo screen(terminal);
    work();
  }
  reader.join();  // reading fails when the last descriptor of the terminal is closed
  ::close(master);
  return received;
}

// What a person sees on a terminal of that width after `work`.
template <class Work>
std::vector<std::string> seen_after(size_t columns, Work&& work) {
  return screen_after(sent_by(columns, work), columns);
}

// The same just before the line at the bottom was erased, which must have been the last act of `work`.
template <class Work>
std::vector<std::string> seen_before_the_end(size_t columns, Work&& work) {
  const std::string sent = sent_by(columns, work), erased = "\r\033[K";
  if (!sent.ends_with(erased)) throw std::runtime_error("the line was not erased at the end: " + sent);
  return screen_after(sent.substr(0, sent.size() - erased.size()), columns);
}

}  // namespace vits::report
