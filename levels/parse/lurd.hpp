// Files of moves in LURD notation: u d l r, a capital where a box is pushed.
//
// A line "; 12" says which level the moves below are for, counted from 1; other lines that begin with ';' or "::", or with a
// word and a colon, are remarks. Moves may stand on several lines with blanks among them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace boxwarp {

struct Lurd {
  std::int64_t level = 0;  // from 1; 0: the file does not say
  std::string moves;
};

// Throws BadInput with path:line:column for anything else, for two lists of moves for one level, and for a file without any.
std::vector<Lurd> parse_lurd(std::string_view path, std::string_view text);

// "; 12", the title as a key if there is one, the moves in lines, a blank line: what parse_lurd reads.
std::string lurd_entry(const Lurd& lurd, std::string_view title);

}  // namespace boxwarp
