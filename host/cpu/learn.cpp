#include "host/cpu/learn.hpp"

#include "host/cpu/operations.hpp"

namespace boxwarp {

const LearnOps& cpu_learn_ops() {
  static constexpr LearnOps ops{.sample = cpu::sample,
                                .vtrace_loss = cpu::vtrace_loss,
                                .gae = cpu::gae,
                                .ppo_loss = cpu::ppo_loss,
                                .norm = cpu::norm,
                                .adam = cpu::adam};
  return ops;
}

}  // namespace boxwarp
