#include "levels/level_set.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace boxwarp {

namespace {

bool fits_small_tier(const LevelRows& level) {
  const int height = level.height, width = level.width;
  if (height < 3 || width < 3 || height > kSmallSize || width > kSmallSize) return false;
  if (level.player.row < 1 || level.player.row >= height - 1) return false;
  if (level.player.column < 1 || level.player.column >= width - 1) return false;
  const Row inside = columns_of(width - 1) & ~Row{1};
  for (int row = 0; row < height; ++row) {
    const bool rim = row == 0 || row == height - 1;
    const auto r = static_cast<std::size_t>(row);
    if (~level.walls[r] & ~(rim ? 0 : inside)) return false;
  }
  return true;
}

// A plane's interior as one word; `outside` fills what the board does not cover.
Cells interior(const std::vector<Row>& plane, int width, bool outside) {
  Cells cells = outside ? ~Cells{0} : 0;
  const Row inside = columns_of(width - 2);
  for (std::size_t row = 1; row + 1 < plane.size(); ++row) {
    const std::size_t shift = kSmallInterior * (row - 1);
    cells &= ~(Cells{inside} << shift);
    cells |= (plane[row] >> 1 & inside) << shift;
  }
  return cells;
}

std::vector<Row> rows_of(Cells cells, int height, int width, bool outside) {
  const Row inside = columns_of(width - 2) << 1, rest = outside ? ~inside : 0;
  std::vector<Row> rows(static_cast<std::size_t>(height), outside ? ~Row{0} : 0);
  for (int row = 1; row < height - 1; ++row) {
    rows[static_cast<std::size_t>(row)] = ((cells >> (kSmallInterior * (row - 1)) << 1) & inside) | rest;
  }
  return rows;
}

}  // namespace

std::int32_t LevelSet::add_file(std::string path) {
  files_.push_back(std::move(path));
  return static_cast<std::int32_t>(files_.size()) - 1;
}

void LevelSet::add(const LevelRows& level, LevelOrigin origin) {
  const auto height = static_cast<std::size_t>(std::max(level.height, 0));
  if (level.height < 1 || level.height > kLargestSize || level.width < 1 || level.width > kLargestSize ||
      level.walls.size() != height || level.targets.size() != height || level.boxes.size() != height ||
      level.player.row < 0 || level.player.row >= level.height || level.player.column < 0 ||
      level.player.column >= level.width || origin.file < 0 || origin.file >= static_cast<std::int32_t>(files_.size())) {
    throw std::invalid_argument("LevelSet::add: not a level");
  }
  const bool small = fits_small_tier(level);
  const auto fits = [&](const LevelRun& run) {
    return run.small == small && run.height == level.height && run.width == level.width && run.file == origin.file &&
           run.first_ordinal + (size_ - run.first_level) == origin.ordinal;
  };
  if (runs_.empty() || !fits(runs_.back())) {
    runs_.push_back({.first_level = size_,
                     .first_ordinal = origin.ordinal,
                     .first_word = words_.size(),
                     .first_player = players_.size(),
                     .file = origin.file,
                     .height = static_cast<std::uint8_t>(level.height),
                     .width = static_cast<std::uint8_t>(level.width),
                     .small = small});
  }
  if (small) {
    words_.push_back(interior(level.walls, level.width, true));
    words_.push_back(interior(level.targets, level.width, false));
    words_.push_back(interior(level.boxes, level.width, false));
    players_.push_back(static_cast<std::uint8_t>(kSmallInterior * (level.player.row - 1) + level.player.column - 1));
  } else {
    const Row beyond = ~columns_of(level.width);
    for (const Row row : level.walls) words_.push_back(row | beyond);
    words_.insert(words_.end(), level.targets.begin(), level.targets.end());
    words_.insert(words_.end(), level.boxes.begin(), level.boxes.end());
    players_.push_back(static_cast<std::uint8_t>(level.player.row));
    players_.push_back(static_cast<std::uint8_t>(level.player.column));
  }
  if (!level.title.empty()) titles_.emplace_hint(titles_.end(), size_, level.title);
  ++size_;
  height_ = std::max(height_, level.height);
  width_ = std::max(width_, level.width);
  small_ = small_ && small;
}

void LevelSet::append(LevelSet other) {
  if (files_.empty()) {
    *this = std::move(other);
    return;
  }
  for (LevelRun run : other.runs_) {
    run.first_level += size_;
    run.first_word += words_.size();
    run.first_player += players_.size();
    run.file += static_cast<std::int32_t>(files_.size());
    runs_.push_back(run);
  }
  std::move(other.files_.begin(), other.files_.end(), std::back_inserter(files_));
  words_.insert(words_.end(), other.words_.begin(), other.words_.end());
  players_.insert(players_.end(), other.players_.begin(), other.players_.end());
  for (auto& [id, title] : other.titles_) titles_.emplace_hint(titles_.end(), size_ + id, std::move(title));
  for (auto& [id, label] : other.labels_) labels_.emplace_hint(labels_.end(), size_ + id, std::move(label));
  size_ += other.size_;
  height_ = std::max(height_, other.height_);
  width_ = std::max(width_, other.width_);
  small_ = small_ && other.small_;
}

void LevelSet::set_label(std::int64_t id, LevelLabel label) {
  if (id < 0 || id >= size_) throw std::out_of_range("LevelSet: no level with this number");
  labels_.insert_or_assign(id, std::move(label));
}

const LevelRun& LevelSet::run_of(std::int64_t id) const {
  if (id < 0 || id >= size_) throw std::out_of_range("LevelSet: no level with this number");
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), id,
                                      [](std::int64_t wanted, const LevelRun& run) { return wanted < run.first_level; });
  return *(after - 1);
}

LevelRows LevelSet::level(std::int64_t id) const {
  const LevelRun& run = run_of(id);
  const auto index = static_cast<std::size_t>(id - run.first_level);
  const auto word = words_.begin() + static_cast<std::ptrdiff_t>(run.first_word + index * run.words());
  const std::uint8_t* player = players_.data() + run.first_player + index * run.player_bytes();
  LevelRows level{
      .height = run.height, .width = run.width, .walls = {}, .targets = {}, .boxes = {}, .player = {}, .title = {}};
  if (run.small) {
    level.walls = rows_of(word[0], run.height, run.width, true);
    level.targets = rows_of(word[1], run.height, run.width, false);
    level.boxes = rows_of(word[2], run.height, run.width, false);
    level.player = {*player / kSmallInterior + 1, *player % kSmallInterior + 1};
  } else {
    level.walls.assign(word, word + run.height);
    level.targets.assign(word + run.height, word + 2 * run.height);
    level.boxes.assign(word + 2 * run.height, word + 3 * run.height);
    level.player = {player[0], player[1]};
  }
  if (const auto title = titles_.find(id); title != titles_.end()) level.title = title->second;
  return level;
}

LevelOrigin LevelSet::origin(std::int64_t id) const {
  const LevelRun& run = run_of(id);
  return {run.file, run.first_ordinal + (id - run.first_level)};
}

}  // namespace boxwarp
