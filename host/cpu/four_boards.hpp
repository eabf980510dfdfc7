// The rules for four boards at once, in vectors of the compiler's own.
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/env/env.hpp"

namespace boxwarp::cpu {

// Words of four boards, as the rules take them. Neither Highway's vectors nor compiled for an instruction set: it becomes
// part of functions that are by being inlined with the rules around it, which compilers do only with what asks for no more
// than its caller has.
struct Words {
  using Vector [[gnu::vector_size(32)]] = std::uint64_t;
  Vector v;

  Words() = default;
  Words(std::uint64_t each) : v(Vector{} + each) {}

  friend Words operator&(Words a, const Words& b) { return a.v &= b.v, a; }
  friend Words operator|(Words a, const Words& b) { return a.v |= b.v, a; }
  friend Words operator^(Words a, const Words& b) { return a.v ^= b.v, a; }
  friend Words operator+(Words a, const Words& b) { return a.v += b.v, a; }
  friend Words operator-(Words a, const Words& b) { return a.v -= b.v, a; }
  friend Words operator<<(Words a, const Words& b) { return a.v <<= b.v, a; }
  friend Words operator>>(Words a, const Words& b) { return a.v >>= b.v, a; }
  friend Words operator~(Words a) { return a.v = ~a.v, a; }
  friend Words if_none(Words a) { return a.v = reinterpret_cast<Vector>(a.v == 0), a; }
};
constexpr std::int64_t kBoardsAtOnce = sizeof(Words) / sizeof(std::uint64_t);

// Between memory and words; compilers move the vector itself at once, but the struct by halves.
inline void take(const std::uint64_t* from, Words& words) { std::memcpy(&words.v, from, sizeof words.v); }
inline void put(const Words& words, std::uint64_t* to) { std::memcpy(to, &words.v, sizeof words.v); }
inline void take(const std::uint64_t* from, Cells& cells) { cells = *from; }
inline void put(Cells cells, std::uint64_t* to) { *to = cells; }

template <class Word>
inline Word taken(const std::uint64_t* from) {
  Word word;
  take(from, word);
  return word;
}

template <class Word>
inline Word if_action(const Word& actions, Action action) {
  return if_none(actions ^ Word(static_cast<std::uint64_t>(action)));
}

// Moves the boards whose words begin at these places. Returns twice the outcome of each, and 1 more where it is solved.
template <class Word>
inline Word moved_words(SolvedRule rule, bool has_no_op, const std::uint64_t* walls, const std::uint64_t* targets,
                        std::uint64_t* boxes, std::uint64_t* player, const std::uint64_t* actions) {
  const Word action = taken<Word>(actions);
  const Heading<Word> to = heading<Word>(if_action(action, Action::up), if_action(action, Action::down),
                                         if_action(action, Action::left), if_action(action, Action::right));
  const LevelOf<Word> level{taken<Word>(walls), taken<Word>(targets)};
  const BoardOf<Word> before{taken<Word>(boxes), taken<Word>(player)}, after = moved(level, before, to);
  put(after.boxes, boxes);
  put(after.player, player);
  const Word was_solved = if_none(unsolved(level, before, rule));
  const Word is_solved = was_solved | if_none(unsolved(level, after, rule));
  // all ones are -1
  const Word change = if_none(won_box(level, before, after)) - if_none(lost_box(level, before, after));
  const Word result = change + change + Word(2 * static_cast<std::uint64_t>(Outcome::kept)) - is_solved;
  if (!has_no_op) return result;
  static_assert(static_cast<int>(Outcome::idle) - static_cast<int>(Outcome::kept) == 2);
  return result + (if_action(action, Action::no_op) & Word(2 * 2));
}

}  // namespace boxwarp::cpu
