#include "levels/parse/board.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/sokoban/reach.hpp"

namespace boxwarp {

namespace {

enum Mark : std::uint8_t { kBad = 0, kFloor = 1, kWall = 2, kTarget = 4, kBox = 8, kPlayer = 16 };

using Marks = std::array<std::uint8_t, 256>;

constexpr Marks kXsbMarks = [] {
  Marks marks{};
  for (const char floor : {' ', '-', '_'}) marks[static_cast<unsigned char>(floor)] = kFloor;
  marks['#'] = kWall;
  marks['.'] = kTarget;
  marks['$'] = kBox;
  marks['*'] = kBox | kTarget;
  marks['@'] = kPlayer;
  marks['+'] = kPlayer | kTarget;
  return marks;
}();

constexpr Marks kSokMarks = [] {
  Marks marks = kXsbMarks;
  marks['p'] = kPlayer;
  marks['P'] = kPlayer | kTarget;
  marks['b'] = kBox;
  marks['B'] = kBox | kTarget;
  return marks;
}();

const Marks& marks_of(Alphabet alphabet) { return alphabet == Alphabet::sok ? kSokMarks : kXsbMarks; }

std::string shown(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  if (code == '\t') return "a tab";
  return code > ' ' && code < 0x7f ? fmt::format("'{}'", byte) : fmt::format("byte 0x{:02x}", code);
}

// The rectangle of the text that holds everything but floor. Counted from 0; last is included.
struct Frame {
  std::size_t first_row, last_row, first_column, last_column;
};

class BoardReader {
 public:
  explicit BoardReader(const BoardText& board) : board_(board) {}

  std::variant<ParsedLevel, LevelError> read() {
    for (const auto check :
         {&BoardReader::check_characters, &BoardReader::check_size, &BoardReader::check_player, &BoardReader::check_boxes,
          &BoardReader::check_walls, &BoardReader::check_reach, &BoardReader::check_targets}) {
      if (auto error = (this->*check)()) return *std::move(error);
    }
    parsed_.level.title = board_.title;
    parsed_.ordinal = board_.ordinal;
    parsed_.line = board_.rows.front().line;
    return std::move(parsed_);
  }

 private:
  using Found = std::optional<LevelError>;

  LevelError error(LevelErrorKind kind, std::string message) const {
    LevelError error{.kind = kind,
                     .ordinal = board_.ordinal,
                     .line = board_.rows.front().line,
                     .column = 1,
                     .byte = {},
                     .title = board_.title,
                     .message = std::move(message)};
    return error;
  }

  // At a place of the text, row and column counted from 0.
  LevelError error(LevelErrorKind kind, std::size_t row, std::size_t column, std::string message) const {
    LevelError at = error(kind, std::move(message));
    const auto& [cells, line, columns] = board_.rows[row];
    at.line = line;
    at.column = static_cast<std::int64_t>(column < columns.size() ? columns[column] : column + 1);
    if (column < cells.size()) at.byte = static_cast<unsigned char>(cells[column]);
    return at;
  }

  LevelError error(LevelErrorKind kind, Position at, std::string message) const {
    return error(kind, static_cast<std::size_t>(at.row) + frame_.first_row,
                 static_cast<std::size_t>(at.column) + frame_.first_column, std::move(message));
  }

  Found check_characters() {
    for (std::size_t row = 0; row < board_.rows.size(); ++row) {
      const std::string_view cells = board_.rows[row].cells;
      const auto bad = std::find_if(cells.begin(), cells.end(), [this](char byte) { return mark(byte) == kBad; });
      if (bad == cells.end()) continue;
      return error(LevelErrorKind::bad_character, row, static_cast<std::size_t>(bad - cells.begin()),
                   fmt::format("{} in a board; boards are made of \" #@+$*.-_{}\", and a blank line ends them", shown(*bad),
                               board_.alphabet == Alphabet::sok ? "pPbB" : ""));
    }
    return {};
  }

  Found check_size() {
    const auto& rows = board_.rows;
    frame_ = {rows.size(), 0, ~std::size_t{0}, 0};
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const std::string_view cells = rows[row].cells;
      const std::size_t first = cells.find_first_not_of(" -_");
      if (first == std::string_view::npos) continue;
      frame_.first_row = std::min(frame_.first_row, row);
      frame_.last_row = row;
      frame_.first_column = std::min(frame_.first_column, first);
      frame_.last_column = std::max(frame_.last_column, cells.find_last_not_of(" -_"));
    }
    if (frame_.first_row == rows.size()) return {};  // nothing but floor, and so no player
    const std::size_t height = frame_.last_row - frame_.first_row + 1, width = frame_.last_column - frame_.first_column + 1;
    if (height > kLargestSize || width > kLargestSize) {
      return error(LevelErrorKind::too_large,
                   fmt::format("{} rows and {} columns; boards have at most {} of each", height, width, kLargestSize));
    }
    read_cells(height, width);
    return {};
  }

