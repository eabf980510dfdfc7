#include "levels/parse/lines.hpp"

#include <algorithm>

namespace boxwarp {

namespace {

constexpr std::string_view kBlank = " \t\v\f";

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }
bool is_letter(char byte) { return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'); }
bool is_word(char byte) { return is_letter(byte) || is_digit(byte) || byte == '-' || byte == '_'; }
char small_letter(char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte; }
bool counts_or_parts(char byte) { return is_digit(byte) || byte == '|' || byte == '(' || byte == ')'; }

}  // namespace

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  return text;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool all_digits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

bool is_rule(std::string_view text) { return text.size() >= 3 && text.find_first_not_of('-') == std::string_view::npos; }

std::size_t key_length(std::string_view line) {
  if (line.empty() || !is_letter(line[0])) return 0;
  const auto end = std::find_if_not(line.begin(), line.end(), is_word);
  return end != line.end() && *end == ':' ? static_cast<std::size_t>(end - line.begin()) + 1 : 0;
}

bool has_key(std::string_view line, std::string_view key) {
  return line.size() >= key.size() &&
         std::equal(key.begin(), key.end(), line.begin(), [](char a, char b) { return a == small_letter(b); });
}

bool opens_board(std::string_view line, Alphabet alphabet) {
  const std::size_t first = line.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return false;
  if (line[first] == '#') return true;
  const auto known = [&](char byte) { return is_board_character(byte, alphabet); };
  return std::all_of(line.begin(), line.end(), known) && line.find('#') != std::string_view::npos;
}

bool opens_run_lengths(std::string_view line, Alphabet alphabet, bool anywhere) {
  const std::size_t wall = line.find('#');
  const bool shown = anywhere || line.find('|') != std::string_view::npos;
  const auto known = [&](char byte) {
    return counts_or_parts(byte) || (is_board_character(byte, alphabet) && (shown || byte != ' '));
  };
  if (wall == std::string_view::npos || !std::all_of(line.begin(), line.end(), known)) return false;
  return shown || std::any_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(wall), is_digit);
}

bool ends_board(std::string_view line) {
  const std::string_view text = trimmed(line);
  if (text.empty()) return true;
  if (line[0] == ';' || line[0] == '\'' || line[0] == '"' || line.starts_with("::")) return true;
  return is_rule(text) || all_digits(text) || key_length(line) > 0;
}

}  // namespace boxwarp
