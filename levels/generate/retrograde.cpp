#include "levels/generate/retrograde.hpp"

#include <algorithm>

namespace boxwarp::search {

namespace {

constexpr std::uint32_t kEmpty = ~std::uint32_t{0};
constexpr std::size_t kFirstSlots = 4096;

}  // namespace

template <int kWords>
std::size_t Retrograde<kWords>::slot_of(const Start<kWords>& start) const {
  std::size_t slot = hash_of(start.boxes, start.player) & mask_;
  while (slots_[slot] != kEmpty) {
    const Start<kWords>& there = boards_[slots_[slot]];
    if (there.player == start.player && there.boxes == start.boxes) break;
    slot = (slot + 1) & mask_;
  }
  return slot;
}

template <int kWords>
void Retrograde<kWords>::grow() {
  mask_ = 2 * mask_ + 1;
  if (slots_.size() <= mask_) slots_.resize(mask_ + 1);
  std::fill_n(slots_.begin(), mask_ + 1, kEmpty);
  for (std::uint32_t board = 0; board < boards_.size(); ++board) slots_[slot_of(boards_[board])] = board;
}

template <int kWords>
void Retrograde<kWords>::add(const Plane<kWords>& boxes, const Plane<kWords>& reached) {
  const Start<kWords> start{boxes, static_cast<std::uint16_t>(reached.first())};
  std::uint32_t& slot = slots_[slot_of(start)];
  if (slot != kEmpty) return;
  slot = static_cast<std::uint32_t>(boards_.size());
  boards_.push_back(start);
  if (2 * boards_.size() > mask_) grow();
}

template <int kWords>
bool Retrograde<kWords>::search(const Frame<kWords>& frame, const Plane<kWords>& open, const Plane<kWords>& targets,
                                int depth, std::int64_t most) {
  boards_.clear();
  slots_.resize(std::max(slots_.size(), kFirstSlots));
  mask_ = kFirstSlots - 1;
  std::fill_n(slots_.begin(), kFirstSlots, kEmpty);
  first_.assign(1, 0);
  // Solved boards: one for each part of the room that the boxes on their targets leave.
  for (Plane<kWords> rest = open & ~targets; rest.any();) {
    const Plane<kWords> reached = flooded(frame, open & ~targets, cell_plane<kWords>(rest.first()));
    add(targets, reached);
    rest = rest & ~reached;
  }
  first_.push_back(boards_.size());
  for (int pushes = 0; pushes < depth && first(pushes) < boards_.size(); ++pushes) {
    for (std::size_t number = first(pushes); number < first(pushes + 1); ++number) {
      const Start<kWords> board = boards_[number];
      const Plane<kWords> free = open & ~board.boxes;
      const Plane<kWords> reached = flooded(frame, free, cell_plane<kWords>(board.player));
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
          add(boxes, flooded(frame, open & ~boxes, cell_plane<kWords>(from + 2 * offset)));
        });
      }
      if (static_cast<std::int64_t>(boards_.size()) > most) return false;
    }
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
