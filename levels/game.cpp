#include "levels/game.hpp"

#include <string_view>

#include "kernels/sokoban/rules.hpp"

namespace boxwarp {

namespace {

constexpr std::string_view kSmallLetters = "udlr", kCapitals = "UDLR";  // by action

// up and down, left and right are pairs.
Action opposite(Action action) { return static_cast<Action>(static_cast<int>(action) ^ 1); }
static_assert((static_cast<int>(Action::up) ^ 1) == static_cast<int>(Action::down));
static_assert((static_cast<int>(Action::left) ^ 1) == static_cast<int>(Action::right));

LargeLevel fixed_part(const LevelRows& level) {
  return {.walls = level.walls.data(), .targets = level.targets.data(), .height = level.height};
}

}  // namespace

std::vector<std::uint8_t> cell_codes(const LevelRows& level) {
  std::vector<std::uint8_t> codes;
  for (int row = 0; row < level.height; ++row) {
    for (int column = 0; column < level.width; ++column) {
      const Position at{row, column};
      const bool target = has(level.targets.data(), at);
      Cell cell = target ? Cell::target : Cell::floor;
      if (has(level.walls.data(), at)) {
        cell = Cell::wall;
      } else if (has(level.boxes.data(), at)) {
        cell = target ? Cell::box_on_target : Cell::box;
      } else if (at == level.player) {
        cell = target ? Cell::player_on_target : Cell::player;
      }
      codes.push_back(static_cast<std::uint8_t>(cell));
    }
  }
  return codes;
}

bool Game::move(Action action) {
  const LargeMove move = moved(fixed_part(level_), level_.boxes.data(), level_.player, action);
  if (move.player == level_.player) return false;
  apply(move, level_.boxes.data());
  level_.player = move.player;
  lurd_ += lurd_letter(action, move.pushes);
  pushes_ += move.pushes;
  return true;
}

bool Game::undo() {
  if (lurd_.empty()) return false;
  const char letter = lurd_.back();
  const Action action = lurd_action(letter);
  if (lurd_pushes(letter)) {
    // The box goes back to where the player stands.
    apply({.player = {}, .box_from = neighbour(level_.player, action), .box_to = level_.player, .pushes = true},
          level_.boxes.data());
    --pushes_;
  }
  level_.player = neighbour(level_.player, opposite(action));
  lurd_.pop_back();
  return true;
}

void Game::restart() {
  while (undo()) {
  }
}

bool Game::solved() const { return boxwarp::solved(fixed_part(level_), level_.boxes.data()); }

char lurd_letter(Action action, bool pushes) {
  return (pushes ? kCapitals : kSmallLetters)[static_cast<std::size_t>(action)];
}

Action lurd_action(char letter) {
  const std::size_t small = kSmallLetters.find(letter);
  return static_cast<Action>(small != std::string_view::npos ? small : kCapitals.find(letter));
}

bool lurd_pushes(char letter) { return kCapitals.find(letter) != std::string_view::npos; }

bool is_lurd(char byte) { return lurd_pushes(byte) || kSmallLetters.find(byte) != std::string_view::npos; }

}  // namespace boxwarp
