// The device's side of the fault word.
#pragma once

#include "kernels/dialect.cuh"
#include "kernels/fault.hpp"

namespace boxwarp {

// Leaves a fault for the host; word: DeviceExecutor::fault(), null where nobody looks. The kernel must go on without harm.
__device__ inline void report(FaultWord* word, Fault fault) {
  if (word != nullptr) atomicMin(word, packed(fault));
}

}  // namespace boxwarp
