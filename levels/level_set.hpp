// All levels of a run, in memory: what files or a generator gave, in order, each with its origin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "levels/labels.hpp"
#include "levels/level.hpp"

namespace boxwarp {

struct LevelOrigin {
  std::int32_t file;     // index into files(), from 0
  std::int64_t ordinal;  // index in the file, from 0; a rejected level keeps its number
};

// Levels in a row that come from one place and have one size. Level first_level + i has ordinal first_ordinal + i, its words
// begin at first_word + i * words() and its player at first_player + i * player_bytes().
struct LevelRun {
  std::int64_t first_level;
  std::int64_t first_ordinal;
  std::size_t first_word, first_player;
  std::int32_t file;
  std::uint8_t height, width;
  bool small;  // small: walls, targets, boxes of the interior in one word each; else (height) words each

  std::size_t words() const { return small ? 3u : std::size_t{3} * height; }
  std::size_t player_bytes() const { return small ? 1 : 2; }  // small: bit of the interior; else row, column
};

class LevelSet {
 public:
  std::int64_t size() const { return size_; }
  int height() const { return height_; }  // of the largest level
  int width() const { return width_; }
  bool fits_small() const { return small_; }  // every level fits the small tier: at most 10x10 with a rim of wall
  LevelRows level(std::int64_t id) const;     // throws std::out_of_range
  LevelOrigin origin(std::int64_t id) const;  // throws std::out_of_range
  const std::vector<std::string>& files() const { return files_; }

  std::int32_t add_file(std::string path);
  // Throws std::invalid_argument on a size outside 1..64, planes of another length, a file that was not added, or a player
  // outside the board.
  void add(const LevelRows& level, LevelOrigin origin);

  // All of another set, behind what is there.
  void append(LevelSet other);

  // Throws std::out_of_range for a level that is not there.
  void set_label(std::int64_t id, LevelLabel label);

  // How it lies in memory: 25 bytes for a level of the small tier, 24 bytes a row and 2 for others.
  const std::vector<LevelRun>& runs() const { return runs_; }
  const std::vector<std::uint64_t>& words() const { return words_; }
  const std::vector<std::uint8_t>& players() const { return players_; }
  const std::map<std::int64_t, std::string>& titles() const { return titles_; }  // of the levels that have one
  const std::map<std::int64_t, LevelLabel>& labels() const { return labels_; }   // the same

 private:
  const LevelRun& run_of(std::int64_t id) const;

  std::vector<std::string> files_;
  std::vector<LevelRun> runs_;
  std::vector<std::uint64_t> words_;
  std::vector<std::uint8_t> players_;
  std::map<std::int64_t, std::string> titles_;
  std::map<std::int64_t, LevelLabel> labels_;
  std::int64_t size_ = 0;
  int height_ = 0, width_ = 0;
  bool small_ = true;
};

struct LoadOptions {
  bool lenient = false;  // skip what is rejected instead of failing; every rejection is reported all the same
  // Calls task(i) for every i below count, in any order, by several threads if it likes: files are read and parsed by it.
  std::function<void(std::int64_t count, const std::function<void(std::int64_t)>& task)> run = in_order;

  static void in_order(std::int64_t count, const std::function<void(std::int64_t)>& task) {
    for (std::int64_t i = 0; i < count; ++i) task(i);
  }
};

// Reads files, folders (all their files but hidden ones, those of subfolders too, ordered by the bytes of their names),
// patterns such as "sets/*.sok", "generated:size=7x7,boxes=1,count=1000,seed=3,..." and the names of shipped sets
// ("boxoban-like-test", levels/shipped.hpp) in the order given; packed sets keep the origins that they were packed with.
// Throws BadInput with path:line:column on the first bad level, unless lenient; then `warnings` (may be null) gets one line
// for each level that was left out. What cannot be read or is a damaged pack is BadInput either way, and so is a set without
// any level.
LevelSet load_levels(const std::vector<std::string>& paths, const LoadOptions& options = {},
                     std::vector<std::string>* warnings = nullptr);

}  // namespace boxwarp
