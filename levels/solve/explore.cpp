#include "levels/solve/explore.hpp"

#include <array>
#include <deque>
#include <string>
#include <unordered_map>

#include "kernels/sokoban/rules.hpp"

namespace boxwarp {

namespace {

constexpr int kNoDirection = kActions;  // before the first push

struct Boards {
  std::vector<std::vector<Row>> boxes;
  std::vector<Position> player;
  std::vector<std::array<std::int32_t, kActions>> next;  // board after each action; a solved board stays
  std::vector<std::array<bool, kActions>> pushes;
  std::vector<bool> solved;
  std::vector<int> moves;  // from the start
  bool complete = true;
};

std::string key_of(const std::vector<Row>& boxes, Position player) {
  std::string key(reinterpret_cast<const char*>(boxes.data()), boxes.size() * sizeof(Row));
  key.push_back(static_cast<char>(player.row));
  key.push_back(static_cast<char>(player.column));
  return key;
}

// All boards that can be reached, in order of moves.
Boards visit(const LevelRows& rows, std::int64_t most_boards) {
  const LargeLevel level = rows.fixed();
  Boards boards;
  std::unordered_map<std::string, std::int32_t> number_of;
  const auto number = [&](const std::vector<Row>& boxes, Position player, int moves) {
    const auto [found, is_new] =
        number_of.try_emplace(key_of(boxes, player), static_cast<std::int32_t>(boards.boxes.size()));
    if (is_new) {
      boards.boxes.push_back(boxes);
      boards.player.push_back(player);
      boards.solved.push_back(solved(level, boxes.data()));
      boards.moves.push_back(moves);
    }
    return found->second;
  };
  number(rows.boxes, rows.player, 0);
  for (std::size_t at = 0; at < boards.boxes.size(); ++at) {
    std::array<std::int32_t, kActions> next;
    std::array<bool, kActions> pushes{};
    next.fill(static_cast<std::int32_t>(at));
    for (std::size_t a = 0; a < kActions && !boards.solved[at]; ++a) {
      std::vector<Row> boxes = boards.boxes[at];
      const LargeMove move = moved(level, boxes.data(), boards.player[at], static_cast<Action>(a));
      apply(move, boxes.data());
      pushes[a] = move.pushes;
      next[a] = number(boxes, move.player, boards.moves[at] + 1);
    }
    boards.next.push_back(next);
    boards.pushes.push_back(pushes);
    if (static_cast<std::int64_t>(boards.boxes.size()) > most_boards) {
      boards.complete = false;
      return boards;
    }
  }
  return boards;
}

int fewest_moves(const Boards& boards) {
  for (std::size_t at = 0; at < boards.solved.size(); ++at)
    if (boards.solved[at]) return boards.moves[at];  // boards lie in order of moves
  return -1;
}

// A search over (board, direction of the last push) in which only a change of that direction costs.
int fewest_corners(const Boards& boards) {
  constexpr int kUnknown = -1;
  std::vector<std::array<int, kActions + 1>> corners(boards.solved.size());
  for (auto& of_board : corners) of_board.fill(kUnknown);
  struct Entry {
    std::int32_t board;
    int direction, corners;
  };
  std::deque<Entry> open{{0, kNoDirection, 0}};
  while (!open.empty()) {
    const Entry entry = open.front();
    open.pop_front();
    const auto at = static_cast<std::size_t>(entry.board);
    int& known = corners[at][static_cast<std::size_t>(entry.direction)];
    if (known != kUnknown) continue;
    known = entry.corners;
    if (boards.solved[at]) return entry.corners;
    for (std::size_t a = 0; a < kActions; ++a) {
      const int direction = boards.pushes[at][a] ? static_cast<int>(a) : entry.direction;
      const bool turns = entry.direction != kNoDirection && direction != entry.direction;
      const Entry following{boards.next[at][a], direction, entry.corners + turns};
      turns ? open.push_back(following) : open.push_front(following);
    }
  }
  return -1;
}

// Carries the distribution over boards through the steps.
double random_solution(const Boards& boards, int steps) {
  std::vector<double> now(boards.solved.size(), 0.0), then;
  now[0] = 1.0;
  for (int step = 0; step < steps; ++step) {
    then.assign(now.size(), 0.0);
    for (std::size_t at = 0; at < now.size(); ++at) {
      if (now[at] == 0.0) continue;
      for (const std::int32_t next : boards.next[at]) then[static_cast<std::size_t>(next)] += now[at] / kActions;
    }
    now.swap(then);
  }
  double chance = 0;
  for (std::size_t at = 0; at < now.size(); ++at)
    if (boards.solved[at]) chance += now[at];
  return chance;
}

}  // namespace

std::optional<Exploration> explore(const LevelRows& level, int random_steps, std::int64_t most_boards) {
  const Boards boards = visit(level, most_boards);
  if (!boards.complete) return std::nullopt;
  return Exploration{.boards = static_cast<std::int64_t>(boards.boxes.size()),
                     .fewest_moves = fewest_moves(boards),
                     .fewest_corners = fewest_corners(boards),
                     .random_solution = random_solution(boards, random_steps)};
}

}  // namespace boxwarp
