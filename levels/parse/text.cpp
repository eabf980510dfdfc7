#include "levels/parse/text.hpp"

#include <algorithm>
#include <utility>

namespace boxwarp {

namespace {

constexpr std::string_view kBlank = " \t\v\f";

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }
bool is_letter(char byte) { return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'); }

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Length of "Word:" at the beginning, 0 if there is none.
std::size_t key_length(std::string_view line) {
  if (line.empty() || !is_letter(line[0])) return 0;
  const auto end = std::find_if_not(
      line.begin(), line.end(), [](char byte) { return is_letter(byte) || is_digit(byte) || byte == '-' || byte == '_'; });
  return end != line.end() && *end == ':' ? static_cast<std::size_t>(end - line.begin()) + 1 : 0;
}

bool all_digits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }
bool is_rule(std::string_view text) { return text.size() >= 3 && text.find_first_not_of('-') == std::string_view::npos; }

bool opens_board(std::string_view line) {
  const std::size_t first = line.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return false;
  if (line[first] == '#') return true;
  return std::all_of(line.begin(), line.end(), is_board_character) && line.find('#') != std::string_view::npos;
}

bool ends_board(std::string_view line) {
  const std::string_view text = trimmed(line);
  if (text.empty()) return true;
  if (line[0] == ';' || line[0] == '\'' || line[0] == '"' || line.starts_with("::")) return true;
  return is_rule(text) || all_digits(text) || key_length(line) > 0;
}

// Prose comes in any encoding; what is not UTF-8 becomes U+FFFD, byte by byte, and control characters go.
std::string as_utf8(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                               : lead >= 0xe0 && lead < 0xf0 ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    bool valid = length > 0 && i + length <= text.size();
    for (std::size_t k = 1; valid && k < length; ++k) valid = (static_cast<unsigned char>(text[i + k]) & 0xc0) == 0x80;
    if (valid && length > 2) {  // overlong forms, surrogates, beyond U+10FFFF
      const auto second = static_cast<unsigned char>(text[i + 1]);
      valid = !(lead == 0xe0 && second < 0xa0) && !(lead == 0xed && second > 0x9f) && !(lead == 0xf0 && second < 0x90) &&
              !(lead == 0xf4 && second > 0x8f);
    }
    if (!valid) {
      out += "\xef\xbf\xbd";
      ++i;
      continue;
    }
    if (lead >= 0x20 && lead != 0x7f) out += text.substr(i, length);
    i += length;
  }
  return out;
}

// The title that the next board will get.
class Title {
 public:
  void read(std::string_view line) {
    const std::string_view text = trimmed(line);
    if (text.empty()) return;
    if (is_rule(text) || all_digits(text)) {
      clear();
    } else if (line[0] == '\'' || line[0] == '"') {
      const std::size_t end = text.rfind(line[0]);
      set(text.substr(1, end == 0 ? std::string_view::npos : end - 1), true);
    } else if (line[0] == ';') {
      const std::string_view name = trimmed(text.substr(std::min(text.find_first_not_of(';'), text.size())));
      if (all_digits(name)) {
        clear();
      } else if (key_length(name) > 0) {
        read_key(name);
      } else if (!name.empty()) {
        set(name, false);
      }
    } else {
      read_key(text);
    }
  }

  std::string take() {
    std::string title = as_utf8(title_);
    clear();
    return title;
  }

 private:
  void read_key(std::string_view text) {
    constexpr std::string_view kKey = "title:";
    const bool names = text.size() > kKey.size() && std::equal(kKey.begin(), kKey.end(), text.begin(), [](char a, char b) {
                         return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b);
                       });
    if (names) set(trimmed(text.substr(kKey.size())), true);
  }

  void set(std::string_view title, bool strong) {
    if (strong_ && !strong) return;
    title_ = trimmed(title);
    strong_ = strong;
  }

  void clear() {
    title_ = {};
    strong_ = false;
  }

  std::string_view title_;
  bool strong_ = false;  // quoted or by key
};

class TextReader {
 public:
  explicit TextReader(std::string path) { file_.path = std::move(path); }

  ParsedFile read(std::string_view bytes) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
    while (!bytes.empty()) {
      const std::size_t end = std::min(bytes.find_first_of("\r\n"), bytes.size());
      ++line_;
      take_line(bytes.substr(0, end));
      bytes.remove_prefix(end);
      if (!bytes.empty()) bytes.remove_prefix(bytes.starts_with("\r\n") ? 2 : 1);
    }
    close_board();
    if (file_.levels.empty() && file_.errors.empty()) {
      file_.errors.push_back({.kind = LevelErrorKind::no_level,
                              .byte = {},
                              .title = {},
                              .message = "no level in this file; a board is rows of \" #@+$*.\" closed in by '#'"});
    }
    return std::move(file_);
  }

 private:
  void take_line(std::string_view line) {
    if (!board_.rows.empty()) {
      if (!ends_board(line)) {
        board_.rows.push_back({line, line_});
        return;
      }
      close_board();
    }
    if (opens_board(line)) {
      board_.title = title_.take();
      board_.ordinal = ++ordinal_;
      board_.rows.push_back({line, line_});
    } else {
      title_.read(line);
    }
  }

  void close_board() {
    if (board_.rows.empty()) return;
    auto result = level_of(board_);
    if (auto* level = std::get_if<ParsedLevel>(&result)) {
      file_.levels.push_back(std::move(*level));
    } else {
      file_.errors.push_back(std::get<LevelError>(std::move(result)));
    }
    board_.rows.clear();
  }

  ParsedFile file_;
  BoardText board_;
  Title title_;
  std::int64_t line_ = 0, ordinal_ = 0;
};

}  // namespace

ParsedFile parse_text(std::string path, std::string_view bytes) { return TextReader(std::move(path)).read(bytes); }

}  // namespace boxwarp
