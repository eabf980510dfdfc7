// The state before a step: that after the step before, or zeros where an episode starts. The gradient goes the same way
// back.
//
// Thread = one number of a state; 4 bytes read, 4 written.
#include "kernels/net/plain_ops.cuh"

namespace boxwarp::DEVICE::plain {

namespace {

__global__ void __launch_bounds__(kThreads)
    plain_begin_step_kernel(const std::uint8_t* episode_starts, std::int64_t boards, std::int64_t size, std::int64_t count,
                            const float* from, float* to) {
  const std::int64_t i = thread_number();
  if (i >= count) return;
  to[i] = episode_starts[i / size % boards] != 0 ? 0.0f : from[i];
}

}  // namespace

void begin_step(Executor& executor, const std::uint8_t* episode_starts, int layers, std::int64_t boards, std::size_t size,
                const float* from, float* to) {
  const std::int64_t each = static_cast<std::int64_t>(size), count = layers * boards * each;
  launch(executor, "plain_begin_step", plain_begin_step_kernel, geometry_of(count), episode_starts, boards, each, count,
         from, to);
}

}  // namespace boxwarp::DEVICE::plain
