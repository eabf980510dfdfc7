#include "levels/parse/title.hpp"

#include <algorithm>

#include "levels/parse/lines.hpp"

namespace boxwarp {

namespace {

constexpr std::size_t kLongestTitle = 200;

// Length of the UTF-8 sequence that the text begins with, 0 if it is none.
std::size_t sequence_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xc2 && lead < 0xe0 ? 2
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((static_cast<unsigned char>(text[k]) & 0xc0) != 0x80) return 0;
  }
  if (length > 2) {  // overlong forms, surrogates, beyond U+10FFFF
    const auto second = static_cast<unsigned char>(text[1]);
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return 0;
    if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return 0;
  }
  return length;
}

}  // namespace

std::string as_title(std::string_view bytes) {
  std::string out;
  while (!bytes.empty() && out.size() < kLongestTitle) {
    const auto lead = static_cast<unsigned char>(bytes[0]);
    const std::size_t length = sequence_length(bytes);
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (lead >= 0x20 && lead != 0x7f) {
      out += bytes.substr(0, length);
    }
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return std::string(trimmed(out));
}

void TitleReader::read(std::string_view line) {
  const std::string_view text = trimmed(line);
  if (text.empty()) return;
  if (is_rule(text) || all_digits(text)) {
    clear();
  } else if (line[0] == '\'' || line[0] == '"') {
    const std::size_t end = text.rfind(line[0]);
    set(text.substr(1, end == 0 ? std::string_view::npos : end - 1), From::quotes);
  } else if (line[0] == ';') {
    read_remark(trimmed(text.substr(std::min(text.find_first_not_of(';'), text.size()))));
  } else {
    read_key(text);
  }
}

std::string TitleReader::take() {
  std::string title = as_title(title_);
  clear();
  return title;
}

void TitleReader::read_remark(std::string_view text) {
  if (all_digits(text)) {
    clear();
  } else if (key_length(text) > 0) {
    read_key(text);
  } else if (!text.empty() && !is_strong()) {
    set(text, From::remark);
  }
}

void TitleReader::read_key(std::string_view text) {
  constexpr std::string_view kKey = "title:";
  if (has_key(text, kKey) && text.size() > kKey.size()) set(text.substr(kKey.size()), From::key);
}

void TitleReader::set(std::string_view title, From from) {
  title_ = trimmed(title);
  from_ = from;
}

}  // namespace boxwarp
