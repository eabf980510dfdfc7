// Reading what a path names: one file in any format that is known, or the files of a folder.
#pragma once

#include <string>
#include <vector>

#include "levels/parse/board.hpp"

namespace boxwarp {

// The files that a path stands for: itself, or for a folder all its files but hidden ones, those of subfolders too, ordered
// by the bytes of their paths. Throws BadInput if there is nothing under this name or the folder holds no file.
std::vector<std::string> files_of(const std::string& path);

// All bytes of a file; throws BadInput if it cannot be read.
std::string bytes_of(const std::string& path);

// What a file of text or a packed set holds, good and bad, with all warnings; what cannot be read is an error in the result.
// A packed set is known by its first bytes.
ParsedFile parse_file(const std::string& path);

}  // namespace boxwarp
