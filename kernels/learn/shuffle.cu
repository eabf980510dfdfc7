// A permutation of 0..count-1 by Fisher and Yates. One block: its threads draw the partners of many places at once, one
// thread exchanges them in order. The permutation lies in shared memory while it is made, where it fits: an exchange waits
// for the one before it, some 30 clocks there and several hundred through global memory.
#include "kernels/learn/device_ops.cuh"
#include "kernels/sokoban/random.hpp"

namespace boxwarp::DEVICE {

namespace {

constexpr int kHeld = 8192;   // places of a permutation in shared memory
constexpr int kDrawn = 1024;  // partners drawn at a time

struct ShuffleTile {
  std::int32_t order[kHeld];
  std::int32_t partner[kDrawn];
};

__global__ void __launch_bounds__(kLearnThreads)
    shuffle_kernel(std::uint64_t seed, int epoch, int count, const LearnClock* clock, std::int32_t* order) {
  ShuffleTile& tile = shared<ShuffleTile>();
  std::int32_t* held = count <= kHeld ? tile.order : order;
  const auto first = static_cast<int>(threadIdx.x), threads = static_cast<int>(kLearnThreads);
  const auto update = static_cast<std::uint64_t>(clock->update);
  for (int i = first; i < count; i += threads) held[i] = i;
  for (int above = count; above > 1; above -= kDrawn) {  // places above - 1, above - 2, ... down to 1
    const int many = above - 1 < kDrawn ? above - 1 : kDrawn;
    for (int i = first; i < many; i += threads) {
      const int place = above - 1 - i;
      const auto number = static_cast<std::uint32_t>(std::int64_t{epoch} * count + place);
      const RandomWords words = draw(seed, number, Stream::shuffling, update);
      tile.partner[i] = static_cast<std::int32_t>(below(words, static_cast<std::uint64_t>(place) + 1));
    }
    __syncthreads();
    if (threadIdx.x == 0) {
      for (int i = 0; i < many; ++i) {
        const int place = above - 1 - i, partner = tile.partner[i];
        const std::int32_t moved = held[place];
        held[place] = held[partner];
        held[partner] = moved;
      }
    }
    __syncthreads();
  }
  if (held == order) return;
  __syncthreads();
  for (int i = first; i < count; i += threads) order[i] = held[i];
}

}  // namespace

void shuffle(Executor& executor, std::uint64_t seed, int epoch, int count, const LearnClock* clock, std::int32_t* order) {
  demand_positive("shuffle", {count});
  launch(executor, "shuffle", shuffle_kernel, {1, kLearnThreads, sizeof(ShuffleTile)}, seed, epoch, count, clock, order);
}

}  // namespace boxwarp::DEVICE
