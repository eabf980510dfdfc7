// One environment at a time, on text: level order, caps, rewards, ends of episodes and every drawing, from the
// specification.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "tests/oracle/deadlock.hpp"
#include "tests/oracle/philox.hpp"
#include "tests/oracle/sokoban.hpp"

namespace oracle {

using Text = std::vector<std::string>;
using Bytes = std::vector<std::uint8_t>;

enum class AfterEnd { next_at_once, next_in_next_step, nothing };

struct Rules {
  std::vector<Text> levels;
  int height = 0, width = 0;  // of observations: at least the largest level
  bool sequential = false;
  int min_steps = 30, max_steps = 120;
  bool symmetry = false;
  bool no_op = false;  // action 4
  bool end_on_deadlock = false;
  bool targets_covered = false;  // is what solves a level, whatever other boxes there are
  double step = -0.1, box = 1, finish = 10, idle = 0;
  std::int64_t total_environments = 1;
  AfterEnd after_end = AfterEnd::next_at_once;
};

// ---- drawings ----

inline int cell_code(char c) { return int(std::string("# .*$@+").find(c)); }

// An image of several channels, channels first or last.
template <class Channel>
Bytes image(const Text& board, int channels, bool channels_last, Channel&& channel) {
  Bytes bytes;
  const auto cell = [&](std::size_t r, std::size_t c, int k) { bytes.push_back(std::uint8_t(channel(board[r][c], k))); };
  if (channels_last) {
    for (std::size_t r = 0; r < board.size(); ++r)
      for (std::size_t c = 0; c < board[0].size(); ++c)
        for (int k = 0; k < channels; ++k) cell(r, c, k);
  } else {
    for (int k = 0; k < channels; ++k)
      for (std::size_t r = 0; r < board.size(); ++r)
        for (std::size_t c = 0; c < board[0].size(); ++c) cell(r, c, k);
  }
  return bytes;
}

inline Bytes rgb(const Text& board, bool channels_last) {
  static const int colours[7][3] = {{0, 0, 0},      {243, 248, 238}, {254, 126, 125}, {254, 95, 56},
                                    {142, 121, 56}, {160, 212, 56},  {219, 212, 56}};
  return image(board, 3, channels_last, [](char c, int k) { return colours[cell_code(c)][k]; });
}

inline bool shows(char c, int plane) {  // wall, target, box, player
  static const std::string shown[4] = {"#", ".*+", "$*", "@+"};
  return shown[plane].find(c) != std::string::npos;
}

inline Bytes planes4(const Text& board, bool channels_last) {
  return image(board, 4, channels_last, [](char c, int plane) { return shows(c, plane) ? 1 : 0; });
}

inline Bytes cells(const Text& board) {
  return image(board, 1, false, [](char c, int) { return cell_code(c); });
}

inline Bytes planes(const Text& board, bool channels_last) {
  return image(board, 7, channels_last, [](char c, int plane) { return cell_code(c) == plane ? 1 : 0; });
}

// Zeros and ones as numbers of another type: bytes of 1.0 in bfloat16 (two) or float32 (four), lowest first.
inline Bytes as_numbers(const Bytes& values, std::size_t size) {
  if (size == 1) return values;
  Bytes bytes;
  for (const std::uint8_t value : values) {
    bytes.insert(bytes.end(), size - 2, 0);
    bytes.push_back(value == 1 ? 0x80 : 0);
    bytes.push_back(value == 1 ? 0x3f : 0);
  }
  return bytes;
}

inline Bytes bytes_of(const std::vector<std::uint64_t>& words) {
  Bytes bytes(words.size() * 8);
  std::memcpy(bytes.data(), words.data(), bytes.size());
  return bytes;
}

// One word a plane: bit 8*(row-1) + (column-1) of the 8x8 interior, wall beyond the board.
inline Bytes packed_small(const Text& board) {
  std::vector<std::uint64_t> words(4);
  for (std::size_t row = 1; row <= 8; ++row)
    for (std::size_t column = 1; column <= 8; ++column)
      for (int plane = 0; plane < 4; ++plane) {
        const char c = row < board.size() && column < board[0].size() ? board[row][column] : '#';
        if (shows(c, plane)) words[std::size_t(plane)] |= std::uint64_t{1} << (8 * (row - 1) + (column - 1));
      }
  return bytes_of(words);
}

// A word for each row of each plane: bit = column, wall beyond the board.
inline Bytes packed_large(const Text& board) {
  std::vector<std::uint64_t> words;
  for (int plane = 0; plane < 4; ++plane)
    for (const std::string& row : board) {
      std::uint64_t word = 0;
      for (std::size_t column = 0; column < 64; ++column)
        if (shows(column < row.size() ? row[column] : '#', plane)) word |= std::uint64_t{1} << column;
      words.push_back(word);
    }
  return bytes_of(words);
}

// The board in one of its guises: 1 turned upside down, 2 left to right, 4 rows and columns changed places before that.
inline Text in_guise(const Text& board, int guise) {
  Text result = board;
  if ((guise & 4) != 0)
    for (std::size_t r = 0; r < board.size(); ++r)
      for (std::size_t c = 0; c < board.size(); ++c) result[r][c] = board[c][r];
  if ((guise & 1) != 0) std::reverse(result.begin(), result.end());
  if ((guise & 2) != 0)
    for (std::string& row : result) std::reverse(row.begin(), row.end());
  return result;
}

// With wall to the right and below.
inline Text padded(Text board, std::size_t height, std::size_t width) {
  for (std::string& row : board) row.resize(width, '#');
  board.resize(height, std::string(width, '#'));
  return board;
}

// ---- play ----

struct Ended {
  std::int64_t level;
  int steps, matched, idle;
  double sum_of_rewards;
  Text board;
};

struct Told {  // by a step
  float reward = 0;
  bool terminated = false, truncated = false;
  std::optional<Ended> ended;
};

class Environment {
 public:
  // number: of the environment in the whole run; stream: its number in the random stream of its seed.
  Environment(const Rules& rules, std::uint64_t seed, std::uint32_t stream, std::int64_t number)
      : rules_(&rules), seed_(seed), stream_(stream), number_(number) {}

