// Which format a file of levels has.
#pragma once

#include <cstdint>
#include <string_view>

namespace boxwarp {

// xsb: Boxoban files and collections, the usual text; sok: with p P b B for player and box; rle: every board in run lengths.
enum class Format : std::uint8_t { xsb, sok, rle, slc, packed };

// By the first bytes (packed, XML), else by the ending of the name: .boxwarp, .slc, .sok, .rle, in letters of any size.
// Everything else is xsb.
Format format_of(std::string_view path, std::string_view bytes);

}  // namespace boxwarp
