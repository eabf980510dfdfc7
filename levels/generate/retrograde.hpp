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
  struct Slot {              // of the table of box sets
    std::uint32_t set, tag;  // tag: high half of the hash, so that few others are looked at
  };
  struct BoxSet {
    Plane<kWords> reached;  // in any board that has these boxes
    std::uint32_t board;    // one of them
  };
  struct Came {  // by which pull a board was found first: of the box on `from` in the board `before`, one cell further
    std::uint32_t before;
    std::int16_t from;
    std::uint8_t action;
    bool returns;  // pulled back, the box leaves the player in the board before
  };
  struct Pulls {  // of one board in one direction
    Plane<kWords> boxes;
    std::uint32_t before;
    std::int16_t action, offset;
  };
  struct Found {  // by one pull
    Plane<kWords> boxes;
    std::uint64_t hash;
    std::uint32_t before;
    std::int16_t player, action;
  };
  // Boards are looked up some at a time, when their slots have come from memory.
  static constexpr std::size_t kAtOnce = 64;

  void list_pulls(const Frame<kWords>& frame, std::size_t number);
  void take_pulls(const Frame<kWords>& frame, const Plane<kWords>& open);
  void take(const Frame<kWords>& frame, const Plane<kWords>& open, const Found& found);
  bool known(const Found& found) const;
  void add(const Start<kWords>& start, std::uint64_t hash, Came came);
  void grow();

  std::vector<Start<kWords>> boards_;
  std::vector<Came> came_;           // (boards)
  std::vector<Plane<kWords>> cuts_;  // (boards whose pulls were listed) cells that may cut what the player reaches
  std::vector<std::size_t> first_;
  std::vector<BoxSet> sets_;
  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
  std::array<Pulls, kAtOnce + kActions> pulls_;  // that are not looked at yet
  std::size_t pulls_count_ = 0;
  std::array<Found, kAtOnce> found_;
};

}  // namespace boxwarp::search
