// The executor that runs kernels on the emulator: what tests hand to operations in place of a CUDA stream.
#pragma once

#include "emulator/schedule.hpp"
#include "kernels/executor.hpp"

namespace boxwarp {

class DeviceExecutor : public Executor {
 public:
  explicit DeviceExecutor(emulator::Schedule schedule = {}) : schedule_(schedule) {}
  const emulator::Schedule& schedule() const { return schedule_; }

 private:
  emulator::Schedule schedule_;
};

}  // namespace boxwarp
