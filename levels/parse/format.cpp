#include "levels/parse/format.hpp"

#include <algorithm>

#include "levels/pack.hpp"
#include "levels/parse/lines.hpp"

namespace boxwarp {

namespace {

// ending: in small letters.
bool has_ending(std::string_view path, std::string_view ending) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  return path.size() >= ending.size() &&
         std::equal(ending.begin(), ending.end(), path.end() - static_cast<std::ptrdiff_t>(ending.size()),
                    [&](char a, char b) { return same(b, a); });
}

bool begins_as_xml(std::string_view bytes) {
  bytes = without_byte_order_mark(bytes);
  bytes.remove_prefix(std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size()));
  return bytes.starts_with("<?xml") || bytes.starts_with("<SokobanLevels");
}

}  // namespace

Format format_of(std::string_view path, std::string_view bytes) {
  if (is_packed(path, bytes)) return Format::packed;
  if (begins_as_xml(bytes) || has_ending(path, ".slc")) return Format::slc;
  if (has_ending(path, ".sok")) return Format::sok;
  if (has_ending(path, ".rle")) return Format::rle;
  return Format::xsb;
}

}  // namespace boxwarp
