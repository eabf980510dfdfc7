// Packed level sets: a file that holds what a LevelSet holds, ready to be used. Numbers are little-endian.
//
//   8 bytes   89 62 6f 78 77 61 72 70, "\x89boxwarp"; the first byte keeps it from being taken for text
//   u32       version: 2 if there are labels, else 1
//   u32       F, number of files that the levels came from
//   u64       R, number of runs (levels in a row from one file and of one size)
//   u64       T, number of titles
//   u64       W, number of words
//   u64       P, number of player bytes
//   F times   u32 length, path in bytes
//   R times   u64 number of levels, u64 ordinal of the first in its file (from 0), u32 file, u8 height, u8 width,
//             u8 1 if small else 0, u8 0
//   T times   u64 level (from 0, ascending), u32 length, title in UTF-8
//   W times   u64; a small level has three words: walls, targets, boxes of its interior, bit 8 * row + column; others have
//             height words of walls, of targets, of boxes, bit = column
//   P times   u8; a small level has one: the player's bit; others have two: row, column
//   version 2, for each level in order: what levels/labels.hpp says of it, a varint pushes + 2, a varint moves + 2, a varint
//             length of the solution, its actions in two bits each, the first in the lowest of a byte
//   u32       CRC-32 of all bytes before (that of zlib, PNG and gzip)
//
// So a Boxoban level takes 25 bytes, with its label about 38. A varint has seven bits in a byte, the lowest first, and the
// eighth is set in all bytes but the last. The checksum stays at the end in every version.
#pragma once

#include <string>
#include <string_view>

#include "levels/level_set.hpp"

namespace boxwarp {

// Is it packed, or meant to be: by its first bytes, or by the name's ending ".boxwarp"?
bool is_packed(std::string_view path, std::string_view bytes);

std::string packed(const LevelSet& levels);

// Throws BadInput, without a path, if the bytes are cut off, changed, of a newer version, or hold what is no level.
LevelSet unpacked(std::string_view bytes);

}  // namespace boxwarp
