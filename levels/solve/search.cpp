#include "levels/solve/search.hpp"

#include "levels/solve/replay.hpp"

namespace boxwarp::search {

// How far the player walks to each cell that is reached without a push.
template <int kWords>
void Search<kWords>::walk(const Plane<kWords>& free, int player) {
  Plane<kWords> layer = reached_ = cell_plane<kWords>(player);
  for (int steps = 0; layer.any(); ++steps) {
    layer.for_each([&](int cell) { steps_[static_cast<std::size_t>(cell)] = steps; });
    layer = ground_.frame.grown(layer) & free & ~reached_;
    reached_ = reached_ | layer;
  }
}

// Offers every board that one push makes. False: no memory is left.
template <int kWords>
template <class Assignment>
bool Search<kWords>::expand(Assignment& assignment, std::uint32_t number) {
  const Frame<kWords>& frame = ground_.frame;
  const Plane<kWords> boxes = store_.at(number).boxes;
  const int cost = store_.at(number).cost, player = store_.at(number).player;
  const Plane<kWords> free = ground_.open & ~boxes, allowed = free & ~ground_.dead;
  if (optimal_ == Optimal::moves) {
    walk(free, player);
  } else {
    reached_ = flooded(frame, free, cell_plane<kWords>(player));
  }
  const Plane<kWords> pushable[kActions] = {
      frame.template shifted<Action::up>(reached_) & boxes & frame.template shifted<Action::down>(allowed),
      frame.template shifted<Action::down>(reached_) & boxes & frame.template shifted<Action::up>(allowed),
      frame.template shifted<Action::left>(reached_) & boxes & frame.template shifted<Action::right>(allowed),
      frame.template shifted<Action::right>(reached_) & boxes & frame.template shifted<Action::left>(allowed)};
  const Plane<kWords> any = pushable[0] | pushable[1] | pushable[2] | pushable[3];
  cells_.clear();
  boxes.for_each([&](int cell) { cells_.push_back(cell); });
  assignment.look_at(cells_.data());

  for (int box = 0; box < box_count_; ++box) {
    const int from = cells_[static_cast<std::size_t>(box)];
    if (!any.has(from)) continue;
    const int* const others = assignment.others(box);
    for (int a = 0; a < kActions; ++a) {
      if (!pushable[a].has(from)) continue;
      const int offset = frame.offset(static_cast<Action>(a)), to = from + offset;
      const int* const pushes = ground_.distances(to);
      int bound = kUnreachable;
      for (int target = 0; target < ground_.target_count; ++target) {
        bound = std::min(bound, others[target] + pushes[target]);
      }
      if (bound >= kUnreachable) continue;
      Plane<kWords> after = boxes;
      after.flip(from);
      after.flip(to);
      if (frozen(ground_, after)) continue;
      const bool by_moves = optimal_ == Optimal::moves;
      const int stands = by_moves ? from : flooded(frame, ground_.open & ~after, cell_plane<kWords>(from)).first();
      const int price = by_moves ? steps_[static_cast<std::size_t>(from - offset)] + 1 : 1;
      if (!store_.offer(after, stands, number, cost + price, bound)) return false;
    }
  }
  return true;
}

template <int kWords>
template <class Assignment>
SolveOutcome Search<kWords>::find(Assignment& assignment, const SolveBudget& budget) {
  assignment.begin(ground_.distance.data(), ground_.columns, ground_.target_count, box_count_);
  cells_.clear();
  start_.for_each([&](int cell) { cells_.push_back(cell); });
  assignment.look_at(cells_.data());
  int bound = box_count_ == 0 ? 0 : kUnreachable;
  for (int target = 0; target < ground_.target_count && box_count_ > 0; ++target) {
    bound = std::min(bound, assignment.others(0)[target] + ground_.distances(cells_[0])[target]);
  }
  if (bound >= kUnreachable || frozen(ground_, start_)) return SolveOutcome::unsolvable;
  const int stands = optimal_ == Optimal::moves
                         ? player_
                         : flooded(ground_.frame, ground_.open & ~start_, cell_plane<kWords>(player_)).first();
  if (!store_.offer(start_, stands, kNoBoard, 0, bound)) return SolveOutcome::budget_exceeded;
  for (;;) {
    const std::uint32_t number = store_.next();
    if (number == kNoBoard) return SolveOutcome::unsolvable;
    if (!(store_.at(number).boxes & ~ground_.targets).any()) {
      solution_ = number;
      return SolveOutcome::solved;
    }
    if (nodes_ == budget.nodes) return SolveOutcome::budget_exceeded;
    ++nodes_;
    if (!expand(assignment, number)) return SolveOutcome::budget_exceeded;
  }
}

template <int kWords>
std::vector<Plane<kWords>> Search<kWords>::boards_to(std::uint32_t last) const {
  std::vector<Plane<kWords>> boards;
  for (std::uint32_t number = last; number != kNoBoard; number = store_.at(number).before) {
    boards.push_back(store_.at(number).boxes);
  }
  std::reverse(boards.begin(), boards.end());
  return boards;
}

template <int kWords>
SolveResult Search<kWords>::run(const LevelRows& level, const Area& area, Optimal optimal, const SolveBudget& budget) {
  optimal_ = optimal;
  nodes_ = 0;
  survey(level, area, ground_);
  start_ = plane_of(level.boxes, area, ground_.frame);
  box_count_ = start_.count();
  player_ = ground_.cell_at(level.player);
  steps_.assign(static_cast<std::size_t>(ground_.frame.stride() * ground_.frame.rows), 0);
  if (box_count_ > ground_.target_count) return {SolveOutcome::unsolvable, {}, 0, 0};
  const auto table = static_cast<std::int64_t>(ground_.distance.size() * sizeof(int));
  store_.begin(budget.bytes - table);
  const SolveOutcome outcome = ground_.target_count <= 4 ? find(few_, budget) : find(many_, budget);
  SolveResult result{outcome, {}, 0, nodes_};
  if (outcome != SolveOutcome::solved) return result;
  const std::vector<Plane<kWords>> boards = boards_to(solution_);
  result.moves = moves_through(ground_.frame, ground_.open, boards, player_);
  result.pushes = static_cast<int>(boards.size()) - 1;
  return result;
}

template class Search<1>;
template class Search<4>;
template class Search<8>;
template class Search<16>;
template class Search<64>;

}  // namespace boxwarp::search
