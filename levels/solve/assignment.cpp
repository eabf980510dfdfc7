#include "levels/solve/assignment.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace boxwarp::search {

namespace {

constexpr int kNobody = -1;
constexpr std::int64_t kForbidden = std::int64_t{1} << 40;  // in place of kUnreachable, so that sums of many stay apart
constexpr std::int64_t kUnknown = std::numeric_limits<std::int64_t>::max() / 2;

static_assert(kUnreachable < std::numeric_limits<int>::max() / 4, "four boxes may be added up");

// Cheapest way to give two boxes these two targets.
int pair(const std::array<int, 4>& a, const std::array<int, 4>& b, std::size_t s, std::size_t t) {
  return std::min(a[s] + b[t], a[t] + b[s]);
}

}  // namespace

void FewBoxes::begin(const int* table, int /*columns*/, int /*targets*/, int boxes) {
  table_ = table;
  boxes_ = boxes;
  costs_ = {};
}

void FewBoxes::look_at(const int* cells) {
  for (int box = 0; box < boxes_; ++box) {
    std::copy_n(table_ + 4 * static_cast<std::size_t>(cells[box]), 4, costs_[static_cast<std::size_t>(box)].begin());
  }
}

const int* FewBoxes::others(int box) {
  const auto b = static_cast<std::size_t>(box);
  const Costs &x = costs_[(b + 1) % 4], &y = costs_[(b + 2) % 4], &z = costs_[(b + 3) % 4];
  for (std::size_t t = 0; t < 4; ++t) {
    const std::size_t u = (t + 1) % 4, v = (t + 2) % 4, w = (t + 3) % 4;
    others_[t] = std::min({x[u] + pair(y, z, v, w), x[v] + pair(y, z, u, w), x[w] + pair(y, z, u, v)});
  }
  return others_.data();
}

std::int64_t ManyBoxes::cost(int box, int target) const {
  if (box >= boxes_) return 0;
  const int pushes =
      table_[static_cast<std::size_t>(cell_[static_cast<std::size_t>(box)]) * static_cast<std::size_t>(columns_) +
             static_cast<std::size_t>(target)];
  return pushes >= kUnreachable ? kForbidden : pushes;
}

void ManyBoxes::begin(const int* table, int columns, int targets, int boxes) {
  table_ = table;
  columns_ = columns;
  size_ = targets;
  boxes_ = boxes;
  const auto count = static_cast<std::size_t>(targets);
  cell_.assign(static_cast<std::size_t>(boxes), kNobody);
  row_of_.assign(static_cast<std::size_t>(boxes), 0);
  target_of_.assign(count, kNobody);
  taken_by_.assign(count, kNobody);
  row_price_.assign(count, 0);
  target_price_.assign(count, 0);
  slack_.assign(count, 0);
  came_from_.assign(count, 0);
  result_.assign(count, 0);
  visited_.assign(count, 0);
  for (int row = boxes; row < size_; ++row) assign(row);
}

// Looks for the cheapest chain of reassignments that gives this row a target.
void ManyBoxes::assign(int row) {
  std::fill(slack_.begin(), slack_.end(), kUnknown);
  std::fill(visited_.begin(), visited_.end(), char{0});
  row_price_[static_cast<std::size_t>(row)] = 0;
  std::vector<int>& visits = result_;  // targets in the order of visits
  int visited = 0, from = kNobody, at = row;
  for (;;) {
    std::int64_t step = kUnknown;
    int next = kNobody;
    for (int target = 0; target < size_; ++target) {
      const auto t = static_cast<std::size_t>(target);
      if (visited_[t]) continue;
      const std::int64_t slack = cost(at, target) - row_price_[static_cast<std::size_t>(at)] - target_price_[t];
      if (slack < slack_[t]) {
        slack_[t] = slack;
        came_from_[t] = from;
      }
      if (slack_[t] < step) {
        step = slack_[t];
        next = target;
      }
    }
    row_price_[static_cast<std::size_t>(row)] += step;
    for (int i = 0; i < visited; ++i) {
      const auto t = static_cast<std::size_t>(visits[static_cast<std::size_t>(i)]);
      target_price_[t] -= step;
      row_price_[static_cast<std::size_t>(taken_by_[t])] += step;
    }
    for (std::size_t t = 0; t < slack_.size(); ++t) {
      if (!visited_[t]) slack_[t] -= step;
    }
    visited_[static_cast<std::size_t>(next)] = 1;
    visits[static_cast<std::size_t>(visited++)] = next;
    from = next;
    at = taken_by_[static_cast<std::size_t>(next)];
    if (at == kNobody) break;
  }
  for (int target = from; target != kNobody;) {
    const int before = came_from_[static_cast<std::size_t>(target)];
    const int taker = before == kNobody ? row : taken_by_[static_cast<std::size_t>(before)];
    taken_by_[static_cast<std::size_t>(target)] = taker;
    target_of_[static_cast<std::size_t>(taker)] = target;
    target = before;
  }
}

