// Levels as XML: SokobanLevels > LevelCollection > Level > L, one L a row, the title in the attribute Id of its Level.
#pragma once

#include <string>
#include <string_view>

#include "levels/parse/board.hpp"

namespace boxwarp {

// Everything in the document, good and bad. What is no XML or not about levels is one error, bad_xml, and no level. Lines
// and columns are those of the text, 0 in a document of 16 or 32 bits a character.
ParsedFile parse_slc(std::string path, std::string_view bytes);

}  // namespace boxwarp
