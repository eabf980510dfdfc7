// Reading what a path names: one file in any format that is known, or the files of a folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "levels/parse/board.hpp"

namespace boxwarp {

// The files that a path stands for: itself, or for a folder all its files but hidden ones, those of subfolders too, ordered
// by the bytes of their paths. Of links to folders each folder is taken once, though links lead back to it; pipes, sockets
// and devices are left out. A path that is not there and holds *, ? or [ is a pattern as the shell has them, and stands for
// all that it matches, ordered likewise. A bare word that is no file is the name of a shipped set. Throws BadInput if a
// folder holds no file, a pattern matches nothing, or no shipped set has that name.
std::vector<std::string> files_of(const std::string& path);

// What the bytes of a file hold, good and bad, in the format that they and its name show (levels/parse/format.hpp).
ParsedFile parse_levels(const std::string& path, std::string_view bytes);

// The same from the file itself and with all warnings; what cannot be read is an error in the result.
ParsedFile parse_file(const std::string& path);

}  // namespace boxwarp
