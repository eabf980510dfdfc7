// One GPU as the place where operations run: its stream and its fault word.
#pragma once

#include "host/cuda/buffer.hpp"
#include "host/cuda/stream.hpp"
#include "kernels/device_executor.hpp"

namespace boxwarp {

class CudaExecutor : public DeviceExecutor {
 public:
  // Starts GPU number `index`, whatever GPU is current. Throws DeviceError.
  explicit CudaExecutor(int index);

  const CudaStream& queue() const { return parts_.queue; }  // the stream, with its operations

  // Returns when all work is done. Throws DeviceError for what failed in it, and what throw_fault makes of the word that
  // kernels left; the word is clear again after that. Nothing may be recorded into a graph at this time.
  void synchronize();

 private:
  struct Parts {  // what the base class points to, so it is made before it
    CudaStream queue;
    DeviceBuffer<FaultWord> fault{1, "fault word"};
    PinnedBuffer<FaultWord> fault_seen{1};
    DeviceLimits limits{};
  };
  static Parts parts_on(int index);
  CudaExecutor(int index, Parts parts);

  Parts parts_;
};

}  // namespace boxwarp
