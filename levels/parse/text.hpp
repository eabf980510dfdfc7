// Levels as text: Boxoban files, collections in XSB notation, .sok files, and boards in run lengths.
//
// A line opens a board if its first byte that is not blank is '#', or if it holds board characters only and at least one
// '#'. The board goes on until a line that is blank, begins with ';', a quote or "::", or is three or more dashes, digits
// alone, or begins with a word and a colon. Everything else is a title, a key or prose. CR, LF and CRLF end lines.
//
// A board is in run lengths (levels/parse/run_length.hpp) if its first line has them: board characters, digits, '|' and
// parentheses, and a '|' anywhere or a digit before the first '#' and no blank. In .rle files every board is.
//
// "Comment:" begins a comment that goes on to "Comment-End:". With text behind it, it is a comment of one line, but in .sok
// files a longer one all the same.
//
// A title (levels/parse/title.hpp) stands before its board. A key "Title:" may stand below it as well: in the lines that
// follow the board, or each other, without a blank one, if a blank one or the end of the text comes after them.
#pragma once

#include <string>
#include <string_view>

#include "levels/parse/board.hpp"
#include "levels/parse/format.hpp"

namespace boxwarp {

// Everything in the text, good and bad. The path is only carried along. format: one of text.
ParsedFile parse_text(std::string path, std::string_view bytes, Format format = Format::xsb);

}  // namespace boxwarp
