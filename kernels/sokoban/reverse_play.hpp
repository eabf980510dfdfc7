// A level made by playing backwards: carve a room, put the boxes on their targets, then pull them away. Whoever pushes them
// back along the same way solves the level, so every level has a solution.
//
// The room is the published family's (gym-sokoban, Schrader 2018): a random walk through solid wall that turns with
// probability 0.35 and opens one of five shapes of two to four cells at each step.
//
// A level is a pure function of (seed, level id): its random words are draw(seed, k, Stream::generator, level id) for
// k = 0, 1, 2, ... No other stream uses these counters, so no two levels share a word. Only integers are computed with.
#pragma once

#include "kernels/sokoban/bits.hpp"
#include "kernels/sokoban/random.hpp"
#include "kernels/sokoban/reach.hpp"
#include "kernels/sokoban/rules.hpp"

namespace boxwarp {

struct ReversePlay {
  int height = 7, width = 7;           // 3 to 64, rim included
  int boxes = 1;                       // at least 1
  int walk = 16;                       // steps of the walk that carves the room
  int min_moves = 8, max_moves = 120;  // player's moves, walks and pulls, that are played backwards
  int min_turns = 0;                   // corners in the ways of the boxes, all together
  int attempts = 10'000;               // rooms tried before giving up
};

template <int kRows = kLargestSize>  // at least the height
struct PlayedLevel {
  Row walls[kRows], targets[kRows], boxes[kRows];  // rows and columns beyond the board are wall
  Position player;
  int moves, turns;  // of the play that made it, less the walk to the player's first place
};

// Told of each pull of the play that made the level; begin() forgets what was told before.
struct NobodyWatches {
  HOST_DEVICE constexpr void begin() {}
  HOST_DEVICE constexpr void pull(Position /*box_before*/, Action /*direction*/) {}
};

namespace reverse_play {

inline constexpr std::uint32_t kTurn = 1503238554u;  // 0.35 of 2^32
inline constexpr std::uint32_t kHalf = 1u << 31;
inline constexpr int kSpare = 4;           // one spare box for so many boxes
inline constexpr int kSecondThoughts = 8;  // pulls tried before the player lets himself be locked in

// The shapes: three rows of three cells each, lowest bit left; the walker stands on the middle cell.
inline constexpr int kShapes = 5;
HOST_DEVICE constexpr Row shape_row(int shape, int row) {
  constexpr std::uint64_t shapes =
      0b000'111'000 | 0b010'010'010ull << 9 | 0b010'011'000ull << 18 | 0b011'011'000ull << 27 | 0b010'110'000ull << 36;
  return shapes >> (9 * shape + 3 * row) & 7;
}
static_assert(shape_row(2, 0) == 0 && shape_row(2, 1) == 0b011 && shape_row(2, 2) == 0b010);

struct Words {
  std::uint64_t seed = 0, level_id = 0;
  std::uint32_t block = 0;
  int used = 4;
  RandomWords words{};

  HOST_DEVICE constexpr void begin(std::uint64_t with_seed, std::uint64_t of_level) {
    seed = with_seed;
    level_id = of_level;
    block = 0;
    used = 4;
  }

