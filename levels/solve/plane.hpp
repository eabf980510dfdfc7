// Sets of cells as bits in one or several words, for searches: all cells of a board take part in each operation.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "kernels/sokoban/rules.hpp"

namespace boxwarp::search {

// Bit i is cell i, cells in reading order of a frame (below). kWords: 1 covers every board of the small tier.
template <int kWords>
struct Plane {
  std::array<std::uint64_t, static_cast<std::size_t>(kWords)> word{};

  friend Plane operator&(const Plane& a, const Plane& b) {
    return combined(a, b, [](auto x, auto y) { return x & y; });
  }
  friend Plane operator|(const Plane& a, const Plane& b) {
    return combined(a, b, [](auto x, auto y) { return x | y; });
  }
  friend Plane operator^(const Plane& a, const Plane& b) {
    return combined(a, b, [](auto x, auto y) { return x ^ y; });
  }
  friend Plane operator~(const Plane& a) {
    return combined(a, a, [](auto x, auto) { return ~x; });
  }
  // Not that of std::array, for which g++ calls memcmp.
  friend bool operator==(const Plane& a, const Plane& b) { return !(a ^ b).any(); }

  bool any() const {
    std::uint64_t all = 0;
    for (const std::uint64_t w : word) all |= w;
    return all != 0;
  }
  bool has(int cell) const { return (word[index(cell)] >> (cell % 64) & 1) != 0; }
  void flip(int cell) { word[index(cell)] ^= std::uint64_t{1} << (cell % 64); }

  // The lowest cell of a plane that has one.
  int first() const {
    std::size_t i = 0;
    while (kWords > 1 && word[i] == 0) ++i;
    return static_cast<int>(i) * 64 + std::countr_zero(word[i]);
  }

  int count() const {
    int cells = 0;
    for (const std::uint64_t w : word) cells += std::popcount(w);
    return cells;
  }

  template <class Visit>
  void for_each(Visit&& visit) const {
    for (int i = 0; i < kWords; ++i) {
      for (std::uint64_t rest = word[static_cast<std::size_t>(i)]; rest != 0; rest &= rest - 1) {
        visit(i * 64 + std::countr_zero(rest));
      }
    }
  }

 private:
  static std::size_t index(int cell) { return static_cast<std::size_t>(kWords == 1 ? 0 : cell / 64); }
  template <class Operation>
  static Plane combined(const Plane& a, const Plane& b, Operation operation) {
    Plane result;
    for (std::size_t i = 0; i < a.word.size(); ++i) result.word[i] = operation(a.word[i], b.word[i]);
    return result;
  }
};

// Every bit of the boards and the player's cell reaches both halves of the number.
template <int kWords>
std::uint64_t wide_hash_of(const Plane<kWords>& boxes, int player) {
  std::uint64_t mixed = static_cast<std::uint64_t>(player) + 1;
  for (const std::uint64_t word : boxes.word) {
    mixed = (mixed ^ word) * 0xBF58476D1CE4E5B9u;
    mixed ^= mixed >> 32;
  }
  mixed *= 0x94D049BB133111EBu;
  return mixed << 32 | mixed >> 32;
}

// The half of it that every bit reaches.
template <int kWords>
std::size_t hash_of(const Plane<kWords>& boxes, int player) {
  return static_cast<std::size_t>(wide_hash_of(boxes, player) & 0xffffffffu);
}

template <int kWords>
Plane<kWords> cell_plane(int cell) {
  Plane<kWords> plane;
  plane.flip(cell);
  return plane;
}

// Towards higher cells; cells beyond the last word disappear.
template <int kWords>
Plane<kWords> raised(const Plane<kWords>& plane, int by) {
  Plane<kWords> result;
  const int words = by / 64, bits = by % 64;
  for (int i = words; i < kWords; ++i) {
    const std::uint64_t here = plane.word[static_cast<std::size_t>(i - words)];
    const std::uint64_t below = i > words ? plane.word[static_cast<std::size_t>(i - words - 1)] : 0;
    result.word[static_cast<std::size_t>(i)] = here << bits | below >> 1 >> (63 - bits);
  }
  return result;
}

template <int kWords>
Plane<kWords> lowered(const Plane<kWords>& plane, int by) {
  Plane<kWords> result;
  const int words = by / 64, bits = by % 64;
  for (int i = 0; i + words < kWords; ++i) {
    const std::uint64_t here = plane.word[static_cast<std::size_t>(i + words)];
    const std::uint64_t above = i + words + 1 < kWords ? plane.word[static_cast<std::size_t>(i + words + 1)] : 0;
    result.word[static_cast<std::size_t>(i)] = here >> bits | above << 1 << (63 - bits);
  }
  return result;
}

// The rectangle that a search looks at: cell = row * stride + column. One word always has the stride of the small tier.
template <int kWords>
struct Frame {
  int rows = 0, width = 0;
  Plane<kWords> not_left, not_right;  // cells with a neighbour on that side

  int stride() const { return kWords == 1 ? kSmallInterior : width; }
  int offset(Action action) const {
    constexpr int sign[kActions] = {-1, 1, -1, 1};
    const int way = sign[static_cast<int>(action)];
    return action == Action::up || action == Action::down ? way * stride() : way;
  }

  template <Action kAction>
  Plane<kWords> shifted(const Plane<kWords>& cells) const {
    if constexpr (kAction == Action::up) return lowered(cells, stride());
    if constexpr (kAction == Action::down) return raised(cells, stride());
    if constexpr (kAction == Action::left) return lowered(cells & not_left, 1);
    if constexpr (kAction == Action::right) return raised(cells & not_right, 1);
  }

  // The cells and all beside them.
  Plane<kWords> grown(const Plane<kWords>& cells) const {
    return cells | shifted<Action::up>(cells) | shifted<Action::down>(cells) | shifted<Action::left>(cells) |
           shifted<Action::right>(cells);
  }
};

template <int kWords>
Frame<kWords> frame_of(int rows, int width) {
  Frame<kWords> frame{.rows = rows, .width = width, .not_left = {}, .not_right = {}};
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < width; ++column) {
      if (column > 0) frame.not_left.flip(row * frame.stride() + column);
      if (column + 1 < width) frame.not_right.flip(row * frame.stride() + column);
    }
  }
  return frame;
}

// Every open cell that is connected to those given, which are open.
template <int kWords>
Plane<kWords> flooded(const Frame<kWords>& frame, const Plane<kWords>& open, Plane<kWords> reached) {
  for (;;) {
    const Plane<kWords> once = frame.grown(reached) & open;
    const Plane<kWords> grown = frame.grown(once) & open;
    if (grown == once) return once;
    reached = grown;
  }
}

}  // namespace boxwarp::search
