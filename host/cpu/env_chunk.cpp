// The rules over a chunk of boards, four boards at a time, once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/cpu/env_chunk.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

#include "host/cpu/env_chunk.hpp"
#include "host/cpu/four_boards.hpp"
#include "kernels/env/stepping.hpp"

#ifndef __OPTIMIZE__
#error "compile this with optimisation: what passes vectors must be inlined into the functions of each instruction set"
#endif

HWY_BEFORE_NAMESPACE();
namespace boxwarp::cpu::HWY_NAMESPACE {

// Whether boards whose episodes are over may be among the others: they stay as they are, and get no reward.
inline bool some_wait(const EnvOptions& options) { return options.auto_reset != AutoReset::same_step; }

// Rewards, flags and counters of boards out of what moved_words returned; of as many as whole vectors hold, returned.
#if HWY_TARGET == HWY_SCALAR
std::int64_t tell_in_vectors(const EnvOptions&, const EnvStateView&, const ChunkOutput&, const std::uint64_t*, std::int64_t,
                             std::int64_t) {
  return 0;
}
#else
namespace hn = hwy::HWY_NAMESPACE;

// Element `code` of a table of eight for each of the codes.
template <class D>
HWY_INLINE hn::Vec<D> look_up(D d, const hn::TFromD<D>* table, hn::Vec<hn::RebindToSigned<D> > codes) {
  const hn::RebindToSigned<D> integers;
  if constexpr (hn::MaxLanes(D()) >= 8) {
    return hn::TableLookupLanes(hn::Load(d, table), hn::IndicesFromVec(d, codes));
  } else {
    const auto low_codes = hn::IndicesFromVec(d, hn::And(codes, hn::Set(integers, 3)));
    const auto is_high = hn::RebindMask(d, hn::Gt(codes, hn::Set(integers, 3)));
    return hn::IfThenElse(is_high, hn::TableLookupLanes(hn::Load(d, table + 4), low_codes),
                          hn::TableLookupLanes(hn::Load(d, table), low_codes));
  }
}

std::int64_t tell_in_vectors(const EnvOptions& options, const EnvStateView& state, const ChunkOutput& output,
                             const std::uint64_t* results, std::int64_t begin, std::int64_t count) {
  const hn::ScalableTag<std::int32_t> d;
  const hn::RebindToFloat<decltype(d)> floats;
  const hn::Rebind<std::uint8_t, decltype(d)> bytes;
  const hn::RepartitionToWide<decltype(hn::RebindToUnsigned<decltype(d)>())> words;
  constexpr std::size_t kTable = hn::MaxLanes(d) > 8 ? hn::MaxLanes(d) : 8;
  HWY_ALIGN float rewards[kTable] = {};
  HWY_ALIGN std::int32_t changes[kTable] = {};
  for (int code = 0; code < 2 * kOutcomes; ++code) {
    const auto outcome = static_cast<Outcome>(code >> 1);
    rewards[code] = reward_of(options, outcome, (code & 1) != 0);
    changes[code] = int{outcome == Outcome::won} - int{outcome == Outcome::lost};
  }
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto zero = hn::Zero(d), one = hn::Set(d, 1);
  const std::int32_t* cap = state.cap + begin;
  const std::uint8_t* ended = state.ended + begin;
  std::int32_t *steps = state.steps + begin, *matched = state.matched + begin;
  const auto wide = [&](const std::uint8_t* flags) { return hn::PromoteTo(d, hn::LoadU(bytes, flags)); };
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto low = hn::BitCast(d, hn::LoadU(words, results + i));
    const auto codes = hn::ConcatEven(d, hn::BitCast(d, hn::LoadU(words, results + i + lanes / 2)), low);
    const auto before = hn::LoadU(d, steps + i);
    auto now = hn::Add(before, one), terminated = hn::And(codes, one);
    auto truncated = hn::AndNot(terminated, hn::IfThenElseZero(hn::Not(hn::Lt(now, hn::LoadU(d, cap + i))), one));
    auto reward = look_up(floats, rewards, codes);
    if (some_wait(options)) {
      const auto waits = hn::Gt(wide(ended + i), zero);
      now = hn::IfThenElse(waits, before, now);
      terminated = hn::IfThenElse(waits, wide(output.terminated + i), terminated);
      truncated = hn::IfThenElse(waits, wide(output.truncated + i), truncated);
      reward = hn::IfThenZeroElse(hn::RebindMask(floats, waits), reward);
    }
    hn::StoreU(reward, floats, output.reward + i);
    hn::StoreU(now, d, steps + i);
    hn::StoreU(hn::Add(hn::LoadU(d, matched + i), look_up(d, changes, codes)), d, matched + i);
    hn::StoreU(hn::DemoteTo(bytes, terminated), bytes, output.terminated + i);
    hn::StoreU(hn::DemoteTo(bytes, truncated), bytes, output.truncated + i);
  }
  return i;
}
#endif  // HWY_TARGET == HWY_SCALAR

constexpr std::uint64_t kNoAction = 0x100;  // beside an action: goes nowhere and is no no_op

