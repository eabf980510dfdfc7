// The rules of Sokoban as pure functions over bits, for both tiers of board.hpp. Nothing else in the project moves a box.
#pragma once

#include "kernels/sokoban/board.hpp"

namespace boxwarp {

// All ones if the claim holds: rules select with masks, never with branches.
HOST_DEVICE constexpr Cells all_if(bool claim) { return Cells{0} - Cells{claim}; }

// All ones if there is no cell. Words of several boards have a function of this name too.
HOST_DEVICE constexpr Cells if_none(Cells cells) { return all_if(cells == 0); }

// Which way an action goes: so many bits up, then so many down, and the cells that can be reached that way at all.
template <class Word>
struct Heading {
  Word bits_up, bits_down, reached;
};

// up and so on: all ones if the action is that; no_op goes nowhere.
template <class Word>
HOST_DEVICE constexpr Heading<Word> heading(Word up, Word down, Word left, Word right) {
  return {(down & 8) | (right & 1), (up & 8) | (left & 1), ~((left & kRightColumn) | (right & kLeftColumn))};
}

HOST_DEVICE constexpr Heading<Cells> heading_of(Action action) {
  return heading(all_if(action == Action::up), all_if(action == Action::down), all_if(action == Action::left),
                 all_if(action == Action::right));
}

// Every cell moved one step; cells that would leave the interior disappear.
template <class Word>
HOST_DEVICE constexpr Word shifted(Word cells, const Heading<Word>& to) {
  return cells << to.bits_up >> to.bits_down & to.reached;
}
HOST_DEVICE constexpr Cells shifted(Cells cells, Action action) { return shifted(cells, heading_of(action)); }
static_assert(shifted(kRightColumn, Action::right) == 0, "a row does not run on into the next");
static_assert(shifted(kLeftColumn, Action::left) == 0, "a row does not run back into the one before");
static_assert(shifted(Cells{0xff}, Action::up) == 0 && shifted(Cells{0xff} << 56, Action::down) == 0);
static_assert(shifted(Cells{1} << 9, Action::up) == Cells{1} << 1 && shifted(Cells{1} << 9, Action::left) == Cells{1} << 8);

// The board after one action. A blocked action changes nothing, nor does no_op.
template <class Word>
HOST_DEVICE constexpr BoardOf<Word> moved(const LevelOf<Word>& level, const BoardOf<Word>& board, const Heading<Word>& to) {
  const Word ahead = shifted(board.player, to) & ~level.walls;
  const Word pushed = ahead & board.boxes;                                 // the box in front of the player, if any
  const Word beyond = shifted(pushed, to) & ~(level.walls | board.boxes);  // where that box goes, if it can
  const Word stays = if_none(ahead) | (if_none(beyond) & ~if_none(pushed));
  return {.boxes = board.boxes ^ ((pushed | beyond) & ~stays), .player = (board.player & stays) | (ahead & ~stays)};
}
HOST_DEVICE constexpr Board moved(const Level& level, const Board& board, Action action) {
  return moved(level, board, heading_of(action));
}

// The box that came to a target with the action between these two boards, and the one that left its target.
template <class Word>
HOST_DEVICE constexpr Word won_box(const LevelOf<Word>& level, const BoardOf<Word>& before, const BoardOf<Word>& after) {
  return after.boxes & ~before.boxes & level.targets;
}
template <class Word>
HOST_DEVICE constexpr Word lost_box(const LevelOf<Word>& level, const BoardOf<Word>& before, const BoardOf<Word>& after) {
  return before.boxes & ~after.boxes & level.targets;
}

// How many more boxes are on targets after than before; one action moves at most one box, so -1, 0 or 1.
HOST_DEVICE constexpr int matched_change(const Level& level, const Board& before, const Board& after) {
  return (won_box(level, before, after) != 0) - (lost_box(level, before, after) != 0);
}

// When a level counts as solved: no box is off a target, or no target is without a box. The two differ where a level has not
// as many targets as boxes.
enum class SolvedRule : std::uint8_t { boxes_matched, targets_covered };

// The cells that keep a level from being solved.
template <class Word>
HOST_DEVICE constexpr Word unsolved(const LevelOf<Word>& level, const BoardOf<Word>& board, SolvedRule rule) {
  return rule == SolvedRule::targets_covered ? level.targets & ~board.boxes : board.boxes & ~level.targets;
}

HOST_DEVICE constexpr bool solved(const Level& level, const Board& board, SolvedRule rule = SolvedRule::boxes_matched) {
  return unsolved(level, board, rule) == 0;
}

// The action that leads back; up and down, left and right are pairs. Not of no_op.
HOST_DEVICE constexpr Action opposite(Action action) { return static_cast<Action>(static_cast<int>(action) ^ 1); }
static_assert(opposite(Action::up) == Action::down && opposite(Action::down) == Action::up);
static_assert(opposite(Action::left) == Action::right && opposite(Action::right) == Action::left);

// The cell one step on.
HOST_DEVICE constexpr Position neighbour(Position at, Action action) {
  return {at.row + (action == Action::down) - (action == Action::up),
          at.column + (action == Action::right) - (action == Action::left)};
}

// Outside of the board counts as wall.
HOST_DEVICE constexpr bool is_wall(const LargeLevel& level, Position at) {
  const bool inside = at.row >= 0 && at.row < level.height && at.column >= 0 && at.column < kLargestSize;
  return !inside || has(level.walls, at);
}

// What one action changes on a board of the large tier. A blocked action has player at the old place and no push.
struct LargeMove {
  Position player;    // after the action
  Position box_from;  // valid if pushes
  Position box_to;    // valid if pushes
  bool pushes;
};

// The move that an action makes on (boxes: (height) words, player); touches only the three cells in line. no_op goes to
// where the player stands.
HOST_DEVICE constexpr LargeMove moved(const LargeLevel& level, const Row* boxes, Position player, Action action) {
  const Position ahead = neighbour(player, action);
  const Position beyond = neighbour(ahead, action);
  const bool open = !is_wall(level, ahead);
  const bool pushes = open && has(boxes, ahead);
  const bool blocked = pushes && (is_wall(level, beyond) || has(boxes, beyond));
  const bool goes = open && !blocked;
  return {.player = goes ? ahead : player, .box_from = ahead, .box_to = beyond, .pushes = pushes && goes};
}

// Carries the push out on the rows of boxes.
HOST_DEVICE constexpr void apply(const LargeMove& move, Row* boxes) {
  if (!move.pushes) return;
  boxes[move.box_from.row] &= ~(Row{1} << move.box_from.column);
  boxes[move.box_to.row] |= Row{1} << move.box_to.column;
}

HOST_DEVICE constexpr int matched_change(const LargeLevel& level, const LargeMove& move) {
  return move.pushes ? int{has(level.targets, move.box_to)} - int{has(level.targets, move.box_from)} : 0;
}

HOST_DEVICE constexpr bool solved(const LargeLevel& level, const Row* boxes, SolvedRule rule = SolvedRule::boxes_matched) {
  Row rest = 0;
  for (int row = 0; row < level.height; ++row)
    rest |= unsolved<Row>({.walls = 0, .targets = level.targets[row]}, {.boxes = boxes[row], .player = 0}, rule);
  return rest == 0;
}

// The rules, partly tested while compiling: one row of the interior, read from the left.
namespace rules_checked_while_compiling {
inline constexpr Level corridor{.walls = ~Cells{0x3f}, .targets = Cells{1} << 4};
inline constexpr Board start{.boxes = Cells{1} << 2, .player = Cells{1} << 1};
inline constexpr Board pushed_once = moved(corridor, start, Action::right);
inline constexpr Board pushed_twice = moved(corridor, pushed_once, Action::right);
static_assert(pushed_once.boxes == Cells{1} << 3 && pushed_once.player == Cells{1} << 2, "a push moves box and player");
static_assert(!solved(corridor, pushed_once) && solved(corridor, pushed_twice));
static_assert(matched_change(corridor, pushed_once, pushed_twice) == 1);
static_assert(moved(corridor, start, Action::up).player == start.player, "the rim is wall");
static_assert(moved(corridor, start, Action::no_op).player == start.player, "doing nothing changes nothing");
static_assert(moved(corridor, pushed_once, Action::left).boxes == pushed_once.boxes, "nothing is pulled");
inline constexpr Board two_boxes{.boxes = Cells{3} << 2, .player = Cells{1} << 1};
static_assert(moved(corridor, two_boxes, Action::right).player == two_boxes.player, "two boxes are too heavy");
inline constexpr Board at_the_wall{.boxes = Cells{1} << 5, .player = Cells{1} << 4};
static_assert(moved(corridor, at_the_wall, Action::right).boxes == at_the_wall.boxes, "a box against a wall stays");
}  // namespace rules_checked_while_compiling

}  // namespace boxwarp
