#include "levels/game.hpp"

#include "kernels/sokoban/rules.hpp"

namespace boxwarp {

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
  const LargeMove move = moved(level_.fixed(), level_.boxes.data(), level_.player, action);
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

bool Game::solved() const { return boxwarp::solved(level_.fixed(), level_.boxes.data()); }

}  // namespace boxwarp