void ManyBoxes::look_at(const int* cells) {
  // Rows whose cell is still that of a box stay; cells are in ascending order, rows are not.
  std::vector<int>& free_rows = came_from_;
  int free_count = 0;
  std::fill(row_of_.begin(), row_of_.end(), kNobody);
  for (int row = 0; row < boxes_; ++row) {
    const int* const found = std::lower_bound(cells, cells + boxes_, cell_[static_cast<std::size_t>(row)]);
    if (found != cells + boxes_ && *found == cell_[static_cast<std::size_t>(row)]) {
      row_of_[static_cast<std::size_t>(found - cells)] = row;
    } else {
      free_rows[static_cast<std::size_t>(free_count++)] = row;
    }
  }
  for (int box = 0; box < boxes_; ++box) {
    int& row = row_of_[static_cast<std::size_t>(box)];
    if (row != kNobody) continue;
    row = free_rows[static_cast<std::size_t>(--free_count)];
    cell_[static_cast<std::size_t>(row)] = cells[box];
    int& target = target_of_[static_cast<std::size_t>(row)];
    if (target != kNobody) taken_by_[static_cast<std::size_t>(target)] = kNobody;
    target = kNobody;
  }
  for (int row = 0; row < boxes_; ++row) {
    if (target_of_[static_cast<std::size_t>(row)] == kNobody) assign(row);
  }
}

// The row gives its target up; what it costs the others that it takes another one instead is the cheapest chain of
// reassignments from that one to the target given up (Dijkstra over reduced costs, backwards).
const int* ManyBoxes::others(int box) {
  const int row = row_of_[static_cast<std::size_t>(box)], given_up = target_of_[static_cast<std::size_t>(row)];
  std::int64_t rest = 0;
  for (int other = 0; other < boxes_; ++other) {
    if (other != row) rest += cost(other, target_of_[static_cast<std::size_t>(other)]);
  }
  // slack_[t]: extra cost, in reduced costs, of freeing target t: its taker goes to a target that is free already.
  std::fill(slack_.begin(), slack_.end(), kUnknown);
  std::fill(visited_.begin(), visited_.end(), char{0});
  slack_[static_cast<std::size_t>(given_up)] = 0;
  for (int round = 0; round < size_; ++round) {
    int next = kNobody;
    for (int target = 0; target < size_; ++target) {
      const auto t = static_cast<std::size_t>(target);
      if (!visited_[t] && (next == kNobody || slack_[t] < slack_[static_cast<std::size_t>(next)])) next = target;
    }
    const auto n = static_cast<std::size_t>(next);
    visited_[n] = 1;
    // The taker of t may go to `next`, which is free at this price.
    for (int target = 0; target < size_; ++target) {
      const auto t = static_cast<std::size_t>(target);
      if (visited_[t]) continue;
      const int taker = taken_by_[t];
      const std::int64_t reduced = cost(taker, next) - row_price_[static_cast<std::size_t>(taker)] - target_price_[n];
      slack_[t] = std::min(slack_[t], slack_[n] + reduced);
    }
  }
  for (int target = 0; target < size_; ++target) {
    const auto t = static_cast<std::size_t>(target);
    const std::int64_t pushes = rest + slack_[t] + target_price_[static_cast<std::size_t>(given_up)] - target_price_[t];
    result_[t] = static_cast<int>(std::min<std::int64_t>(pushes, kUnreachable));
  }
  return result_.data();
}

}  // namespace boxwarp::search
