// One GPU as the place where operations run: its stream and its fault word.
#pragma once

#include "host/cuda/buffer.hpp"
#include "host/cuda/stream.hpp"
#include "kernels/device_executor.hpp"

namespace boxwarp {

class CudaExecutor : public DeviceExecutor {
 public:
  // Makes GPU number `index` current for this thread and starts it. Throws DeviceError.
  explicit CudaExecutor(int index);

  int index() const { return parts_.index; }
  const CudaStream& queue() const { return parts_.queue; }  // the stream, with its operations

  // CUDA keeps the current GPU for each thread: one that did not make this executor calls this before it uses it.
  void make_current() const;

  // Returns when all work is done. Throws DeviceError for what failed in it, and what throw_fault makes of the word that
  // kernels left; the word is clear again after that. Nothing may be recorded into a graph at this time.
  void synchronize();

 private:
  struct Parts {  // what the base class points to, so it is made before it
    explicit Parts(int number);
    int index;
    CudaStream queue;
    DeviceBuffer<FaultWord> fault;
    PinnedBuffer<FaultWord> fault_seen;
  };
  explicit CudaExecutor(Parts parts);

  Parts parts_;
};

}  // namespace boxwarp
