// The weights of a whole unroll, layer after layer and round again, through a ring in the shared memory of a block of
// conv_lstm_forward: while all its threads read a stage, those behind it arrive.
#pragma once

#include "kernels/net/conv_lstm_worker.cuh"

namespace boxwarp::DEVICE {

// Brings weights into the ring, kRingStages - 1 stages ahead.
struct Stream {
  int next;   // stage of all layers' that is asked for next
  int asked;  // so many have been

  __device__ void ask(const Unrolling& work) {
    const int elements = work.tile.stage;
    if (asked < work.stages) {
      const int first = 8 * static_cast<int>(threadIdx.x), stride = 8 * static_cast<int>(blockDim.x);
      const Bf16* from = work.weights + (next * elements + first);
      Bf16* to = slot(work, asked) + first;
      for (int left = elements - first; left > 0; left -= stride, from += stride, to += stride) copy_later(to, from);
      next = next + 1 == work.tile.all_stages ? 0 : next + 1;
    }
    close_copies();
    ++asked;
  }

  // Waits until the next stage is there for all threads of the block, and asks for one in the place of the stage before.
  __device__ const Bf16* take(const Unrolling& work) {
    wait_for_copies<kRingStages - 2>();
    __syncthreads();
    const int taken = asked + 1;  // the oldest in the ring: kRingStages - 1 before
    ask(work);
    return slot(work, taken);
  }

 private:
  __device__ static Bf16* slot(const Unrolling& work, int stage) {
    return reinterpret_cast<Bf16*>(block_memory()) + static_cast<unsigned>(stage) % kRingStages * work.tile.stage;
  }
};

}  // namespace boxwarp::DEVICE
