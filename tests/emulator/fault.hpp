// What the emulator throws, and the places in kernel text that it names.
#pragma once

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace boxwarp::emulator {

// A line of kernel text. As a default argument, here() is the line of the caller.
// (std::source_location would say the same, but clang++ 14 cannot compile it.)
struct Site {
  const char* file = "";
  unsigned line = 0;

  static constexpr Site here(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) { return {file, line}; }
  std::string text() const { return std::string(file) + ":" + std::to_string(line); }
  friend bool operator==(const Site& a, const Site& b) { return a.line == b.line && std::strcmp(a.file, b.file) == 0; }
};

// A kernel broke a rule of CUDA. The launch that throws it has been given up: its threads never run again, and the content
// of its buffers is what they had written until then.
struct Fault : std::runtime_error {
  // threads: of that block, ascending unless the message says otherwise; lines: "file:line" of what they did, as far as
  // known.
  Fault(std::string kernel, unsigned block, std::vector<unsigned> threads, std::vector<std::string> lines,
        const std::string& what);

  std::string kernel;
  unsigned block;
  std::vector<unsigned> threads;
  std::vector<std::string> lines;
};

// "3", "0 to 15, 17": ascending numbers as a person would list them.
std::string listed(const std::vector<unsigned>& numbers);

}  // namespace boxwarp::emulator
