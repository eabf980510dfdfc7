// Random play: Philox4x32-10 for several environments at once, once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/cpu/env_random.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "host/cpu/env_parts.hpp"
#include "kernels/sokoban/random.hpp"

HWY_BEFORE_NAMESPACE();
namespace boxwarp::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

// Without vectors.
std::int64_t random_in_vectors(const std::uint64_t*, const std::uint32_t*, std::int64_t, std::uint64_t, std::uint32_t,
                               std::uint8_t*) {
  return 0;
}

#else

// Integers below choices, as below(draw(...)) gives them, for as many environments as whole vectors hold; returns how many.
// A vector has a word of 32 bits in the lower half of each of its elements, and in the upper half whatever comes.
std::int64_t random_in_vectors(const std::uint64_t* seed, const std::uint32_t* environment, std::int64_t count,
                               std::uint64_t index, std::uint32_t choices, std::uint8_t* out) {
  const hn::ScalableTag<std::uint64_t> d;
  const hn::Repartition<std::uint32_t, decltype(d)> words;
  const hn::Rebind<std::uint32_t, decltype(d)> numbers;
  const auto word = [&](std::uint32_t value) { return hn::Set(d, value); };
  const auto product = [&](auto a, std::uint32_t b) { return hn::MulEven(hn::BitCast(words, a), hn::Set(words, b)); };
  const auto weyl0 = word(philox::kWeyl0), weyl1 = word(philox::kWeyl1);
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  HWY_ALIGN std::uint64_t drawn[HWY_MAX_BYTES / sizeof(std::uint64_t)];
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    auto key0 = hn::LoadU(d, seed + i), key1 = hn::ShiftRight<32>(key0);
    auto word0 = hn::PromoteTo(d, hn::LoadU(numbers, environment + i));
    auto word1 = word(static_cast<std::uint32_t>(Stream::random_play));
    auto word2 = word(static_cast<std::uint32_t>(index)), word3 = word(static_cast<std::uint32_t>(index >> 32));
    for (int round = 0; round < philox::kRounds; ++round) {
      const auto product0 = product(word0, philox::kMultiplier0), product1 = product(word2, philox::kMultiplier1);
      word0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product1), word1), key0);
      word1 = product1;
      word2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product0), word3), key1);
      word3 = product0;
      key0 = hn::Add(key0, weyl0);
      key1 = hn::Add(key1, weyl1);
    }
    // the high 64 bits of (word1, word0) x choices
    const auto carried = hn::ShiftRight<32>(product(word0, choices));
    hn::Store(hn::ShiftRight<32>(hn::Add(product(word1, choices), carried)), d, drawn);
    for (std::int64_t lane = 0; lane < lanes; ++lane) out[i + lane] = static_cast<std::uint8_t>(drawn[lane]);
  }
  return i;
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace boxwarp::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boxwarp::cpu {

namespace {

HWY_EXPORT(random_in_vectors);

}  // namespace

void random_chunk(const EnvOptions& options, const EnvStateView& state, std::uint64_t step_call, std::int64_t begin,
                  std::int64_t end, std::uint8_t* actions) {
  const auto choices = static_cast<std::uint32_t>(options.actions);
  std::int64_t i = HWY_DYNAMIC_DISPATCH(random_in_vectors)(state.seed + begin, state.environment + begin, end - begin,
                                                           step_call, choices, actions);
  for (; begin + i < end; ++i) {
    const RandomWords words = draw(state.seed[begin + i], state.environment[begin + i], Stream::random_play, step_call);
    actions[i] = static_cast<std::uint8_t>(below(words, choices));
  }
}

void random_actions(Executor& executor, const EnvOptions& options, const EnvStateView& state, std::uint64_t step_call,
                    std::uint8_t* actions) {
  for_runs(executor, state.count, [&](std::int64_t begin, std::int64_t end) {
    random_chunk(options, state, step_call, begin, end, actions + begin);
  });
}

}  // namespace boxwarp::cpu
#endif  // HWY_ONCE
