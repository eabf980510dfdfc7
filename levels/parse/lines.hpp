// What one line of a text is, whatever stands around it.
#pragma once

#include <cstddef>
#include <string_view>

#include "levels/parse/board.hpp"

namespace boxwarp {

std::string_view trimmed(std::string_view text);  // without blanks and tabs at both ends

bool all_digits(std::string_view text);
bool is_rule(std::string_view text);  // three dashes or more and nothing else

// Length of "Word:" at the beginning of the line, 0 if there is none.
std::size_t key_length(std::string_view line);
// Does the line begin with this key? Written in small letters and with its colon: "title:".
bool has_key(std::string_view line, std::string_view key);

// Does a board begin here? First byte that is not blank a '#', or nothing but board characters, '#' among them.
bool opens_board(std::string_view line, Alphabet alphabet);
// Is this a row in run lengths? Board characters, digits, '|' and groups with a '#' among them; anywhere: also where
// nothing before the first '#' and no '|' shows it, and with blanks for floor.
bool opens_run_lengths(std::string_view line, Alphabet alphabet, bool anywhere);
// Does this line end a board that is open?
bool ends_board(std::string_view line);

}  // namespace boxwarp