  // From the beginning: counters at zero, the first episode.
  void seed() {
    episode_ = played_in_order_ = step_calls_ = 0;
    start(-1);
  }
  // Another episode: of this level, or -1 for the next in order.
  void reset(std::int64_t level) {
    ++episode_;
    start(level);
  }

  Told step(int action) {
    ++step_calls_;
    if (over_) {
      if (rules_->after_end == AfterEnd::next_in_next_step) {
        reset(-1);
        last_ = {};
      }
      last_.reward = 0;
      last_.ended.reset();
      return last_;
    }
    ++steps_;
    const bool idles = action == kNoOp;
    idle_ += idles;
    const int unmatched_before = board_.unmatched();
    // A level that is solved as given ends at its first step, whatever the action.
    const bool solved_as_given = steps_ == 1 && is_solved();
    board_.step(action);
    const int unmatched_after = board_.unmatched();
    Told told;
    told.terminated = is_solved() || solved_as_given;
    const bool ends_dead = rules_->end_on_deadlock && Deadlock(board_.rows()).dead();
    told.truncated = !told.terminated && (steps_ == cap_ || ends_dead);
    const double step = idles ? rules_->step + rules_->idle : rules_->step;
    const double reward = step + rules_->box * (unmatched_before - unmatched_after) + (told.terminated ? rules_->finish : 0);
    told.reward = float(reward);
    matched_ += unmatched_before - unmatched_after;
    sum_of_rewards_ += reward;
    if (told.terminated || told.truncated) {
      told.ended = Ended{level_, steps_, matched_, idle_, sum_of_rewards_, board_.rows()};
      if (rules_->after_end == AfterEnd::next_at_once)
        reset(-1);
      else
        over_ = true;
    }
    return last_ = told;
  }

  int random_action() const { return int(below(draw(seed_, stream_, 5, step_calls_), rules_->no_op ? 5 : 4)); }
  const Text& board() const { return board_.rows(); }
  std::int64_t level() const { return over_ ? -1 : level_; }  // of the episode that runs
  bool over() const { return over_; }
  int cap() const { return cap_; }

 private:
  bool is_solved() const { return rules_->targets_covered ? board_.targets_covered() : board_.solved(); }

  void start(std::int64_t level) {
    const auto count = std::int64_t(rules_->levels.size());
    if (level < 0) {
      level = rules_->sequential ? (number_ + std::int64_t(played_in_order_) * rules_->total_environments) % count
                                 : std::int64_t(below(draw(seed_, stream_, 0, episode_), std::uint64_t(count)));
      ++played_in_order_;
    }
    level_ = level;
    over_ = false;
    cap_ = rules_->min_steps +
           int(below(draw(seed_, stream_, 1, episode_), std::uint64_t(rules_->max_steps - rules_->min_steps + 1)));
    steps_ = matched_ = idle_ = 0;
    sum_of_rewards_ = 0;
    Text text = rules_->levels[std::size_t(level)];
    if (rules_->symmetry) {  // of the frame that every level of the set fits
      std::size_t height = 0, width = 0;
      for (const Text& other : rules_->levels) {
        height = std::max(height, other.size());
        width = std::max(width, other[0].size());
      }
      const int guise = int(below(draw(seed_, stream_, 3, episode_), height == width ? 8 : 4));
      text = in_guise(padded(text, height, width), guise);
    }
    board_ = Sokoban(padded(text, std::size_t(rules_->height), std::size_t(rules_->width)));
  }

  const Rules* rules_;
  std::uint64_t seed_;
  std::uint32_t stream_;
  std::int64_t number_;
  std::uint64_t episode_ = 0, played_in_order_ = 0, step_calls_ = 0;
  std::int64_t level_ = 0;
  int steps_ = 0, cap_ = 0, matched_ = 0, idle_ = 0;
  double sum_of_rewards_ = 0;
  bool over_ = false;  // and the next episode has not started
  Told last_;
  Sokoban board_{{"@"}};
};

}  // namespace oracle
