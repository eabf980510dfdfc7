// Files that appear under their name whole or not at all, whatever ends the program while they are written.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace boxwarp {

// What a file is made of, one piece behind the other.
using Pieces = std::vector<std::span<const std::byte>>;
Pieces pieces_of(std::string_view text);

// Both write beside the path, flush to the disk and give the file its name then. A program that is killed meanwhile leaves
// PATH.writing-NUMBER behind, else nothing stays of what failed. They throw std::runtime_error that says why (disk full, no
// permission).

// A reader sees the old file or the new one.
void replace_file(const std::filesystem::path& path, const Pieces& pieces);
// Throws BadInput if something lies there already.
void create_file(const std::filesystem::path& path, const Pieces& pieces);

}  // namespace boxwarp
