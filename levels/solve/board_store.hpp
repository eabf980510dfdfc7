// The boards that a search has seen, each once, and those of them that wait to be looked at, the most promising first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "levels/solve/plane.hpp"

namespace boxwarp::search {

inline constexpr std::uint32_t kNoBoard = ~std::uint32_t{0};

template <int kWords>
struct SeenBoard {
  Plane<kWords> boxes;
  std::uint32_t before;      // the board that it came from
  std::int32_t cost, bound;  // from the start; at least this much more to a solution
  std::uint16_t player;
  bool done;  // looked at already: its cost is final
};

// Memory is kept from search to search, unless it is much. Open addressing, linear probing, at most half full.
template <int kWords>
class BoardStore {
 public:
  void begin(std::int64_t bytes) {
    if (boards_.capacity() > kMostKept) *this = {};
    bytes_ = bytes;
    boards_.clear();
    const std::size_t used = std::min(slots_.size(), kFirstSlots);
    slots_.resize(std::max(slots_.size(), kFirstSlots), kNoBoard);
    std::fill_n(slots_.begin(), used, kNoBoard);
    mask_ = kFirstSlots - 1;
    for (std::vector<std::uint32_t>& waiting : waiting_) waiting.clear();
    entries_ = 0;
    lowest_ = waiting_.size();
  }

  const SeenBoard<kWords>& at(std::uint32_t board) const { return boards_[board]; }

  // A way to this board. False: the memory allowed is used up.
  bool offer(const Plane<kWords>& boxes, int player, std::uint32_t before, int cost, int bound) {
    std::size_t slot = hash_of(boxes, player) & mask_;
    for (; slots_[slot] != kNoBoard; slot = (slot + 1) & mask_) {
      SeenBoard<kWords>& seen = boards_[slots_[slot]];
      if (seen.player != player || !(seen.boxes == boxes)) continue;
      if (seen.done || seen.cost <= cost) return true;
      seen.cost = cost;
      seen.before = before;
      return wait(slots_[slot], cost + seen.bound);
    }
    const auto number = static_cast<std::uint32_t>(boards_.size());
    slots_[slot] = number;
    boards_.push_back({boxes, before, cost, bound, static_cast<std::uint16_t>(player), false});
    if (2 * boards_.size() > mask_) grow();
    return wait(number, cost + bound);
  }

  // Takes the last that came among the cheapest; kNoBoard: none is left.
  std::uint32_t next() {
    for (; lowest_ < waiting_.size(); ++lowest_) {
      std::vector<std::uint32_t>& cheapest = waiting_[lowest_];
      while (!cheapest.empty()) {
        const std::uint32_t board = cheapest.back();
        cheapest.pop_back();
        if (boards_[board].done) continue;  // it came here by a cheaper way, too
        boards_[board].done = true;
        return board;
      }
    }
    return kNoBoard;
  }

 private:
  static constexpr std::size_t kFirstSlots = 1024, kMostKept = std::size_t{1} << 20;

  // At most, while arrays that double hold the old and the new; the same for a level whatever came before it.
  std::int64_t bytes() const {
    return static_cast<std::int64_t>(3 * boards_.size() * sizeof(SeenBoard<kWords>) +
                                     (3 * mask_ + 3) * sizeof(std::uint32_t) / 2 + 3 * entries_ * sizeof(std::uint32_t));
  }

  void grow() {
    const std::size_t slots = 2 * (mask_ + 1);
    mask_ = slots - 1;
    if (slots_.size() < slots) slots_.resize(slots);
    std::fill_n(slots_.begin(), slots, kNoBoard);
    for (std::uint32_t board = 0; board < boards_.size(); ++board) {
      std::size_t slot = hash_of(boards_[board].boxes, boards_[board].player) & mask_;
      while (slots_[slot] != kNoBoard) slot = (slot + 1) & mask_;
      slots_[slot] = board;
    }
  }

  bool wait(std::uint32_t board, int promise) {
    const auto bucket = static_cast<std::size_t>(promise);
    if (bucket >= waiting_.size()) waiting_.resize(bucket + 1);
    waiting_[bucket].push_back(board);
    lowest_ = std::min(lowest_, bucket);
    ++entries_;
    return bytes() <= bytes_ && boards_.size() < kNoBoard;
  }

  std::int64_t bytes_ = 0;
  std::vector<SeenBoard<kWords>> boards_;
  std::vector<std::uint32_t> slots_;
  std::size_t mask_ = 0;
  std::vector<std::vector<std::uint32_t>> waiting_;  // by cost and bound together
  std::size_t lowest_ = 0, entries_ = 0;
};

}  // namespace boxwarp::search
