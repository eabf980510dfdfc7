// The executor that runs kernels on the emulator: what tests hand to operations in place of a CUDA stream.
#pragma once

#include "emulator/schedule.hpp"
#include "kernels/executor.hpp"
#include "kernels/fault.hpp"

namespace boxwarp::emulated {

class DeviceExecutor : public Executor {
 public:
  explicit DeviceExecutor(emulator::Schedule schedule = {}, FaultWord* fault = nullptr)
      : schedule_(schedule), fault_(fault) {}
  const emulator::Schedule& schedule() const { return schedule_; }
  FaultWord* fault() const { return fault_; }

 private:
  emulator::Schedule schedule_;
  FaultWord* fault_;
};

}  // namespace boxwarp::emulated
