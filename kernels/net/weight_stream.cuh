// The weights of a whole unroll, layer after layer and round again, through a ring in the shared memory of a block of
// conv_lstm_forward: while all its threads read a stage, those behind it arrive. The threads of the block's first board
// bring them; the others lag behind it and read the same stages later.
//
// Every thread of the block comes to the same barriers: for each layer one for each stage, and gate_barriers() more.
#pragma once

#include "kernels/net/conv_lstm_worker.cuh"
#include "kernels/warpgroup.cuh"

namespace boxwarp::DEVICE {

// shows: to products that read shared memory by themselves, what its threads have written there before they take a stage.
template <bool shows>
class Stream {
 public:
  // brings: whether this thread is one of the first board's.
  __device__ Stream(const Unrolling& work, bool brings) : brings_(brings) {
    for (int i = 0; i < kStagesAhead && brings; ++i) ask(work);
  }

  // Waits until the next stage is there for all threads of the board, and asks for a later one in the place of one that all
  // boards have read.
  __device__ const Bf16* take(const Unrolling& work) {
    if (brings_) wait_for_copies<kStagesAhead - 1>();
    if constexpr (shows) show_to_products();
    meet_block();
    if (brings_) ask(work);
    const Bf16* stage = at(work, taken_);
    taken_ = taken_ + 1 == work.tile.ring ? 0 : taken_ + 1;
    return stage;
  }

  // Lets the other boards go on.
  __device__ void pass() const { meet_block(); }

 private:
  __device__ void ask(const Unrolling& work) {
    if (asked_ < work.stages) {
      const int elements = work.tile.stage, threads = work.shape.warps() * static_cast<int>(kWarpLanes);
      const int first = 8 * static_cast<int>(threadIdx.x), stride = 8 * threads;
      const Bf16* from = work.weights + (next_ * elements + first);
      Bf16* to = at(work, place_) + first;
      for (int left = elements - first; left > 0; left -= stride, from += stride, to += stride) copy_later(to, from);
      next_ = next_ + 1 == work.tile.all_stages ? 0 : next_ + 1;
      place_ = place_ + 1 == work.tile.ring ? 0 : place_ + 1;
      ++asked_;
    }
    close_copies();
  }
  __device__ static Bf16* at(const Unrolling& work, int place) {
    return reinterpret_cast<Bf16*>(block_memory()) + place * work.tile.stage;
  }

  bool brings_;
  int asked_ = 0;  // so many stages have been
  int next_ = 0;   // of all layers' stages that is asked for next
  int place_ = 0;  // in the ring where it goes
  int taken_ = 0;  // in the ring that is read next
};

template <class Products>
using StreamFor = Stream<Products::kByWarpgroup>;

}  // namespace boxwarp::DEVICE
