#include "levels/parse/file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "levels/error.hpp"
#include "levels/pack.hpp"
#include "levels/parse/remarks.hpp"
#include "levels/parse/text.hpp"

namespace boxwarp {

namespace {

namespace fs = std::filesystem;

bool hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

ParsedFile failed(const std::string& path, LevelErrorKind kind, std::string message) {
  ParsedFile file{.path = path, .levels = {}, .errors = {}};
  file.errors.push_back({.kind = kind, .byte = {}, .title = {}, .message = std::move(message)});
  return file;
}

ParsedFile parse_pack(const std::string& path, const std::string& bytes) {
  LevelSet set;
  try {
    set = unpacked(bytes);
  } catch (const BadInput& error) {
    return failed(path, LevelErrorKind::corrupt_pack, error.what());
  }
  ParsedFile file{.path = path, .levels = {}, .errors = {}};
  for (std::int64_t id = 0; id < set.size(); ++id) {
    file.levels.push_back({.level = set.level(id), .ordinal = id + 1, .line = 0, .warnings = {}});
  }
  return file;
}

}  // namespace

std::vector<std::string> files_of(const std::string& path) {
  std::error_code failure;
  if (!fs::is_directory(path, failure)) return {path};
  std::vector<std::string> files;
  fs::recursive_directory_iterator walk(path, fs::directory_options::follow_directory_symlink, failure);
  for (; !failure && walk != fs::recursive_directory_iterator(); walk.increment(failure)) {
    if (hidden(walk->path())) {
      walk.disable_recursion_pending();
    } else if (!walk->is_directory()) {
      files.push_back(walk->path().string());
    }
  }
  if (failure) throw BadInput(fmt::format("{}: cannot list this folder: {}", path, failure.message()));
  if (files.empty()) throw BadInput(fmt::format("{}: this folder holds no file; name a folder or a file of levels", path));
  std::sort(files.begin(), files.end());
  return files;
}

std::string bytes_of(const std::string& path) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  std::string bytes;
  if (file) {
    char block[1 << 16];
    while (const std::size_t got = std::fread(block, 1, sizeof block, file.get())) bytes.append(block, got);
    if (std::ferror(file.get()) == 0) return bytes;
  }
  throw BadInput(fmt::format("{}: cannot read this file: {}", path, std::strerror(errno)));
}

ParsedFile parse_file(const std::string& path) {
  std::string bytes;
  try {
    bytes = bytes_of(path);
  } catch (const BadInput&) {
    return failed(path, LevelErrorKind::unreadable_file, fmt::format("cannot read this file: {}", std::strerror(errno)));
  }
  ParsedFile file = is_packed(path, bytes) ? parse_pack(path, bytes) : parse_text(path, bytes);
  add_warnings(file);
  return file;
}

}  // namespace boxwarp
