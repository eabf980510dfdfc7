#include "levels/file_bytes.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace boxwarp {

namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

[[noreturn]] void fail(const std::string& path, int error) {
  throw UnreadableFile(path, fmt::format("cannot read this file: {}", std::generic_category().message(error)));
}

}  // namespace

std::string bytes_of(const std::string& path) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (!file) fail(path, errno);
  std::string bytes;
  char block[1 << 16];
  while (const std::size_t got = std::fread(block, 1, sizeof block, file.get())) bytes.append(block, got);
  if (std::ferror(file.get()) != 0) fail(path, errno);
  return bytes;
}

}  // namespace boxwarp
