#include "levels/parse/file.hpp"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "levels/error.hpp"
#include "levels/pack.hpp"
#include "levels/parse/format.hpp"
#include "levels/parse/remarks.hpp"
#include "levels/parse/slc.hpp"
#include "levels/parse/text.hpp"
#include "levels/shipped.hpp"

namespace boxwarp {

namespace {

namespace fs = std::filesystem;

bool has_wildcard(const std::string& path) { return path.find_first_of("*?[") != std::string::npos; }

bool hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

ParsedFile failed(const std::string& path, LevelErrorKind kind, std::string message) {
  ParsedFile file{.path = path, .levels = {}, .errors = {}};
  file.errors.push_back({.kind = kind, .byte = {}, .title = {}, .message = std::move(message)});
  return file;
}

ParsedFile parse_pack(const std::string& path, std::string_view bytes) {
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

std::vector<std::string> files_of_folder(const std::string& path) {
  std::error_code failure;
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

std::vector<std::string> matches_of(const std::string& pattern) {
  glob_t found{};
  const int failure = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
  std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + (failure == 0 ? found.gl_pathc : 0));
  ::globfree(&found);
  if (paths.empty()) throw BadInput(fmt::format("{}: nothing has a name of this pattern; quote it and try ls", pattern));
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

std::vector<std::string> files_of(const std::string& path) {
  std::error_code failure;
  if (fs::is_directory(path, failure)) return files_of_folder(path);
  if (!fs::exists(path, failure) && is_bare_word(path)) return {shipped_set(path)};
  if (!has_wildcard(path) || fs::exists(path, failure)) return {path};
  std::vector<std::string> files;
  for (const std::string& match : matches_of(path)) {
    for (std::string& file : files_of(match)) files.push_back(std::move(file));
  }
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

ParsedFile parse_levels(const std::string& path, std::string_view bytes) {
  const Format format = format_of(path, bytes);
  if (format == Format::packed) return parse_pack(path, bytes);
  return format == Format::slc ? parse_slc(path, bytes) : parse_text(path, bytes, format);
}

ParsedFile parse_file(const std::string& path) {
  std::string bytes;
  try {
    bytes = bytes_of(path);
  } catch (const BadInput&) {
    return failed(path, LevelErrorKind::unreadable_file, fmt::format("cannot read this file: {}", std::strerror(errno)));
  }
  ParsedFile file = parse_levels(path, bytes);
  add_warnings(file);
  return file;
}

}  // namespace boxwarp