inline void move_boards(const EnvOptions& options, const EnvStateView& state, const ChunkOutput& output,
                        const std::uint8_t* chunk_actions, std::int64_t begin, std::int64_t count) {
  alignas(64) std::uint64_t words[kChunk];  // actions, and in their place what comes of them
  const bool has_waiting = some_wait(options);
  const std::uint8_t* ended = state.ended + begin;
  for (std::int64_t i = 0; i < count; ++i)
    words[i] = has_waiting ? chunk_actions[i] | std::uint64_t{ended[i]} * kNoAction : chunk_actions[i];
  const SolvedRule rule = options.solved_rule;
  const bool has_no_op = options.actions != kActions;
  const std::uint64_t *walls = state.walls + begin, *targets = state.targets + begin;
  std::uint64_t *boxes = state.boxes + begin, *player = state.player + begin, *results = words;
  const auto move = [=]<class Word>(std::int64_t at) {
    put(moved_words<Word>(rule, has_no_op, walls + at, targets + at, boxes + at, player + at, results + at), results + at);
  };
  std::int64_t i = 0;
  for (; i + kBoardsAtOnce <= count; i += kBoardsAtOnce) move.template operator()<Words>(i);
  for (; i < count; ++i) move.template operator()<Cells>(i);

  for (i = tell_in_vectors(options, state, output, words, begin, count); i < count; ++i) {
    if (has_waiting && ended[i] != 0) {
      output.reward[i] = 0;
      continue;
    }
    const auto outcome = static_cast<Outcome>(words[i] >> 1);
    const bool is_solved = (words[i] & 1) != 0;
    const Moved told = judged(options, outcome, is_solved, ++state.steps[begin + i] >= state.cap[begin + i]);
    state.matched[begin + i] += int{outcome == Outcome::won} - int{outcome == Outcome::lost};
    output.reward[i] = told.reward;
    output.terminated[i] = told.terminated;
    output.truncated[i] = told.truncated;
  }
}

// Flattened: a call would keep this instruction set from the rules.
[[gnu::flatten]] void move_in_vectors(EnvOptions options, const EnvStateView& state, const ChunkOutput& output,
                                      const std::uint8_t* actions, std::int64_t begin, std::int64_t count) {
  if (options.actions == kActions && options.solved_rule == SolvedRule::boxes_matched) {
    options.actions = kActions;  // what nearly everybody plays gets loops of its own, with these as constants
    options.solved_rule = SolvedRule::boxes_matched;
    if (some_wait(options)) return move_boards(options, state, output, actions, begin, count);
    options.auto_reset = AutoReset::same_step;
    return move_boards(options, state, output, actions, begin, count);
  }
  move_boards(options, state, output, actions, begin, count);
  for (std::int64_t i = 0; state.idle != nullptr && i < count; ++i)
    state.idle[begin + i] += actions[i] == static_cast<std::uint8_t>(Action::no_op) && state.ended[begin + i] == 0;
}

}  // namespace boxwarp::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boxwarp::cpu {

namespace {

HWY_EXPORT(move_in_vectors);

// Inlined by force: g++ takes a call of a function that only prefetches for one without effect, and leaves it out.
[[gnu::always_inline]] inline void prefetch_level(const LevelBankView& bank, std::int64_t level) {
  if (bank.records != nullptr) return __builtin_prefetch(bank.records + level);
  __builtin_prefetch(bank.walls + level);
  __builtin_prefetch(bank.targets + level);
  __builtin_prefetch(bank.boxes + level);
  __builtin_prefetch(bank.player + level);
}

}  // namespace

void move_chunk(const EnvOptions& options, const EnvStateView& state, const ChunkOutput& output, const std::uint8_t* actions,
                std::int64_t begin, std::int64_t end) {
  const auto is_over = [](std::uint8_t ended) { return ended != 0; };
  if (options.auto_reset == AutoReset::disabled && std::all_of(state.ended + begin, state.ended + end, is_over)) {
    std::fill(output.reward, output.reward + (end - begin), 0.0f);
    return;
  }
  HWY_DYNAMIC_DISPATCH(move_in_vectors)(options, state, output, actions, begin, end - begin);
}

void EndedBoards::find(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
                       const ChunkOutput& output, std::int64_t begin, std::int64_t end) {
  const std::int64_t count = end - begin;
  const AutoReset mode = options.auto_reset;
  const auto add = [&](std::int64_t e, bool goes_on) {
    board_[count_] = e;
    next_[count_] = goes_on ? next_episode(bank, options, state, e, -1) : NextEpisode{.level = -1, .cap = 0, .symmetry = 0};
    if (goes_on) prefetch_level(bank, next_[count_].level);
    ++count_;
  };
  const auto look_at = [&](std::int64_t i) {
    if (mode != AutoReset::same_step && state.ended[begin + i] != 0) {
      if (mode == AutoReset::disabled) return;
      output.terminated[i] = output.truncated[i] = 0;
      add(begin + i, true);
    } else if ((output.terminated[i] | output.truncated[i]) != 0) {
      add(begin + i, mode == AutoReset::same_step);
    }
  };
  const auto eight = [](const std::uint8_t* flags) {
    std::uint64_t word;
    std::memcpy(&word, flags, sizeof word);
    return word;
  };
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8) {  // eight flags at once: most episodes go on, or wait on
    std::uint64_t due = eight(output.terminated + i) | eight(output.truncated + i);
    if (mode == AutoReset::next_step) due |= eight(state.ended + begin + i);
    if (mode == AutoReset::disabled) due &= ~eight(state.ended + begin + i);
    if (due == 0) continue;
    for (std::int64_t k = 0; k < 8; ++k) look_at(i + k);
  }
  for (; i < count; ++i) look_at(i);
}

}  // namespace boxwarp::cpu
#endif  // HWY_ONCE
