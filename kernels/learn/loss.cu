// The sums of a loss over its samples, added to the report. One block; bytes: 72 for each 128 samples.
#include "kernels/learn/loss.cuh"

namespace boxwarp::DEVICE {

namespace {

__global__ void __launch_bounds__(kLearnThreads)
    report_loss_kernel(const LossSums* parts, unsigned count, int steps, int boards, UpdateReport* report) {
  LossTile& tile = shared<LossTile>();
  LossSums mine;
  for (unsigned i = threadIdx.x; i < count; i += kLearnThreads) mine.add(parts[i]);
  const LossSums sums = sums_of_block(mine, tile);
  if (threadIdx.x == 0) add_loss(sums, steps, boards, *report);
}

}  // namespace

void report_loss(Executor& executor, const LossSums* parts, unsigned count, int steps, int boards, UpdateReport* report) {
  launch(executor, "report_loss", report_loss_kernel, {1, kLearnThreads, sizeof(LossTile)}, parts, count, steps, boards,
         report);
}

}  // namespace boxwarp::DEVICE
