// boxwarp levels check: each level that is accepted or rejected, and why.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "levels/error.hpp"
#include "levels/generate/generate.hpp"
#include "levels/level_set.hpp"
#include "levels/parse/file.hpp"
#include "levels/parse/remarks.hpp"
#include "tools/arguments.hpp"
#include "tools/levels.hpp"

namespace boxwarp {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kRejected = 2;

ParsedFile generated(const std::string& text) {
  const LevelSet set = load_levels({text});
  ParsedFile file{.path = text, .levels = {}, .errors = {}};
  for (std::int64_t id = 0; id < set.size(); ++id) {
    file.levels.push_back({.level = set.level(id), .ordinal = id + 1, .line = 0, .warnings = {}});
  }
  add_warnings(file);
  return file;
}

std::vector<ParsedFile> parse_all(const std::vector<std::string>& paths) {
  std::vector<ParsedFile> files;
  for (const std::string& path : paths) {
    if (path.starts_with(kGeneratedPrefix)) {
      files.push_back(generated(path));
      continue;
    }
    try {
      for (const std::string& file : files_of(path)) files.push_back(parse_file(file));
    } catch (const BadInput& error) {
      files.push_back({.path = path, .levels = {}, .errors = {}});
      const auto kind = std::filesystem::is_directory(path) ? LevelErrorKind::no_level : LevelErrorKind::unreadable_file;
      files.back().errors.push_back({.kind = kind, .byte = {}, .title = {}, .message = error.what()});
    }
  }
  return files;
}

Json as_json(const ParsedLevel& parsed) {
  Json warnings = Json::array();
  for (const LevelWarning warning : parsed.warnings) warnings.push_back(name(warning));
  return {{"ordinal", parsed.ordinal},
          {"line", parsed.line},
          {"title", parsed.level.title},
          {"height", parsed.level.height},
          {"width", parsed.level.width},
          {"boxes", parsed.level.box_count()},
          {"targets", parsed.level.target_count()},
          {"rows", to_text(parsed.level)},
          {"warnings", warnings}};
}

Json as_json(const LevelError& error) {
  return {{"kind", name(error.kind)},
          {"ordinal", error.ordinal},
          {"line", error.line},
          {"column", error.column},
          {"byte", error.byte ? Json(int{*error.byte}) : Json(nullptr)},
          {"message", error.message}};
}

void print_json(const std::vector<ParsedFile>& files) {
  Json list = Json::array();
  for (const ParsedFile& file : files) {
    Json levels = Json::array(), errors = Json::array();
    for (const ParsedLevel& level : file.levels) levels.push_back(as_json(level));
    for (const LevelError& error : file.errors) errors.push_back(as_json(error));
    list.push_back({{"path", file.path}, {"levels", std::move(levels)}, {"errors", std::move(errors)}});
  }
  // Paths are bytes and need not be UTF-8.
  fmt::print("{}\n", Json{{"files", std::move(list)}}.dump(2, ' ', false, Json::error_handler_t::replace));
}

void print_text(const std::vector<ParsedFile>& files) {
  for (const ParsedFile& file : files) {
    for (const LevelError& error : file.errors) fmt::print("{} [{}]\n", described(file.path, error), name(error.kind));
    for (const ParsedLevel& parsed : file.levels) {
      const std::string place = parsed.line > 0 ? fmt::format(":{}", parsed.line) : "";
      const std::string title = parsed.level.title.empty() ? "" : fmt::format(" \"{}\"", parsed.level.title);
      for (const LevelWarning warning : parsed.warnings) {
        fmt::print("{}{}: level {}{}: warning: {} [{}]\n", file.path, place, parsed.ordinal, title, explained(warning),
                   name(warning));
      }
    }
    fmt::print("{}: {} accepted, {} rejected\n", file.path, file.levels.size(), file.errors.size());
  }
}

}  // namespace

int levels_check(int argc, char** argv) {
  Arguments arguments(
      "levels check",
      "Reads files of levels and lists what is wrong with them. Ends with status 2 if anything was rejected.",
      "PATH... [--lenient] [--json]",
      "  boxwarp levels check my_levels.txt\n"
      "  boxwarp levels check collections/ --lenient\n"
      "  boxwarp levels check my_levels.txt --json\n");
  arguments.add()("lenient", "end with status 2 only if a file yields no level at all")(
      "json", "print one JSON object; lines, columns and levels count from 1, 0 stands for the file as a whole");
  if (!arguments.parse(argc, argv, "PATH")) return 0;

  const std::vector<ParsedFile> files = parse_all(arguments.positionals());
  if (arguments.flag("json")) {
    print_json(files);
  } else {
    print_text(files);
  }
  for (const ParsedFile& file : files) {
    if (arguments.flag("lenient") ? file.levels.empty() : !file.errors.empty()) return kRejected;
  }
  return 0;
}

}  // namespace boxwarp
