// From the characters of one board to a level: the checks that every format shares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "levels/level.hpp"
#include "levels/problem.hpp"

namespace boxwarp {

// The characters of boards: " -_#@+$*.", and in .sok files p P b B as well, for player and box off and on a target.
enum class Alphabet : std::uint8_t { xsb, sok };

struct BoardRow {
  std::string_view cells;                // other bytes than the alphabet's are bad characters
  std::int64_t line;                     // of the file, from 1
  std::span<const std::size_t> columns;  // of the cells in their line, from 1; empty: the first is in column 1, and so on
};

struct BoardText {
  std::vector<BoardRow> rows;
  std::int64_t ordinal = 0;  // in the file, from 1
  std::string title;         // UTF-8
  Alphabet alphabet = Alphabet::xsb;
};

struct ParsedLevel {
  LevelRows level;
  std::int64_t ordinal = 0;            // in the file, from 1
  std::int64_t line = 0;               // of the board's first row, from 1; 0: not from a text
  std::vector<LevelWarning> warnings;  // parsing finds unreachable_target and unreachable_box, add_warnings the others
};

struct ParsedFile {
  std::string path;
  std::vector<ParsedLevel> levels;  // in the order of the file, as are errors
  std::vector<LevelError> errors;
};

// Is this one of the characters that boards are made of?
bool is_board_character(char byte, Alphabet alphabet);

// The level, or the first thing that is wrong with it in the order of the specification. Cells that the player cannot come
// to become wall, short rows are filled up with wall, and margins without anything in them are left out.
std::variant<ParsedLevel, LevelError> level_of(const BoardText& board);

// Puts what level_of gave where it belongs.
void add(ParsedFile& file, std::variant<ParsedLevel, LevelError> result);

}  // namespace boxwarp
