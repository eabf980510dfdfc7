#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include "levels/error.hpp"
#include "levels/file_bytes.hpp"
#include "levels/generate/generate.hpp"
#include "levels/generate/starts.hpp"
#include "levels/level_set.hpp"
#include "levels/pack.hpp"
#include "levels/parse/file.hpp"

namespace boxwarp {

namespace {

constexpr std::size_t kFilesAtOnce = 32;  // that wait for each other, so that errors come in order

void add_starts(LevelSet& set, const std::string& text) {
  const StartSource source = parse_starts(text);
  const std::int32_t file = set.add_file(text);
  StartGenerator generator(source.options);
  for (std::int64_t id = source.first; id < source.first + source.count; ++id) {
    StartLevel made = generator.level(source.seed, static_cast<std::uint64_t>(id));
    set.add(made.level, {file, id});
    set.set_label(set.size() - 1, {.pushes = made.pushes, .moves = kNotKnown, .solution = {}});
  }
}

void add_generated(LevelSet& set, const std::string& text) {
  if (names_starts(text)) return add_starts(set, text);
  const GenerateOptions options = parse_generated(text);
  const std::int32_t file = set.add_file(text);
  for (std::int64_t i = 0; i < options.count; ++i) {
    const std::int64_t id = options.first + i;
    set.add(generate_level(options, options.seed, static_cast<std::uint64_t>(id)), {file, id});
  }
}

struct ReadFile {
  LevelSet levels;
  std::vector<std::string> left_out;
  std::exception_ptr failure;
};

LevelSet from_pack(const std::string& path, const std::string& bytes) {
  try {
    return unpacked(bytes);
  } catch (const BadInput& error) {
    throw BadInput(fmt::format("{}: {}", path, error.what()));
  }
}

void read_text(ReadFile& file, const std::string& path, const std::string& bytes, bool lenient) {
  const ParsedFile parsed = parse_levels(path, bytes);
  for (const LevelError& error : parsed.errors) {
    file.left_out.push_back(described(path, error));
    if (!lenient) throw BadInput(file.left_out.back());
  }
  const std::int32_t number = file.levels.add_file(path);
  for (const ParsedLevel& level : parsed.levels) file.levels.add(level.level, {number, level.ordinal - 1});
}

ReadFile read(const std::string& path, bool lenient) {
  ReadFile file;
  try {
    const std::string bytes = bytes_of(path);
    if (is_packed(path, bytes)) {
      file.levels = from_pack(path, bytes);
    } else {
      read_text(file, path, bytes, lenient);
    }
  } catch (const BadInput&) {
    file.failure = std::current_exception();
  }
  return file;
}

void add_files(LevelSet& set, const std::vector<std::string>& paths, const LoadOptions& options,
               std::vector<std::string>* warnings) {
  std::vector<ReadFile> files;
  for (std::size_t first = 0; first < paths.size(); first += kFilesAtOnce) {
    files.assign(std::min(kFilesAtOnce, paths.size() - first), {});
    options.run(static_cast<std::int64_t>(files.size()), [&](std::int64_t i) {
      const auto at = static_cast<std::size_t>(i);
      files[at] = read(paths[first + at], options.lenient);
    });
    for (ReadFile& file : files) {
      if (file.failure) std::rethrow_exception(file.failure);
      if (warnings != nullptr) std::move(file.left_out.begin(), file.left_out.end(), std::back_inserter(*warnings));
      set.append(std::move(file.levels));
    }
  }
}

}  // namespace

LevelSet load_levels(const std::vector<std::string>& paths, const LoadOptions& options, std::vector<std::string>* warnings) {
  LevelSet set;
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (path.starts_with(kGeneratedPrefix)) {
      add_files(set, std::exchange(files, {}), options, warnings);
      add_generated(set, path);
    } else {
      for (std::string& file : files_of(path)) files.push_back(std::move(file));
    }
  }
  add_files(set, files, options, warnings);
  if (set.size() == 0)
    throw BadInput("no level to play: name files or folders of levels, or \"generated:size=7x7,boxes=1\"");
  return set;
}

}  // namespace boxwarp