  HOST_DEVICE constexpr std::uint32_t next() {
    if (used == 4) {
      words = draw(seed, block++, Stream::generator, level_id);
      used = 0;
    }
    return words.word[used++];
  }
  HOST_DEVICE constexpr int below(int n) {
    return static_cast<int>(std::uint64_t{next()} * static_cast<std::uint64_t>(n) >> 32);
  }
  HOST_DEVICE constexpr bool happens(std::uint32_t chance) { return next() < chance; }
};

HOST_DEVICE constexpr int count(const Row* plane, int height) {
  int cells = 0;
  for (int row = 0; row < height; ++row) cells += bit_count(plane[row]);
  return cells;
}

// The cell of a plane with this number in reading order.
HOST_DEVICE constexpr Position cell_of(const Row* plane, int number) {
  int row = 0;
  for (int here = bit_count(plane[0]); number >= here; here = bit_count(plane[row])) {
    number -= here;
    ++row;
  }
  Row cells = plane[row];
  for (; number > 0; --number) cells &= cells - 1;
  return {row, lowest_bit(cells)};
}

HOST_DEVICE constexpr void put(Row* plane, Position at) { plane[at.row] |= Row{1} << at.column; }
HOST_DEVICE constexpr void take(Row* plane, Position at) { plane[at.row] &= ~(Row{1} << at.column); }

HOST_DEVICE constexpr bool vertical(Action action) { return action == Action::up || action == Action::down; }

// Row `row` of the cells whose neighbour `steps` on in this direction is in the plane.
HOST_DEVICE constexpr Row seen_from(const Row* plane, int height, int row, Action direction, int steps) {
  const int there = row + steps * ((direction == Action::down) - (direction == Action::up));
  if (there < 0 || there >= height) return 0;
  if (direction == Action::left) return plane[there] << steps;
  if (direction == Action::right) return plane[there] >> steps;
  return plane[there];
}

// The state of one attempt. last[d]: boxes whose last pull went in direction d; spare: for whoever needs a plane.
template <int kRows>
struct Play {
  Row floor[kRows]{}, open[kRows]{}, boxes[kRows]{}, targets[kRows]{}, reached[kRows]{}, spare[kRows]{};
  Row last[kActions][kRows]{};
  Position player{0, 0};
  int moves = 0, turns = 0;
};

template <int kRows>
HOST_DEVICE constexpr void clear(Play<kRows>& play) {
  for (int row = 0; row < kRows; ++row) {
    play.floor[row] = play.open[row] = play.boxes[row] = play.targets[row] = play.reached[row] = 0;
    for (int d = 0; d < kActions; ++d) play.last[d][row] = 0;
  }
  play.moves = play.turns = 0;
}

template <int kRows>
HOST_DEVICE constexpr void carve(const ReversePlay& rules, Words& words, Play<kRows>& play) {
  const Row inside = (~Row{0} >> (kLargestSize - (rules.width - 2))) << 1;
  Position at{1 + words.below(rules.height - 2), 1 + words.below(rules.width - 2)};
  auto direction = static_cast<Action>(words.below(kActions));
  for (int step = 0; step < rules.walk; ++step) {
    if (words.happens(kTurn)) direction = static_cast<Action>(words.below(kActions));
    const Position next = neighbour(at, direction);
    if (next.row > 0 && next.row < rules.height - 1 && next.column > 0 && next.column < rules.width - 1) at = next;
    const int shape = words.below(kShapes);
    for (int r = 0; r < 3; ++r) {
      const int row = at.row - 1 + r;
      if (row > 0 && row < rules.height - 1) play.floor[row] |= (shape_row(shape, r) << (at.column - 1)) & inside;
    }
  }
}

// Boxes on targets where they can be pulled as far as walls go, the player anywhere else. Some boxes are spare: whatever
// boxes cannot be reached are left where they are and taken out in the end. False: the room is too small.
template <int kRows>
HOST_DEVICE constexpr bool place(const ReversePlay& rules, Words& words, Play<kRows>& play) {
  Row* places = play.spare;
  for (int row = 0; row < rules.height; ++row) {
    places[row] = 0;
    for (int d = 0; d < kActions; ++d) {
      const auto direction = static_cast<Action>(d);
      places[row] |= play.floor[row] & seen_from(play.floor, rules.height, row, direction, 1) &
                     seen_from(play.floor, rules.height, row, direction, 2);
    }
  }
  int left = count(places, rules.height);
  if (left < rules.boxes || count(play.floor, rules.height) < 2 * rules.boxes) return false;
  const int wanted = rules.boxes + rules.boxes / kSpare;
  for (int box = 0; box < wanted && left > 0; ++box) {
    const Position at = cell_of(places, words.below(left--));
    take(places, at);
    put(play.targets, at);
    put(play.boxes, at);
  }
  for (int row = 0; row < rules.height; ++row) play.open[row] = play.floor[row] & ~play.boxes[row];
  play.player = cell_of(play.open, words.below(count(play.open, rules.height)));
  return true;
}

// Row `row` of the boxes that were pulled at least once.
template <int kRows>
HOST_DEVICE constexpr Row pulled(const Play<kRows>& play, int row) {
  return play.last[0][row] | play.last[1][row] | play.last[2][row] | play.last[3][row];
}

// Which boxes a pull may be chosen from.
struct Choice {
  bool on_target_only;  // those on targets
  bool pulled_only;     // those pulled before
  bool onward_only;     // not straight back where the box came from
};

// Row `row` of the boxes that the player can pull in this direction.
template <int kRows>
HOST_DEVICE constexpr Row pullable(const Play<kRows>& play, int height, int row, Action direction, Choice choice) {
  Row boxes = play.boxes[row];
  if (choice.on_target_only) boxes &= play.targets[row];
  if (choice.pulled_only) boxes &= pulled(play, row);
  if (choice.onward_only) boxes &= ~play.last[static_cast<int>(opposite(direction))][row];
  return boxes & seen_from(play.reached, height, row, direction, 1) & seen_from(play.open, height, row, direction, 2);
}

template <int kRows>
HOST_DEVICE constexpr int count_pulls(const Play<kRows>& play, int height, Choice choice) {
  int pulls = 0;
  for (int d = 0; d < kActions; ++d) {
    for (int row = 0; row < height; ++row) pulls += bit_count(pullable(play, height, row, static_cast<Action>(d), choice));
  }
  return pulls;
}

struct Pull {
  Position box;
  Action direction;
};

template <int kRows>
HOST_DEVICE constexpr Pull pull_of(const Play<kRows>& play, int height, Choice choice, int number) {
  for (int d = 0; d < kActions; ++d) {
    const auto direction = static_cast<Action>(d);
    for (int row = 0; row < height; ++row) {
      Row cells = pullable(play, height, row, direction, choice);
      const int here = bit_count(cells);
      if (number < here) {
        for (; number > 0; --number) cells &= cells - 1;
        return {{row, lowest_bit(cells)}, direction};
      }
      number -= here;
    }
  }
  return {{0, 0}, Action::up};
}

// One pull: the player stands beside the box and both go one cell in this direction.
template <int kRows>
HOST_DEVICE constexpr void pull(Play<kRows>& play, Position box, Action direction) {
  const Position to = neighbour(box, direction);
  take(play.boxes, box);
  put(play.boxes, to);
  put(play.open, box);
  take(play.open, to);
  for (int d = 0; d < kActions; ++d) {
    if (has(play.last[d], box)) play.turns += vertical(static_cast<Action>(d)) != vertical(direction);
    take(play.last[d], box);
  }
  put(play.last[static_cast<int>(direction)], to);
  play.player = neighbour(to, direction);
  ++play.moves;
}

template <int kRows>
HOST_DEVICE constexpr void find_reach(Play<kRows>& play, int height) {
  for (int row = 0; row < height; ++row) play.reached[row] = 0;
  put(play.reached, play.player);
  reach_all(play.open, height, play.reached);
}

// Walks to the box and pulls it, on while the way is free and the coin says so. Returns the number of pulls.
template <int kRows>
HOST_DEVICE constexpr int pull_on(const ReversePlay& rules, Words& words, Play<kRows>& play, Pull first) {
  auto [box, direction] = first;
  play.moves += walking_distance(play.open, rules.height, play.player, neighbour(box, direction), play.spare);
  int pulls = 0;
  while (play.moves < rules.max_moves) {
    pull(play, box, direction);
    ++pulls;
    box = neighbour(box, direction);
    if (!has(play.open, neighbour(play.player, direction)) || words.happens(kTurn)) break;
  }
  return pulls;
}

// Plays backwards until the level qualifies: as many boxes as asked for were pulled, and none of them stands on a target.
// False: stuck, or no luck within max_moves. before: written over.
template <int kRows, class Watcher>
HOST_DEVICE constexpr bool play_backwards(const ReversePlay& rules, Words& words, Play<kRows>& play, Play<kRows>& before,
                                          Watcher& watcher) {
  const int height = rules.height;
  const int wanted_moves = rules.min_moves + words.below(rules.max_moves - rules.min_moves + 1);
  find_reach(play, height);
  for (;;) {
    int boxes = 0, waiting = 0;  // pulled at least once; those of them on targets
    for (int row = 0; row < height; ++row) {
      boxes += bit_count(pulled(play, row));
      waiting += bit_count(pulled(play, row) & play.targets[row]);
    }
    const bool all = boxes == rules.boxes, enough = all && waiting == 0 && play.turns >= rules.min_turns;
    if (play.moves > rules.max_moves) return false;
    if (enough && play.moves >= wanted_moves) return true;
    if (play.moves == rules.max_moves) return false;

    // Boxes on targets go first half of the time, and always at the end.
    const bool late = play.moves >= wanted_moves && play.turns >= rules.min_turns;
    Choice choice{.on_target_only = late || words.happens(kHalf), .pulled_only = all, .onward_only = true};
    int pulls = count_pulls(play, height, choice);
    if (pulls == 0 && choice.on_target_only) pulls = count_pulls(play, height, choice = {false, all, true});
    if (pulls == 0) pulls = count_pulls(play, height, choice = {false, all, false});
    if (pulls == 0) return enough && play.moves >= rules.min_moves;  // stuck, though far enough

    // A player who pulls a box into the door behind himself is locked in. While boxes wait on their targets, such a pull
    // is taken back most of the time.
    before = play;
    const int room = count(play.reached, height);
    Pull chosen{};
    int length = 0;
    for (int attempt = 0; attempt < kSecondThoughts; ++attempt) {
      if (attempt > 0) play = before;
      chosen = pull_of(play, height, choice, words.below(pulls));
      length = pull_on(rules, words, play, chosen);
      find_reach(play, height);
      if (2 * count(play.reached, height) >= room || all) break;
    }
    for (int i = 0; i < length; ++i) {
      watcher.pull(chosen.box, chosen.direction);
      chosen.box = neighbour(chosen.box, chosen.direction);
    }
  }
}

}  // namespace reverse_play

// Where a level is made: kilobytes, which a thread of a GPU had better not keep on a stack of its own.
template <int kRows = kLargestSize>
struct Workshop {
  reverse_play::Play<kRows> play, before;
  reverse_play::Words words;
};

// The level with this id. False: none of the attempts gave a level that the rules allow. The rules are checked by the
// caller: sizes up to kRows x 64, boxes >= 1, 0 <= min_moves <= max_moves, walk >= 1.
template <int kRows, class Watcher = NobodyWatches>
HOST_DEVICE constexpr bool reverse_played(const ReversePlay& rules, std::uint64_t seed, std::uint64_t level_id,
                                          Workshop<kRows>& workshop, PlayedLevel<kRows>& level, Watcher&& watcher = {}) {
  using namespace reverse_play;
  Play<kRows>& play = workshop.play;
  Words& words = workshop.words;
  words.begin(seed, level_id);
  for (int attempt = 0; attempt < rules.attempts; ++attempt) {
    watcher.begin();
    clear(play);
    carve(rules, words, play);
    if (!place(rules, words, play) || !play_backwards(rules, words, play, workshop.before, watcher)) continue;
    // Spare boxes were never pulled: without them and the targets below them the same play is possible.
    for (int row = 0; row < kRows; ++row) {
      level.walls[row] = ~play.floor[row];
      level.boxes[row] = pulled(play, row);
      level.targets[row] = play.targets[row] & ~(play.boxes[row] & ~level.boxes[row]);
      play.open[row] = play.floor[row] & ~level.boxes[row];
    }
    find_reach(play, rules.height);
    level.player = cell_of(play.reached, words.below(count(play.reached, rules.height)));
    level.moves = play.moves;
    level.turns = play.turns;
    return true;
  }
  return false;
}

// The same in a workshop of its own.
template <class Watcher = NobodyWatches>
HOST_DEVICE constexpr bool reverse_played(const ReversePlay& rules, std::uint64_t seed, std::uint64_t level_id,
                                          PlayedLevel<>& level, Watcher&& watcher = {}) {
  Workshop<> workshop;
  return reverse_played(rules, seed, level_id, workshop, level, watcher);
}

}  // namespace boxwarp
