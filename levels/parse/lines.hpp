// The lines of a text, and what one line is, whatever stands around it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "levels/parse/board.hpp"

namespace boxwarp {

std::string_view without_byte_order_mark(std::string_view text);  // that of UTF-8

// Calls take(line) for each line of a text; CR, LF and CRLF end lines, and so does the end of the text.
template <class Take>
void for_each_line(std::string_view text, Take&& take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    take(text.substr(0, end));
    text.remove_prefix(end);
    if (!text.empty()) text.remove_prefix(text.starts_with("\r\n") ? 2 : 1);
  }
}

std::string_view trimmed(std::string_view text);  // without blanks and tabs at both ends

bool all_digits(std::string_view text);
bool is_rule(std::string_view text);  // three dashes or more and nothing else

// Length of "Word:" at the beginning of the line, 0 if there is none.
std::size_t key_length(std::string_view line);
// Does the line begin with this key? Written in small letters and with its colon: "title:".
bool has_key(std::string_view line, std::string_view key);

// Does a board begin here? First byte that is not blank a '#', or nothing but board characters, '#' among them.
bool opens_board(std::string_view line, Alphabet alphabet);
// Does a board in run lengths begin here? Board characters, digits, '|' and parentheses, '#' among them, and a sign that
// they are meant so: a '|', or a digit before the first '#' and no blank, for "7 #" is prose. anywhere: no sign is needed.
bool opens_run_lengths(std::string_view line, Alphabet alphabet, bool anywhere);
// Does this line end a board that is open?
bool ends_board(std::string_view line);

}  // namespace boxwarp
