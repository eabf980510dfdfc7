#include <fmt/format.h>

#include "levels/error.hpp"
#include "levels/generate/generate.hpp"
#include "levels/generate/starts.hpp"
#include "levels/level_set.hpp"
#include "levels/pack.hpp"
#include "levels/parse/file.hpp"

namespace boxwarp {

namespace {

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

void add_packed(LevelSet& set, const std::string& path, const std::string& bytes) {
  LevelSet packed;
  try {
    packed = unpacked(bytes);
  } catch (const BadInput& error) {
    throw BadInput(fmt::format("{}: {}", path, error.what()));
  }
  if (set.size() == 0 && set.files().empty()) {
    set = std::move(packed);
    return;
  }
  const auto first_file = static_cast<std::int32_t>(set.files().size());
  const std::int64_t first_level = set.size();
  for (const std::string& file : packed.files()) set.add_file(file);
  for (std::int64_t id = 0; id < packed.size(); ++id) {
    const LevelOrigin origin = packed.origin(id);
    set.add(packed.level(id), {first_file + origin.file, origin.ordinal});
  }
  for (const auto& [id, label] : packed.labels()) set.set_label(first_level + id, label);
}

void add_text(LevelSet& set, const std::string& path, const std::string& bytes, const LoadOptions& options,
              std::vector<std::string>* warnings) {
  const ParsedFile parsed = parse_levels(path, bytes);
  for (const LevelError& error : parsed.errors) {
    const std::string text = described(path, error);
    if (!options.lenient) throw BadInput(text);
    if (warnings != nullptr) warnings->push_back(text);
  }
  const std::int32_t file = set.add_file(path);
  for (const ParsedLevel& level : parsed.levels) set.add(level.level, {file, level.ordinal - 1});
}

}  // namespace

LevelSet load_levels(const std::vector<std::string>& paths, const LoadOptions& options, std::vector<std::string>* warnings) {
  LevelSet set;
  for (const std::string& path : paths) {
    if (path.starts_with(kGeneratedPrefix)) {
      add_generated(set, path);
      continue;
    }
    for (const std::string& file : files_of(path)) {
      const std::string bytes = bytes_of(file);
      if (is_packed(file, bytes)) {
        add_packed(set, file, bytes);
      } else {
        add_text(set, file, bytes, options, warnings);
      }
    }
  }
  if (set.size() == 0)
    throw BadInput("no level to play: name files or folders of levels, or \"generated:size=7x7,boxes=1\"");
  return set;
}

}  // namespace boxwarp
