#include "host/cuda/executor.hpp"

#include <utility>

#include "host/cuda/check.hpp"
#include "host/cuda/fault.hpp"

namespace boxwarp {

namespace {

constexpr unsigned char kByteOfNoFault = 0xff;

int made_current(int index) {
  CUDA_CHECK(cudaSetDevice(index));
  return index;
}

}  // namespace

CudaExecutor::Parts::Parts(int number) : index(made_current(number)), fault(1, "fault word"), fault_seen(1) {
  queue.fill(fault.data(), kByteOfNoFault, fault.bytes());
}

CudaExecutor::CudaExecutor(int index) : CudaExecutor(Parts(index)) { synchronize(); }

CudaExecutor::CudaExecutor(Parts parts) : DeviceExecutor(parts.queue.get(), parts.fault.data()), parts_(std::move(parts)) {}

void CudaExecutor::make_current() const { made_current(parts_.index); }

void CudaExecutor::synchronize() {
  parts_.fault.download(parts_.queue, parts_.fault_seen.span());
  parts_.queue.synchronize();
  const FaultWord word = parts_.fault_seen[0];
  if (word == kNoFault) return;
  parts_.queue.fill(parts_.fault.data(), kByteOfNoFault, parts_.fault.bytes());
  throw_fault(word);
}

}  // namespace boxwarp
