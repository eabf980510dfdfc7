// The order of environments in minibatches, and their columns of a rollout side by side.
#include <cstring>
#include <numeric>
#include <utility>

#include "host/cpu/learn.hpp"
#include "kernels/sokoban/random.hpp"

namespace boxwarp::cpu {

void shuffle(Executor&, std::uint64_t seed, int epoch, int count, const LearnClock* clock, std::int32_t* order) {
  std::iota(order, order + count, 0);
  const auto base = static_cast<std::uint64_t>(epoch) * static_cast<std::uint64_t>(count);
  const auto update = static_cast<std::uint64_t>(clock->update);
  for (int place = count - 1; place > 0; --place) {
    const auto number = static_cast<std::uint32_t>(base + static_cast<std::uint64_t>(place));
    const RandomWords words = draw(seed, number, Stream::shuffling, update);
    std::swap(order[place], order[below(words, static_cast<std::uint64_t>(place) + 1)]);
  }
}

void gather(Executor&, const GatherView& view) {
  const auto* from = static_cast<const std::byte*>(view.from);
  auto* to = static_cast<std::byte*>(view.to);
  for (std::int64_t row = 0; row < view.rows; ++row) {
    for (std::int64_t i = 0; i < view.count; ++i) {
      std::memcpy(to, from + static_cast<std::size_t>(row * view.all + view.columns[i]) * view.bytes, view.bytes);
      to += view.bytes;
    }
  }
}

}  // namespace boxwarp::cpu
