// Reading a file whole: levels, lists of moves, weights.
#pragma once

#include <string>

#include "levels/error.hpp"

namespace boxwarp {

// what(): "path: reason".
struct UnreadableFile : BadInput {
  UnreadableFile(const std::string& path, const std::string& why) : BadInput(path + ": " + why), reason(why) {}

  std::string reason;  // without the path: "cannot read this file: No such file or directory"
};

// All bytes of a file, which may be a pipe. Throws UnreadableFile, for a folder too.
std::string bytes_of(const std::string& path);

}  // namespace boxwarp
