// Boards in run lengths: "7#|#.@-#-#|" is "#######" over "#.@-#-#". A number repeats the character after it, or the group
// in parentheses: "2(-#)" is "-#-#". '|' ends a row, and so does the end of the line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "levels/problem.hpp"

namespace boxwarp {

struct DecodedRow {
  std::string cells;
  std::vector<std::size_t> columns;  // of the line, from 1, for each cell
};

struct RunLengthError {
  LevelErrorKind kind;  // bad_run_length or too_large
  std::size_t column;   // of the line, from 1
  std::string message;
};

inline constexpr std::size_t kMostDecodedCells = 1 << 14;  // of a board, blank margins and bars included

// The rows of one line, or the first thing that is wrong with its numbers and groups. Characters that are no cells are left
// for the board's own check. room: cells that its board may still have; more, bars included, is too_large.
std::variant<std::vector<DecodedRow>, RunLengthError> decode_run_lengths(std::string_view line,
                                                                         std::size_t room = kMostDecodedCells);

}  // namespace boxwarp
