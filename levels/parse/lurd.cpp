#include "levels/parse/lurd.hpp"

#include <fmt/format.h>

#include <charconv>
#include <set>
#include <system_error>

#include "levels/error.hpp"
#include "levels/game.hpp"
#include "levels/parse/lines.hpp"

namespace boxwarp {

namespace {

constexpr std::size_t kMovesInALine = 80;

class LurdReader {
 public:
  explicit LurdReader(std::string_view path) : path_(path) {}

  std::vector<Lurd> read(std::string_view text) {
    for_each_line(without_byte_order_mark(text), [this](std::string_view line) {
      ++line_;
      take_line(line);
    });
    if (all_.empty()) throw BadInput(fmt::format("{}: no moves in this file; write u d l r, capitals for pushes", path_));
    return std::move(all_);
  }

 private:
  void take_line(std::string_view line) {
    if (line.starts_with(';')) {
      const std::string_view name = trimmed(line.substr(1));
      if (all_digits(name)) begin(name);
      return;
    }
    if (line.starts_with("::") || key_length(line) > 0) return;
    for (std::size_t at = 0; at < line.size(); ++at) {
      if (line[at] == ' ' || line[at] == '\t') continue;
      if (!is_lurd(line[at])) fail(at + 1, "this is no move; moves are u d l r, capitals where they push a box");
      add(line[at], at + 1);
    }
  }

  void begin(std::string_view number) {
    level_ = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), level_);
    if (error != std::errc{} || level_ < 1) fail(1, "levels are numbered from 1; write \"; 1\" above its moves");
    open_ = false;
  }

  void add(char letter, std::size_t column) {
    if (!open_) {
      if (!seen_.insert(level_).second) fail(column, fmt::format("a second list of moves for level {}; keep one", level_));
      all_.push_back({level_, {}});
      open_ = true;
    }
    all_.back().moves += letter;
  }

  [[noreturn]] void fail(std::size_t column, std::string_view what) const {
    throw BadInput(fmt::format("{}:{}:{}: {}", path_, line_, column, what));
  }

  std::string_view path_;
  std::vector<Lurd> all_;
  std::set<std::int64_t> seen_;
  std::int64_t line_ = 0, level_ = 0;
  bool open_ = false;  // the last list is for level_
};

}  // namespace

std::vector<Lurd> parse_lurd(std::string_view path, std::string_view text) { return LurdReader(path).read(text); }

std::string lurd_entry(const Lurd& lurd, std::string_view title) {
  std::string text = fmt::format("; {}\n", lurd.level);
  if (!title.empty()) text += fmt::format("Title: {}\n", title);
  for (std::size_t at = 0; at < lurd.moves.size(); at += kMovesInALine) {
    text += lurd.moves.substr(at, kMovesInALine) + "\n";
  }
  return text + "\n";
}

}  // namespace boxwarp
