// What each kernel of rollout and learner has to do for a network and a batch: counted, not measured.
//
// Letters as in kernels/net/net.hpp. A cell application is one board in one layer and tick. Rows of a product are the cells
// of a board with one pad between rows, rounded up to the 64 or 112 for which there are kernels: 112 for 100 cells. By
// warpgroups they are the columns.
#pragma once

#include <string>
#include <vector>

#include "bench/model/gpu.hpp"
#include "kernels/net/net.hpp"

namespace boxwarp::model {

// What all launches of a kernel within one call do.
struct Work {
  std::string kernel;
  double launches = 1;
  double flop = 0;                  // that the mathematics asks for
  double tensor_flop = 0;           // that tensor cores execute, padding included
  double warpgroup_flop = 0;        // of these by wgmma, the others by mma.sync
  double special = 0;               // exponentials, reciprocals, roots and tanh, by lanes
  double doubles = 0;               // operations in double, by lanes
  double instructions = 0;          // of warps, all of them
  double product_instructions = 0;  // those of the loops that feed tensor cores, and go on beside them
  double shared_bytes = 0;          // read and written, in shared memory and L1, which share one way
  double l2_bytes = 0;              // between multiprocessors and L2
  double dram_bytes = 0;            // that no cache of this size can hold
  double cached_bytes = 0;          // that stay in L2 if cached_set bytes fit there, else DRAM's
  double cached_set = 0;
  // Work of equal blocks, so many side by side on a multiprocessor and the others after them; 0: of any grain.
  double blocks = 0;
  double side_by_side = 1;
  // Whether the warps of a block go from products to the rest and back together, so that only other blocks fill its gaps.
  bool in_phases = false;
};

struct Batch {
  int boards;     // N of a rollout
  int steps;      // T
  int minibatch;  // B
  int epochs;
  bool bootstrap;  // the learner's unroll has step T, too (V-trace)
  std::size_t parameters;
};

// Whether a GPU has the kernels of a precision: it lacks them where warpgroups multiply and it has none.
bool has_kernels(const Gpu& gpu, const NetShape& shape, Precision precision);

// One call of the network's forward for T steps of B boards. gpu: its size decides what blocks are made of. precision: of
// the fused kernels, which the GPU has.
std::vector<Work> forward_work(const NetShape& shape, int steps, int boards, bool keeps_activations, const Gpu& gpu,
                               Precision precision = Precision::bf16);
std::vector<Work> backward_work(const NetShape& shape, int steps, int boards, const Gpu& gpu,
                                Precision precision = Precision::bf16);

// One step of a rollout besides the network: sample, environment, record.
std::vector<Work> step_work(const NetShape& shape, int boards);
// One gradient step besides the network: gather, loss, norm, Adam.
std::vector<Work> gradient_step_work(const NetShape& shape, const Batch& batch);

// A whole update: kernels with all their launches, in the order of the iteration.
std::vector<Work> update_work(const NetShape& shape, const Batch& batch, const Gpu& gpu,
                              Precision precision = Precision::bf16);

}  // namespace boxwarp::model
