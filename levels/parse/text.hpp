// Levels as text: Boxoban files and collections in XSB notation.
//
// A line opens a board if its first byte that is not blank is '#', or if it holds board characters only and at least one
// '#'. The board goes on until a line that is blank, begins with ';', a quote or "::", or is three or more dashes, digits
// alone, or begins with a word and a colon. Everything else is a title, a key or prose. CR, LF and CRLF end lines.
//
// A title stands before its board, as 'Title', "Title", "Title: Name" or "; Name" (a number or a key such as "; Author: ..."
// is none). Quoted ones and keys win over "; Name", later ones over earlier ones; "---" and "; 12" begin anew.
#pragma once

#include <string>
#include <string_view>

#include "levels/parse/board.hpp"

namespace boxwarp {

// Everything in the text, good and bad. The path is only carried along.
ParsedFile parse_text(std::string path, std::string_view bytes);

}  // namespace boxwarp
