// One level being played by hand or by a list of moves: the rules, with a way back.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "levels/level.hpp"

namespace boxwarp {

// Cell codes (kernels/sokoban/board.hpp) of the level as it stands: (height * width).
std::vector<std::uint8_t> cell_codes(const LevelRows& level);

class Game {
 public:
  explicit Game(LevelRows level) : level_(std::move(level)) {}

  // False if the way is blocked; then nothing changes.
  bool move(Action action);
  bool undo();  // false at the start
  void restart();

  bool solved() const;
  const LevelRows& level() const { return level_; }  // boxes and player as they stand now
  // The moves so far, u d l r; a capital pushed.
  const std::string& lurd() const { return lurd_; }
  int moves() const { return static_cast<int>(lurd_.size()); }
  int pushes() const { return pushes_; }

 private:
  LevelRows level_;
  std::string lurd_;
  int pushes_ = 0;
};

// The letter of LURD for a move, a capital if it pushes, and back. The letter must be one of udlrUDLR.
constexpr char lurd_letter(Action action, bool pushes) { return (pushes ? "UDLR" : "udlr")[static_cast<int>(action)]; }
constexpr bool lurd_pushes(char letter) { return letter >= 'A' && letter <= 'Z'; }
constexpr Action lurd_action(char letter) {
  const auto is = [letter](Action action) { return letter == lurd_letter(action, lurd_pushes(letter)); };
  return is(Action::up) ? Action::up : is(Action::down) ? Action::down : is(Action::left) ? Action::left : Action::right;
}
constexpr bool is_lurd(char byte) { return byte == lurd_letter(lurd_action(byte), lurd_pushes(byte)); }

}  // namespace boxwarp
