// All starts of a room: a search backwards from its solved boards, pull by pull, which knows the fewest pushes of each.
#pragma once

#include <cstdint>
#include <vector>

#include "levels/solve/plane.hpp"

namespace boxwarp::search {

template <int kWords>
struct Start {
  Plane<kWords> boxes;
  std::uint16_t player;  // the lowest cell that the player reaches
};

// Keeps its memory from room to room.
template <int kWords>
class Retrograde {
 public:
  // Finds every board with one box for each target that needs at most `depth` pushes. False: there are more boards than
  // `most`, and what was found is only a part.
  bool search(const Frame<kWords>& frame, const Plane<kWords>& open, const Plane<kWords>& targets, int depth,
              std::int64_t most);

  // Boards are ordered by pushes: those that need d are first(d) to first(d + 1) - 1.
  int depth() const { return static_cast<int>(first_.size()) - 2; }  // of the last boards found
  std::size_t first(int pushes) const { return first_[static_cast<std::size_t>(pushes)]; }
  const Start<kWords>& at(std::size_t board) const { return boards_[board]; }

 private:
  void add(const Plane<kWords>& boxes, const Plane<kWords>& reached);
  void grow();
  std::size_t slot_of(const Start<kWords>& start) const;

  std::vector<Start<kWords>> boards_;
  std::vector<std::size_t> first_;
  std::vector<std::uint32_t> slots_;
  std::size_t mask_ = 0;
};

}  // namespace boxwarp::search
