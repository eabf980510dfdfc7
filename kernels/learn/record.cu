// What a step of the environments told, kept for the learner; episodes that ended are counted. Thread = one board; bytes: 6
// read and 7 written, 8 more read where an episode ended. Counts are integers, so no order of blocks can show.
#include "kernels/learn/device_ops.cuh"
#include "kernels/learn/recording.hpp"

namespace boxwarp::DEVICE {

namespace {

using Count = unsigned long long;  // the type that CUDA's 64-bit atomics take

struct RecordTile {
  BlockSum<Count> sum;
};

// Adds a block's count to the report's.
__device__ void count_up(Count mine, std::int64_t& total, RecordTile& tile) {
  const Count sum = block_sum(mine, tile.sum);
  if (threadIdx.x == 0 && sum != 0) atomicAdd(reinterpret_cast<Count*>(&total), sum);
}

__global__ void __launch_bounds__(kLearnThreads)
    record_kernel(const __grid_constant__ RecordView view, UpdateReport* report) {
  RecordTile& tile = shared<RecordTile>();
  const std::size_t e = thread_of_grid();
  Count episodes = 0, solved = 0, steps = 0, matched = 0;
  if (e < static_cast<std::size_t>(view.boards) && keep_step(view, e)) {
    episodes = 1;
    solved = view.terminated[e] != 0;
    steps = static_cast<Count>(view.episode_length[e]);
    matched = static_cast<Count>(view.episode_matched[e]);
  }
  if (!__syncthreads_or(episodes != 0)) return;
  count_up(episodes, report->episodes, tile);
  count_up(solved, report->solved, tile);
  count_up(steps, report->episode_steps, tile);
  count_up(matched, report->episode_matched, tile);
}

}  // namespace

void record(Executor& executor, const RecordView& view, UpdateReport* report) {
  demand_positive("record", {view.boards});
  launch(executor, "record", record_kernel, learn_geometry(static_cast<std::size_t>(view.boards), sizeof(RecordTile)), view,
         report);
}

}  // namespace boxwarp::DEVICE
