// A level made by playing backwards: carve a room, put the boxes on their targets, then pull them away. Whoever pushes them
// back along the same way solves the level, so every level has a solution. A level is a pure function of (seed, level id).
#pragma once

#include "kernels/sokoban/bits.hpp"
#include "kernels/sokoban/carving.hpp"
#include "kernels/sokoban/pulling.hpp"

namespace boxwarp {

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

inline constexpr std::uint32_t kHalf = 1u << 31;
inline constexpr int kSpare = 4;           // one spare box for so many boxes
inline constexpr int kSecondThoughts = 8;  // pulls tried before the player lets himself be locked in

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
