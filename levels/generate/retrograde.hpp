// All starts of a room: a search backwards from its solved boards, pull by pull, which knows the fewest pushes of each.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "levels/solve/plane.hpp"

namespace boxwarp::search {

template <int kWords>
struct Start {
  Plane<kWords> boxes, reached;  // reached: the cells that the player gets to without a push
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
  struct Slot {                // of the table of boards
    std::uint32_t board, tag;  // tag: high half of the hash of its boxes, so that few others are looked at
  };
  struct Found {  // by a pull from the cell `from`, one offset further
    Plane<kWords> boxes;
    std::uint64_t hash;
    std::uint32_t before;  // the board that was pulled in
    int from, offset;
  };
  // Boards are looked up some at a time, when their slots have come from memory.
  static constexpr std::size_t kAtOnce = 64;

  // Of the board with these boxes in which the player reaches this cell, or the empty one where it belongs.
  std::size_t slot_of(const Plane<kWords>& boxes, int player, std::uint64_t hash) const;
  void add(std::size_t slot, const Start<kWords>& start, std::uint64_t hash);
  void take_found(const Frame<kWords>& frame, const Plane<kWords>& open);
  void grow();

  std::vector<Start<kWords>> boards_;
  std::vector<std::size_t> first_;
  std::vector<Slot> slots_;
  std::array<Found, kAtOnce> found_;  // boards that are not looked up yet
  std::size_t found_count_ = 0;
  std::size_t mask_ = 0;
};

}  // namespace boxwarp::search