  void read_cells(std::size_t height, std::size_t width) {
    LevelRows& level = parsed_.level;
    level.height = static_cast<int>(height);
    level.width = static_cast<int>(width);
    level.walls.assign(height, ~Row{0});
    level.targets.assign(height, 0);
    level.boxes.assign(height, 0);
    for (std::size_t row = 0; row < height; ++row) {
      const std::string_view cells = board_.rows[row + frame_.first_row].cells;
      const std::size_t end = std::min(cells.size(), frame_.last_column + 1);
      for (std::size_t column = frame_.first_column; column < end; ++column) {
        const std::uint8_t here = mark(cells[column]);
        const std::size_t bit = column - frame_.first_column;
        if (here & kWall) continue;
        level.walls[row] &= ~(Row{1} << bit);
        if (here & kTarget) level.targets[row] |= Row{1} << bit;
        if (here & kBox) level.boxes[row] |= Row{1} << bit;
        if (here & kPlayer) players_.push_back({static_cast<int>(row), static_cast<int>(bit)});
      }
    }
  }

  Found check_player() {
    if (players_.empty()) {
      return error(LevelErrorKind::no_player, "no player; put one '@' (or '+' on a target) where the player starts");
    }
    if (players_.size() > 1) {
      return error(LevelErrorKind::two_players, players_[1],
                   fmt::format("{} players; keep one, or part two boards by a blank line", players_.size()));
    }
    parsed_.level.player = players_.front();
    return {};
  }

  Found check_boxes() {
    if (parsed_.level.box_count() > 0) return {};
    return error(LevelErrorKind::no_box, "no box; put at least one '$' where the player can push it");
  }

  Found check_walls() {
    const LevelRows& level = parsed_.level;
    const auto height = static_cast<std::size_t>(level.height);
    std::vector<Row> open(height);
    std::transform(level.walls.begin(), level.walls.end(), open.begin(), [](Row walls) { return ~walls; });
    reached_.assign(height, 0);
    reached_[static_cast<std::size_t>(level.player.row)] |= Row{1} << level.player.column;
    reach_all(open.data(), level.height, reached_.data());

    const Row sides = Row{1} | Row{1} << (level.width - 1);
    for (int row = 0; row < level.height; ++row) {
      const bool rim = row == 0 || row == level.height - 1;
      const Row leaks = reached_[static_cast<std::size_t>(row)] & (rim ? ~Row{0} : sides);
      if (leaks == 0) continue;
      int column = 0;
      while ((leaks >> column & 1) == 0) ++column;
      return error(LevelErrorKind::open_wall, Position{row, column},
                   "the player can walk to the edge of the board here; close the wall around the room");
    }
    return {};
  }

  Found check_reach() {
    LevelRows& level = parsed_.level;
    for (int row = 0; row < level.height; ++row) {
      const auto r = static_cast<std::size_t>(row);
      const Row stranded = level.boxes[r] & ~level.targets[r] & ~reached_[r];
      if (stranded == 0) continue;
      int column = 0;
      while ((stranded >> column & 1) == 0) ++column;
      return error(LevelErrorKind::unreachable_box, Position{row, column},
                   "a box off its target where the player never comes; open a way to it or take it out");
    }
    Row lost_boxes = 0, lost_targets = 0;
    for (std::size_t row = 0; row < reached_.size(); ++row) {
      lost_boxes |= level.boxes[row] & ~reached_[row];
      lost_targets |= level.targets[row] & ~level.boxes[row] & ~reached_[row];
      level.walls[row] = ~reached_[row];
      level.boxes[row] &= reached_[row];
      level.targets[row] &= reached_[row];
    }
    if (lost_targets != 0) parsed_.warnings.push_back(LevelWarning::unreachable_target);
    if (lost_boxes != 0) parsed_.warnings.push_back(LevelWarning::unreachable_box);
    return check_boxes();
  }

  Found check_targets() {
    const int boxes = parsed_.level.box_count(), targets = parsed_.level.target_count();
    if (targets >= boxes) return {};
    return error(LevelErrorKind::fewer_targets,
                 fmt::format("{} {} and only {} {} that can be reached; add '.' or take boxes out", boxes,
                             boxes == 1 ? "box" : "boxes", targets, targets == 1 ? "target" : "targets"));
  }

  std::uint8_t mark(char byte) const { return marks_[static_cast<unsigned char>(byte)]; }

  const BoardText& board_;
  const Marks& marks_ = marks_of(board_.alphabet);
  Frame frame_{};
  ParsedLevel parsed_;
  std::vector<Position> players_;
  std::vector<Row> reached_;
};

}  // namespace

bool is_board_character(char byte, Alphabet alphabet) {
  return marks_of(alphabet)[static_cast<unsigned char>(byte)] != kBad;
}

std::variant<ParsedLevel, LevelError> level_of(const BoardText& board) { return BoardReader(board).read(); }

void add(ParsedFile& file, std::variant<ParsedLevel, LevelError> result) {
  if (auto* level = std::get_if<ParsedLevel>(&result)) {
    file.levels.push_back(std::move(*level));
  } else {
    file.errors.push_back(std::get<LevelError>(std::move(result)));
  }
}

}  // namespace boxwarp
