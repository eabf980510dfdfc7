#include "host/cpu/learn.hpp"

#include "host/cpu/operations.hpp"

namespace boxwarp {

namespace {

// Sums are kept in memory of the operations' own.
std::size_t no_workspace(int, int, std::size_t) { return 0; }

}  // namespace

const LearnOps& cpu_learn_ops() {
  static constexpr LearnOps ops{.workspace_bytes = no_workspace,
                                .begin_update = cpu::begin_update,
                                .end_update = cpu::end_update,
                                .sample = cpu::sample,
                                .record = cpu::record,
                                .shuffle = cpu::shuffle,
                                .gather = cpu::gather,
                                .vtrace_loss = cpu::vtrace_loss,
                                .gae = cpu::gae,
                                .normalise = cpu::normalise,
                                .ppo_loss = cpu::ppo_loss,
                                .add_scaled = cpu::add_scaled,
                                .norm = cpu::norm,
                                .adam = cpu::adam};
  return ops;
}

}  // namespace boxwarp
