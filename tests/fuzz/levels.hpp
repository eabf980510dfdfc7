// What must hold for whatever a file of levels was read into.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "levels/pack.hpp"
#include "levels/parse/remarks.hpp"
#include "levels/parse/text.hpp"
#include "tests/fuzz/check.hpp"

namespace boxwarp::test {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Numbers without a gap, places inside the text, and every level the same after writing and reading, as text and packed.
inline void demand_sense(ParsedFile file, std::size_t size) {
  DEMAND(!file.levels.empty() || !file.errors.empty());
  std::set<std::int64_t> ordinals;
  for (const LevelError& error : file.errors) {
    DEMAND(!error.message.empty() && !described("path", error).empty());
    DEMAND(error.line >= 0 && error.column >= 0);
    DEMAND(error.line <= static_cast<std::int64_t>(size) + 1 && error.column <= static_cast<std::int64_t>(2 * size) + 1);
    DEMAND(error.ordinal == 0 || ordinals.insert(error.ordinal).second);
  }
  add_warnings(file);
  LevelSet set;
  set.add_file("path");
  for (const ParsedLevel& parsed : file.levels) {
    DEMAND(ordinals.insert(parsed.ordinal).second);
    const ParsedFile again = parse_text("path", text_entry(parsed.level, 1));
    DEMAND(again.errors.empty() && again.levels.size() == 1);
    DEMAND(to_text(again.levels[0].level) == to_text(parsed.level));
    DEMAND(again.levels[0].level.title == parsed.level.title);
    set.add(parsed.level, {0, parsed.ordinal - 1});
  }
  DEMAND(ordinals.empty() || *ordinals.rbegin() == static_cast<std::int64_t>(ordinals.size()));
  const std::string bytes = packed(set);
  DEMAND(packed(unpacked(bytes)) == bytes);
}

}  // namespace boxwarp::test
