// Levels by reverse play, made one a thread: the same level for the same (seed, id) as on a processor.
//
// A thread's workshop (1.9 KB for boards of up to ten rows, 12 KB for 64) lies in memory that the caller gives; threads go
// through the levels in strides, so that any number of levels fits any such memory. The time goes into divergent integer
// work; the level itself is 27 bytes (small tier).
#include "kernels/env/device_ops.cuh"
#include "kernels/env/generating.hpp"

namespace boxwarp::DEVICE {

namespace {

constexpr unsigned kGenerateThreads = 64;

// Ten blocks a multiprocessor leave 102 registers a thread; left alone, the compiler spills on some devices to fit more.
template <int kRows>
__global__ void __launch_bounds__(kGenerateThreads, 10)
    generate_kernel(const __grid_constant__ ReversePlay rules, const __grid_constant__ LevelRange range,
                    const __grid_constant__ LevelSlots slots, GenerateBench<kRows>* benches, std::int64_t workers) {
  const std::int64_t worker = std::int64_t{blockIdx.x} * kGenerateThreads + threadIdx.x;
  if (worker >= workers) return;
  for (std::int64_t i = worker; i < range.count; i += workers) make_level(rules, range, slots, benches[worker], i);
}

template <int kRows>
void generate_with(Executor& executor, const ReversePlay& rules, const LevelRange& range, const LevelSlots& slots,
                   void* workspace, std::int64_t workers) {
  const Geometry geometry{.blocks = static_cast<unsigned>((workers + kGenerateThreads - 1) / kGenerateThreads),
                          .threads = kGenerateThreads};
  launch(executor, "generate", generate_kernel<kRows>, geometry, rules, range, slots,
         static_cast<GenerateBench<kRows>*>(workspace), workers);
}

}  // namespace

std::size_t generate_bytes(const ReversePlay& rules, std::int64_t workers) {
  const bool low = rules.height <= kSmallSize;
  return static_cast<std::size_t>(workers) * (low ? sizeof(GenerateBench<kSmallSize>) : sizeof(GenerateBench<kLargestSize>));
}

void generate(Executor& executor, const ReversePlay& rules, const LevelRange& range, const LevelSlots& slots,
              void* workspace, std::int64_t workers) {
  const auto work = rules.height <= kSmallSize ? generate_with<kSmallSize> : generate_with<kLargestSize>;
  work(executor, rules, range, slots, workspace, workers);
}

}  // namespace boxwarp::DEVICE
