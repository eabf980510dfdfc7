#include "levels/generate/retrograde.hpp"

#include <algorithm>

namespace boxwarp::search {

namespace {

constexpr std::uint32_t kEmpty = ~std::uint32_t{0};
constexpr std::size_t kFirstSlots = 16'384, kSlotsPerSet = 4;

// Cells of `reached` without which the rest of it may fall apart: their neighbours in it are not all joined by the corners
// between them.
template <int kWords>
Plane<kWords> cuts_of(const Frame<kWords>& frame, const Plane<kWords>& reached) {
  const Plane<kWords> up = frame.template shifted<Action::down>(reached), down = frame.template shifted<Action::up>(reached);
  const Plane<kWords> left = frame.template shifted<Action::right>(reached),
                      right = frame.template shifted<Action::left>(reached);
  // A neighbour that is not joined to the next one clockwise ends a part.
  const Plane<kWords> up_ends = up & ~(right & frame.template shifted<Action::down>(right)),
                      right_ends = right & ~(down & frame.template shifted<Action::left>(down)),
                      down_ends = down & ~(left & frame.template shifted<Action::up>(left)),
                      left_ends = left & ~(up & frame.template shifted<Action::right>(up));
  return (up_ends & down_ends) | (left_ends & right_ends) | ((up_ends | down_ends) & (left_ends | right_ends));
}

// Boxes whose neighbour in this direction is one of those cells, and the one after it one of these.
template <Action kAction, int kWords>
Plane<kWords> pullable(const Frame<kWords>& frame, const Plane<kWords>& boxes, const Plane<kWords>& first,
                       const Plane<kWords>& second) {
  constexpr Action kFrom = opposite(kAction);
  return boxes & frame.template shifted<kFrom>(first & frame.template shifted<kFrom>(second));
}

template <int kWords>
std::uint64_t hash_of_boxes(const Plane<kWords>& boxes) {
  return wide_hash_of(boxes, 0);
}

std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

}  // namespace

template <int kWords>
void Retrograde<kWords>::grow() {
  mask_ = 2 * mask_ + 1;
  if (slots_.size() <= mask_) slots_.resize(mask_ + 1);
  std::fill_n(slots_.begin(), mask_ + 1, Slot{kEmpty, 0});
  for (std::uint32_t set = 0; set < sets_.size(); ++set) {
    const std::uint64_t hash = hash_of_boxes(boards_[sets_[set].board].boxes);
    std::size_t slot = hash & mask_;
    while (slots_[slot].set != kEmpty) slot = (slot + 1) & mask_;
    slots_[slot] = {set, tag_of(hash)};
  }
}

template <int kWords>
bool Retrograde<kWords>::known(const Found& found) const {
  for (std::size_t slot = found.hash & mask_; slots_[slot].set != kEmpty; slot = (slot + 1) & mask_) {
    if (slots_[slot].tag != tag_of(found.hash)) continue;
    const BoxSet& set = sets_[slots_[slot].set];
    if (boards_[set.board].boxes == found.boxes) return set.reached.has(found.player);
  }
  return false;
}

template <int kWords>
void Retrograde<kWords>::add(const Start<kWords>& start, std::uint64_t hash, Came came) {
  const auto number = static_cast<std::uint32_t>(boards_.size());
  boards_.push_back(start);
  came_.push_back(came);
  std::size_t slot = hash & mask_;
  for (; slots_[slot].set != kEmpty; slot = (slot + 1) & mask_) {
    BoxSet& set = sets_[slots_[slot].set];
    if (!(boards_[set.board].boxes == start.boxes)) continue;
    set.reached = set.reached | start.reached;
    return;
  }
  slots_[slot] = {static_cast<std::uint32_t>(sets_.size()), tag_of(hash)};
  sets_.push_back({start.reached, number});
  if (kSlotsPerSet * sets_.size() > mask_) grow();
}

// A box is pulled towards a player beside it, who steps back onto a cell that is reached, too.
template <int kWords>
void Retrograde<kWords>::list_pulls(const Frame<kWords>& frame, std::size_t number) {
  const auto& [boxes, reached] = boards_[number];
  const Came came = came_[number];
  const int offset = frame.offset(static_cast<Action>(came.action)), to = came.from + offset;
  const Plane<kWords> moved = cell_plane<kWords>(to), cuts = cuts_of(frame, reached);
  cuts_.push_back(cuts);
  // Two pulls of different boxes lead to the same board in either order, if neither cuts what the player reaches. So a pull
  // that was there in the board before, listed ahead of the one that led here, finds nothing: that board's pulls were looked
  // at, and the pull that led here was among them.
  const Plane<kWords> both = reached & boards_[came.before].reached;
  const Plane<kWords> uncut = both & ~cuts & ~cuts_[came.before] & ~cell_plane<kWords>(to + offset);
  const Plane<kWords> others = boxes & ~moved;
  const Plane<kWords> pulled[kActions] = {
      pullable<Action::up>(frame, boxes, reached, reached), pullable<Action::down>(frame, boxes, reached, reached),
      pullable<Action::left>(frame, boxes, reached, reached), pullable<Action::right>(frame, boxes, reached, reached)};
  const Plane<kWords> settled[kActions] = {pullable<Action::up>(frame, others, uncut, both),
                                           pullable<Action::down>(frame, others, uncut, both),
                                           pullable<Action::left>(frame, others, uncut, both),
                                           {}};
  for (int a = 0; a < kActions; ++a) {
    Plane<kWords> pulls = pulled[a];
    if (a < came.action) pulls = pulls & ~settled[a];
    if (came.returns && a == static_cast<int>(opposite(static_cast<Action>(came.action)))) pulls = pulls & ~moved;
    // Written in any case and kept if there are some: a branch that nobody can foresee costs more.
    pulls_[pulls_count_] = {pulls, static_cast<std::uint32_t>(number), static_cast<std::int16_t>(a),
                            static_cast<std::int16_t>(frame.offset(static_cast<Action>(a)))};
    pulls_count_ += pulls.any();
  }
}

template <int kWords>
void Retrograde<kWords>::take_pulls(const Frame<kWords>& frame, const Plane<kWords>& open) {
  for (std::size_t i = 0; i < pulls_count_;) {
    std::size_t count = 0;
    while (count < kAtOnce && i < pulls_count_) {
      const Pulls pulls = pulls_[i];
      const int from = pulls.boxes.first(), to = from + pulls.offset;
      pulls_[i].boxes.flip(from);
      i += !pulls_[i].boxes.any();
      Plane<kWords> boxes = boards_[pulls.before].boxes;
      boxes.flip(from);
      boxes.flip(to);
      const std::uint64_t hash = hash_of_boxes(boxes);
      __builtin_prefetch(&slots_[hash & mask_]);
      found_[count++] = {boxes, hash, pulls.before, static_cast<std::int16_t>(to + pulls.offset), pulls.action};
    }
    for (std::size_t found = 0; found < count; ++found) {
      if (!known(found_[found])) take(frame, open, found_[found]);
    }
  }
  pulls_count_ = 0;
}

// What the player reaches is worked out for new boards alone: one cell of his tells the board from those with the same
// boxes.
template <int kWords>
void Retrograde<kWords>::take(const Frame<kWords>& frame, const Plane<kWords>& open, const Found& found) {
  const int offset = frame.offset(static_cast<Action>(found.action)), to = found.player - offset, from = to - offset;
  const Plane<kWords> left_by = cell_plane<kWords>(from), beside = frame.grown(left_by), free = open & ~found.boxes;
  const Plane<kWords> before = boards_[found.before].reached, rest = before & ~cell_plane<kWords>(to);
  // Most pulls neither cut what the player reaches nor open more.
  const bool cut = cuts_[found.before].has(to);
  Plane<kWords> reached = cut ? cell_plane<kWords>(found.player) : (beside & rest).any() ? rest | left_by : rest;
  if (cut || (beside & free & ~reached).any()) reached = flooded(frame, free, reached);
  // Pulled back, the box leaves the player in the board before, if he reaches nothing that he did not reach there.
  const bool returns = !(reached & ~left_by & ~before).any();
  add({found.boxes, reached}, found.hash,
      {found.before, static_cast<std::int16_t>(from), static_cast<std::uint8_t>(found.action), returns});
}

template <int kWords>
bool Retrograde<kWords>::search(const Frame<kWords>& frame, const Plane<kWords>& open, const Plane<kWords>& targets,
                                int depth, std::int64_t most) {
  boards_.clear();
  sets_.clear();
  came_.clear();
  cuts_.clear();
  pulls_count_ = 0;
  slots_.resize(std::max(slots_.size(), kFirstSlots));
  mask_ = kFirstSlots - 1;
  std::fill_n(slots_.begin(), kFirstSlots, Slot{kEmpty, 0});
  first_.assign(1, 0);
  // Nothing is listed before a pull upwards, so that none is left out.
  const Came nowhere{.before = 0, .from = static_cast<std::int16_t>(2 * frame.stride()), .action = 0, .returns = false};
  // Solved boards: one for each part of the room that the boxes on their targets leave.
  for (Plane<kWords> rest = open & ~targets; rest.any();) {
    const Plane<kWords> reached = flooded(frame, open & ~targets, cell_plane<kWords>(rest.first()));
    add({targets, reached}, hash_of_boxes(targets), nowhere);
    rest = rest & ~reached;
  }
  first_.push_back(boards_.size());
  for (int pushes = 0; pushes < depth && first(pushes) < boards_.size(); ++pushes) {
    for (std::size_t number = first(pushes); number < first(pushes + 1); ++number) {
      list_pulls(frame, number);
      if (pulls_count_ < kAtOnce) continue;
      take_pulls(frame, open);
      if (static_cast<std::int64_t>(boards_.size()) > most) return false;
    }
    take_pulls(frame, open);
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
