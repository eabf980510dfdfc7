// Texts of levels as the loader reads them, short enough for tests.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "levels/parse/remarks.hpp"
#include "levels/parse/text.hpp"

namespace boxwarp::test {

inline ParsedFile parsed(std::string_view text) {
  ParsedFile file = parse_text("test.txt", text);
  add_warnings(file);
  return file;
}

using Lines = std::vector<std::string>;

inline std::string joined(const Lines& lines, std::string_view end = "\n") {
  std::string text;
  for (const std::string& line : lines) text.append(line).append(end);
  return text;
}

// The only level of a text.
inline ParsedLevel only_level(const Lines& lines) { return parsed(joined(lines)).levels.at(0); }
inline Lines rows_of(const Lines& lines) { return to_text(only_level(lines).level); }
inline std::vector<LevelWarning> warnings_of(const Lines& lines) { return only_level(lines).warnings; }

// The only error of a text without a good level.
inline LevelError only_error(std::string_view text) {
  const ParsedFile file = parsed(text);
  if (!file.levels.empty() || file.errors.size() != 1) throw std::runtime_error("not just one error");
  return file.errors[0];
}
inline LevelError only_error(const Lines& lines) { return only_error(joined(lines)); }

}  // namespace boxwarp::test
