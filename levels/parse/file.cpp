#include "levels/parse/file.hpp"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "levels/error.hpp"
#include "levels/file_bytes.hpp"
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

// The files of a folder and of all below it. Links to folders wait until the folders themselves were gone through, so that
// of several ways to a folder the one without a link counts, whatever order the file system lists names in.
class FolderWalk {
 public:
  std::vector<std::string> files_of(const std::string& path) {
    list(path);
    while (!links_.empty()) list(links_.extract(links_.begin()).value());
    std::sort(files_.begin(), files_.end());
    return std::move(files_);
  }

 private:
  void list(const fs::path& folder) {
    std::error_code failure;
    const fs::path without_links = fs::canonical(folder, failure);
    if (!failure && !seen_.insert(without_links).second) return;
    fs::directory_iterator entries = failure ? fs::directory_iterator() : fs::directory_iterator(folder, failure);
    for (; !failure && entries != fs::directory_iterator(); entries.increment(failure)) {
      if (!hidden(entries->path())) take(*entries);
    }
    if (failure) throw BadInput(fmt::format("{}: cannot list this folder: {}", folder.string(), failure.message()));
  }

  void take(const fs::directory_entry& entry) {
    std::error_code failure;
    switch (entry.status(failure).type()) {
      case fs::file_type::directory:
        if (!entry.is_symlink(failure)) return list(entry.path());
        links_.insert(entry.path());
        break;
      case fs::file_type::fifo:
      case fs::file_type::socket:
      case fs::file_type::character:
      case fs::file_type::block: break;
      default: files_.push_back(entry.path().string());  // what cannot be read is told when it is read
    }
  }

  std::set<fs::path> seen_, links_;  // seen_: folders by their paths without links
  std::vector<std::string> files_;
};

std::vector<std::string> files_of_folder(const std::string& path) {
  std::vector<std::string> files = FolderWalk().files_of(path);
  if (files.empty()) throw BadInput(fmt::format("{}: this folder holds no file; name a folder or a file of levels", path));
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

ParsedFile parse_levels(const std::string& path, std::string_view bytes) {
  const Format format = format_of(path, bytes);
  if (format == Format::packed) return parse_pack(path, bytes);
  return format == Format::slc ? parse_slc(path, bytes) : parse_text(path, bytes, format);
}

ParsedFile parse_file(const std::string& path) {
  std::string bytes;
  try {
    bytes = bytes_of(path);
  } catch (const UnreadableFile& error) {
    return failed(path, LevelErrorKind::unreadable_file, error.reason);
  }
  ParsedFile file = parse_levels(path, bytes);
  add_warnings(file);
  return file;
}

}  // namespace boxwarp
