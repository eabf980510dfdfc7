// All levels of a run, in memory: what files or a generator gave, in order, each with its origin.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "levels/level.hpp"

namespace boxwarp {

struct LevelOrigin {
  std::int32_t file;     // index into files(), from 0
  std::int64_t ordinal;  // index in the file, from 0; a rejected level keeps its number
};

class LevelSet {
 public:
  std::int64_t size() const;
  int height() const;  // of the largest level
  int width() const;
  bool fits_small() const;                 // every level fits the small tier: at most 10x10 with a rim of wall
  LevelRows level(std::int64_t id) const;  // throws std::out_of_range
  LevelOrigin origin(std::int64_t id) const;
  const std::vector<std::string>& files() const;

  std::int32_t add_file(std::string path);
  void add(const LevelRows& level, LevelOrigin origin);

 private:
  std::vector<std::string> files_;
  // Compact: levels of at most 10x10 take 25 bytes, others 24 bytes a row.
};

struct LoadOptions {
  bool lenient = false;  // skip what is rejected instead of failing; every rejection is reported all the same
};

// Reads files, folders (files ordered by the bytes of their names) and "generated:size=7x7,boxes=1,count=1000,seed=3,..." in
// the order given. Throws BadInput with path:line:column on the first bad level, unless lenient; then `warnings` (may be
// null) gets one line for each level that was left out. A set without any level is BadInput.
LevelSet load_levels(const std::vector<std::string>& paths, const LoadOptions& options = {},
                     std::vector<std::string>* warnings = nullptr);

}  // namespace boxwarp
