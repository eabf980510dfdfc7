#include "emulator/lines.hpp"

#include <dlfcn.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace boxwarp::emulator {
namespace {

std::vector<std::string> printed_by(const std::string& command) {
  std::vector<std::string> lines;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return lines;
  std::array<char, 1024> line{};
  while (std::fgets(line.data(), static_cast<int>(line.size()), pipe) != nullptr) {
    std::string text = line.data();
    while (!text.empty() && text.back() == '\n') text.pop_back();
    lines.push_back(text);
  }
  pclose(pipe);
  return lines;
}

}  // namespace

std::string line_of(const void* counter) {
  char address[32];
  std::snprintf(address, sizeof address, "%p", counter);
  const std::string unknown = std::string("address ") + address;
  Dl_info info{};
  if (dladdr(counter, &info) == 0 || info.dli_fname == nullptr) return unknown;
  // The call ends where it returns to, so one byte back lies inside it. Executables are position-independent here.
  const std::uintptr_t offset =
      reinterpret_cast<std::uintptr_t>(counter) - reinterpret_cast<std::uintptr_t>(info.dli_fbase) - 1;
  char hex[32];
  std::snprintf(hex, sizeof hex, "0x%zx", static_cast<std::size_t>(offset));
  std::string text;
  for (std::string line : printed_by("addr2line -i -e '" + std::string(info.dli_fname) + "' " + hex + " 2>/dev/null")) {
    if (line.find("??") != std::string::npos) continue;
    line = line.substr(0, line.find(" (discriminator"));
    text += (text.empty() ? "" : " in ") + line;
  }
  return text.empty() ? unknown : text;
}

}  // namespace boxwarp::emulator
