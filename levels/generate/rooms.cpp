#include "levels/generate/rooms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <numeric>

#include "levels/error.hpp"
#include "levels/generate/likeness.hpp"

namespace boxwarp::search {

namespace {

constexpr int kMostRooms = 20'000;  // tried for one level; ten times as many for one like a published set
constexpr int kPatience = 4;        // rooms before another number of pushes is drawn from the range
constexpr int kMisfits = 3;         // rooms whose boards do not fit before reverse play takes over
constexpr int kAnyDepth = 1'000'000;

double unit(reverse_play::Words& words) { return words.next() * 0x1p-32; }

template <int kWords>
int cell_numbered(Plane<kWords> cells, int number) {
  for (; number > 0; --number) cells.flip(cells.first());
  return cells.first();
}

}  // namespace

int drawn_pushes(const StartOptions& options, reverse_play::Words& words) {
  if (options.hardest) return kAnyDepth;
  if (!options.like) return options.min_pushes + words.below(options.max_pushes - options.min_pushes + 1);
  const int* const histogram = push_histogram(*options.like);
  int left = words.below(std::accumulate(histogram, histogram + kMostLikePushes + 1, 0));
  int pushes = 0;
  while (left >= histogram[pushes]) left -= histogram[pushes++];
  return pushes;
}

template <int kWords>
void Rooms<kWords>::carve(const StartOptions& options, reverse_play::Words& words) {
  const ReversePlay rules{.height = options.height, .width = options.width, .walk = options.walk};
  std::fill(std::begin(play_.floor), std::end(play_.floor), Row{0});
  reverse_play::carve(rules, words, play_);
  open_ = targets_ = {};
  for (int row = 0; row < frame_.rows; ++row) {
    for (Row rest = play_.floor[row + 1] >> 1; rest != 0; rest &= rest - 1) {
      open_.flip(row * frame_.stride() + std::countr_zero(rest));
    }
  }
}

template <int kWords>
bool Rooms<kWords>::kept(const StartOptions& options, reverse_play::Words& words) const {
  if (open_.count() < 2 * options.boxes + 1) return false;
  if constexpr (kWords == 1) return !options.like || unit(words) < room_chance(frame_, open_);
  return true;
}

// One of the starts that need so many pushes and have no box on a target. False: there is none.
template <int kWords>
bool Rooms<kWords>::draw_start(const StartOptions& options, reverse_play::Words& words, int pushes, StartLevel& level) {
  starts_.clear();
  up_to_.clear();
  double sum = 0;
  for (std::size_t number = retrograde_.first(pushes); number < retrograde_.first(pushes + 1); ++number) {
    const Start<kWords>& start = retrograde_.at(number);
    if ((start.boxes & targets_).any()) continue;
    const Plane<kWords>& reached = start.reached;
    double weight = reached.count();  // every cell of the player is as likely
    if constexpr (kWords == 1) {
      if (options.like) weight = start_weight(frame_, open_, start.boxes, reached);
    }
    starts_.push_back(number);
    up_to_.push_back(sum += weight);
  }
  if (starts_.empty()) return false;
  const auto chosen = std::upper_bound(up_to_.begin(), up_to_.end() - 1, sum * unit(words));
  const Start<kWords>& start = retrograde_.at(starts_[static_cast<std::size_t>(chosen - up_to_.begin())]);
  level.level = rows_of(options, start.boxes, cell_numbered(start.reached, words.below(start.reached.count())));
  level.pushes = pushes;
  return true;
}

template <int kWords>
LevelRows Rooms<kWords>::rows_of(const StartOptions& options, const Plane<kWords>& boxes, int player) const {
  const auto height = static_cast<std::size_t>(options.height);
  LevelRows rows{.height = options.height,
                 .width = options.width,
                 .walls = std::vector<Row>(height, ~Row{0}),
                 .targets = std::vector<Row>(height, 0),
                 .boxes = std::vector<Row>(height, 0),
                 .player = {},
                 .title = {}};
  const auto at = [&](int cell) { return Position{cell / frame_.stride() + 1, cell % frame_.stride() + 1}; };
  const auto bit = [&](int cell) { return Row{1} << at(cell).column; };
  const auto row = [&](int cell) { return static_cast<std::size_t>(at(cell).row); };
  open_.for_each([&](int cell) { rows.walls[row(cell)] &= ~bit(cell); });
  targets_.for_each([&](int cell) { rows.targets[row(cell)] |= bit(cell); });
  boxes.for_each([&](int cell) { rows.boxes[row(cell)] |= bit(cell); });
  rows.player = at(player);
  return rows;
}

template <int kWords>
std::optional<StartLevel> Rooms<kWords>::level(const StartOptions& options, reverse_play::Words& words, int pushes) {
  frame_ = frame_of<kWords>(options.height - 2, options.width - 2);
  int misfits = 0, tried = 0;
  const int most_rooms = options.like ? 10 * kMostRooms : kMostRooms;
  for (int room = 1; room <= most_rooms; ++room) {
    carve(options, words);
    if (!kept(options, words)) continue;
    if (!options.like && ++tried % kPatience == 0) pushes = drawn_pushes(options, words);
    for (int left = open_.count(), target = 0; target < options.boxes; ++target, --left) {
      targets_.flip(cell_numbered(open_ & ~targets_, words.below(left)));
    }
    if (!retrograde_.search(frame_, open_, targets_, pushes, options.boards)) {
      if (++misfits == kMisfits) return std::nullopt;
      continue;
    }
    StartLevel level;
    const int lowest = options.hardest ? 1 : pushes;
    int depth = options.hardest ? retrograde_.depth() : std::min(retrograde_.depth(), pushes);
    for (; depth >= lowest; --depth) {
      if (draw_start(options, words, depth, level)) return level;
    }
  }
  throw BadInput(fmt::format("none of {} rooms of {}x{} with {} boxes has a start that needs so many pushes; ask for fewer",
                             most_rooms, options.height, options.width, options.boxes));
}

template class Rooms<1>;
template class Rooms<4>;
template class Rooms<8>;
template class Rooms<16>;
template class Rooms<64>;

}  // namespace boxwarp::search
