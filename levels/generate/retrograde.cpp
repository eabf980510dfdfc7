#include "levels/generate/retrograde.hpp"

#include <algorithm>

namespace boxwarp::search {

namespace {

constexpr std::uint32_t kEmpty = ~std::uint32_t{0};
constexpr std::size_t kFirstSlots = 4096;

// What the player reaches after he pulled a box from `from` one offset further and stepped back onto a cell
// of `reached`, from where he pulled. Most pulls neither cut what he reaches nor open more, which the cells around tell.
template <int kWords>
Plane<kWords> reached_after_pull(const Frame<kWords>& frame, const Plane<kWords>& free, const Plane<kWords>& reached,
                                 int from, int offset) {
  const Plane<kWords> left_by = cell_plane<kWords>(from), taken = cell_plane<kWords>(from + offset);
  const Plane<kWords> rest = reached & ~taken, beside = frame.grown(left_by);
  const Plane<kWords> up = frame.template shifted<Action::up>(taken), down = frame.template shifted<Action::down>(taken);
  const Plane<kWords> sides[kActions] = {up & rest, down & rest, frame.template shifted<Action::left>(taken) & rest,
                                         frame.template shifted<Action::right>(taken) & rest};
  int parts = 0;
  bool open_side[kActions];
  for (int a = 0; a < kActions; ++a) parts += open_side[a] = sides[a].any();
  const auto joined = [&](Action vertical, Action horizontal, const Plane<kWords>& corner) {
    return open_side[static_cast<int>(vertical)] && open_side[static_cast<int>(horizontal)] && (corner & rest).any();
  };
  parts -= joined(Action::up, Action::left, frame.template shifted<Action::left>(up));
  parts -= joined(Action::up, Action::right, frame.template shifted<Action::right>(up));
  parts -= joined(Action::down, Action::left, frame.template shifted<Action::left>(down));
  parts -= joined(Action::down, Action::right, frame.template shifted<Action::right>(down));
  if (parts <= 1 && !(beside & free & ~reached).any()) {
    return (beside & rest).any() ? rest | left_by : rest;
  }
  return flooded(frame, (free | left_by) & ~taken, cell_plane<kWords>(from + 2 * offset));
}

// Of the boxes alone: boards that differ in what the player reaches lie one behind the other.
template <int kWords>
std::uint64_t hash_of_boxes(const Plane<kWords>& boxes) {
  return wide_hash_of(boxes, 0);
}

}  // namespace

template <int kWords>
void Retrograde<kWords>::grow() {
  mask_ = 2 * mask_ + 1;
  if (slots_.size() <= mask_) slots_.resize(mask_ + 1);
  std::fill_n(slots_.begin(), mask_ + 1, Slot{kEmpty, 0});
  for (std::uint32_t board = 0; board < boards_.size(); ++board) {
    const std::uint64_t hash = hash_of_boxes(boards_[board].boxes);
    std::size_t slot = hash & mask_;
    while (slots_[slot].board != kEmpty) slot = (slot + 1) & mask_;
    slots_[slot] = {board, static_cast<std::uint32_t>(hash >> 32)};
  }
}

template <int kWords>
std::size_t Retrograde<kWords>::slot_of(const Plane<kWords>& boxes, int player, std::uint64_t hash) const {
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  std::size_t slot = hash & mask_;
  for (; slots_[slot].board != kEmpty; slot = (slot + 1) & mask_) {
    if (slots_[slot].tag != tag) continue;
    const Start<kWords>& there = boards_[slots_[slot].board];
    if (there.reached.has(player) && !(there.boxes ^ boxes).any()) break;
  }
  return slot;
}

template <int kWords>
void Retrograde<kWords>::add(std::size_t slot, const Start<kWords>& start, std::uint64_t hash) {
  slots_[slot] = {static_cast<std::uint32_t>(boards_.size()), static_cast<std::uint32_t>(hash >> 32)};
  boards_.push_back(start);
  if (2 * boards_.size() > mask_) grow();
}

// What the player reaches is worked out for new boards alone: one cell of his tells the board from those with the same
// boxes.
template <int kWords>
void Retrograde<kWords>::take_found(const Frame<kWords>& frame, const Plane<kWords>& open) {
  for (std::size_t i = 0; i < found_count_; ++i) {
    const Found& found = found_[i];
    const std::size_t slot = slot_of(found.boxes, found.from + 2 * found.offset, found.hash);
    if (slots_[slot].board != kEmpty) continue;
    const Start<kWords>& before = boards_[found.before];
    add(slot, {found.boxes, reached_after_pull(frame, open & ~before.boxes, before.reached, found.from, found.offset)},
        found.hash);
  }
  found_count_ = 0;
}

template <int kWords>
bool Retrograde<kWords>::search(const Frame<kWords>& frame, const Plane<kWords>& open, const Plane<kWords>& targets,
                                int depth, std::int64_t most) {
  boards_.clear();
  found_count_ = 0;
  slots_.resize(std::max(slots_.size(), kFirstSlots));
  mask_ = kFirstSlots - 1;
  std::fill_n(slots_.begin(), kFirstSlots, Slot{kEmpty, 0});
  first_.assign(1, 0);
  // Solved boards: one for each part of the room that the boxes on their targets leave.
  for (Plane<kWords> rest = open & ~targets; rest.any();) {
    const Plane<kWords> reached = flooded(frame, open & ~targets, cell_plane<kWords>(rest.first()));
    const std::uint64_t hash = hash_of_boxes(targets);
    add(slot_of(targets, rest.first(), hash), {targets, reached}, hash);
    rest = rest & ~reached;
  }
  first_.push_back(boards_.size());
  for (int pushes = 0; pushes < depth && first(pushes) < boards_.size(); ++pushes) {
    for (std::size_t number = first(pushes); number < first(pushes + 1); ++number) {
      const Start<kWords> board = boards_[number];
      const Plane<kWords> free = open & ~board.boxes;
      const Plane<kWords>& reached = board.reached;
      // A box is pulled towards a player beside it, who steps back onto a cell that is reached, too.
      const Plane<kWords> pulled[kActions] = {
          board.boxes & frame.template shifted<Action::down>(reached & frame.template shifted<Action::down>(free)),
          board.boxes & frame.template shifted<Action::up>(reached & frame.template shifted<Action::up>(free)),
          board.boxes & frame.template shifted<Action::right>(reached & frame.template shifted<Action::right>(free)),
          board.boxes & frame.template shifted<Action::left>(reached & frame.template shifted<Action::left>(free))};
      for (int a = 0; a < kActions; ++a) {
        const int offset = frame.offset(static_cast<Action>(a));
        pulled[a].for_each([&](int from) {
          Plane<kWords> boxes = board.boxes;
          boxes.flip(from);
          boxes.flip(from + offset);
          if (found_count_ == kAtOnce) take_found(frame, open);
          const std::uint64_t hash = hash_of_boxes(boxes);
          __builtin_prefetch(&slots_[hash & mask_]);
          found_[found_count_++] = {boxes, hash, static_cast<std::uint32_t>(number), from, offset};
        });
      }
      if (static_cast<std::int64_t>(boards_.size()) > most) return false;
    }
    take_found(frame, open);
    if (static_cast<std::int64_t>(boards_.size()) > most) return false;
    first_.push_back(boards_.size());
  }
  if (first_.size() > 2 && first_.back() == first_[first_.size() - 2]) first_.pop_back();  // no board needs so many
  return true;
}

template class Retrograde<1>;
template class Retrograde<4>;
template class Retrograde<8>;
template class Retrograde<16>;
template class Retrograde<64>;

}  // namespace boxwarp::search
