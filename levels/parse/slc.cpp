#include "levels/parse/slc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <pugixml.hpp>
#include <utility>

#include "levels/parse/lines.hpp"
#include "levels/parse/run_length.hpp"
#include "levels/parse/title.hpp"

namespace boxwarp {

namespace {

constexpr std::string_view kAdvice =
    "SLC is XML of the form <SokobanLevels><LevelCollection><Level Id=\"...\"><L>#####</L>...";

std::string utf8_of_latin1(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < 0x80) {
      text += byte;
    } else {
      text += static_cast<char>(0xc0 | code >> 6);
      text += static_cast<char>(0x80 | (code & 0x3f));
    }
  }
  return text;
}

// Lines and columns of a text, both from 1.
class Places {
 public:
  struct Place {
    std::int64_t line = 0, column = 0;
  };

  explicit Places(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
      const bool crlf = text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
      if (text[at] == '\n' || (text[at] == '\r' && !crlf)) starts_.push_back(at + 1);
    }
  }

  Place at(std::ptrdiff_t offset) const {
    if (offset < 0) return {};
    const auto here = static_cast<std::size_t>(offset);
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), here);
    return {after - starts_.begin(), static_cast<std::int64_t>(here - *(after - 1)) + 1};
  }

 private:
  std::vector<std::size_t> starts_{0};
};

class SlcReader {
 public:
  SlcReader(std::string path, std::string_view text, const pugi::xml_document& document, bool placed)
      : document_(document), places_(text), placed_(placed) {
    file_.path = std::move(path);
  }

  void fail(std::ptrdiff_t offset, std::string_view found) {
    const Places::Place place = place_of(offset);
    file_.errors.push_back({.kind = LevelErrorKind::bad_xml,
                            .line = place.line,
                            .column = place.column,
                            .byte = {},
                            .title = {},
                            .message = fmt::format("{}; {}", found, kAdvice)});
  }

  ParsedFile read() {
    const pugi::xml_node root = document_.document_element();
    if (std::string_view(root.name()) != "SokobanLevels") {
      fail(root.offset_debug(), fmt::format("found <{}> and not <SokobanLevels>", as_title(root.name())));
      return result();
    }
    for (const pugi::xml_node collection : root.children("LevelCollection")) {
      for (const pugi::xml_node level : collection.children("Level")) read_level(level);
    }
    if (file_.levels.empty() && file_.errors.empty()) {
      file_.errors.push_back({.kind = LevelErrorKind::no_level,
                              .byte = {},
                              .title = {},
                              .message = fmt::format("no level in this file; {}", kAdvice)});
    }
    return result();
  }

  ParsedFile result() { return std::move(file_); }

 private:
  Places::Place place_of(std::ptrdiff_t offset) const { return placed_ ? places_.at(offset) : Places::Place{}; }

  void read_level(const pugi::xml_node& level) {
    std::vector<DecodedRow> rows;
    BoardText board{
        .rows = {}, .ordinal = ++ordinal_, .title = as_title(level.attribute("Id").value()), .alphabet = Alphabet::xsb};
    for (const pugi::xml_node row : level.children("L")) {
      board.rows.push_back({.cells = {}, .line = place_of(row.offset_debug()).line, .columns = {}});
      rows.push_back({});
      for (const pugi::xml_node text : row.children()) {
        if (text.type() == pugi::node_pcdata || text.type() == pugi::node_cdata) append(text, rows.back());
      }
    }
    if (rows.empty()) {
      fail(level.offset_debug(), "found a <Level> without a row <L>");
      file_.errors.back().ordinal = ordinal_;
      file_.errors.back().title = board.title;
      return;
    }
    for (std::size_t row = 0; row < rows.size(); ++row) {
      board.rows[row].cells = rows[row].cells;
      board.rows[row].columns = rows[row].columns;
    }
    add(file_, level_of(board));
  }

  void append(const pugi::xml_node& text, DecodedRow& row) const {
    const std::string_view cells = text.value();
    const auto column = static_cast<std::size_t>(place_of(text.offset_debug()).column);
    row.cells += cells;
    for (std::size_t i = 0; i < cells.size(); ++i) row.columns.push_back(column == 0 ? 0 : column + i);
  }

  const pugi::xml_document& document_;
  const Places places_;
  const bool placed_;
  ParsedFile file_;
  std::int64_t ordinal_ = 0;
};

}  // namespace

ParsedFile parse_slc(std::string path, std::string_view bytes) {
  bytes = without_byte_order_mark(bytes);
  pugi::xml_document document;
  pugi::xml_parse_result parsed = document.load_buffer(bytes.data(), bytes.size());
  std::string converted;
  if (parsed.encoding == pugi::encoding_latin1) {
    converted = utf8_of_latin1(bytes);
    bytes = converted;
    parsed = document.load_buffer(bytes.data(), bytes.size(), pugi::parse_default, pugi::encoding_utf8);
  }
  SlcReader reader(std::move(path), bytes, document, parsed.encoding == pugi::encoding_utf8);
  if (parsed) return reader.read();
  reader.fail(parsed.offset, fmt::format("this is no XML: {}", parsed.description()));
  return reader.result();
}

}  // namespace boxwarp
