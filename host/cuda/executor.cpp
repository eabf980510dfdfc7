#include "host/cuda/executor.hpp"

#include <utility>

#include "host/cuda/current.hpp"
#include "host/cuda/fault.hpp"

namespace boxwarp {

namespace {

constexpr unsigned char kByteOfNoFault = 0xff;

int attribute(cudaDeviceAttr which, int index) {
  int value = 0;
  CUDA_CHECK(cudaDeviceGetAttribute(&value, which, index));
  return value;
}

}  // namespace

CudaExecutor::Parts CudaExecutor::parts_on(int index) {
  const Current there(index);
  Parts parts;
  parts.limits = {.multiprocessors = attribute(cudaDevAttrMultiProcessorCount, index),
                  .shared_bytes = static_cast<std::size_t>(attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, index)),
                  .warpgroups = BOXWARP_WARPGROUPS && attribute(cudaDevAttrComputeCapabilityMajor, index) == 9 &&
                                attribute(cudaDevAttrComputeCapabilityMinor, index) == 0};
  parts.queue.fill(parts.fault.data(), kByteOfNoFault, parts.fault.bytes());
  return parts;
}

CudaExecutor::CudaExecutor(int index) : CudaExecutor(index, parts_on(index)) { synchronize(); }

CudaExecutor::CudaExecutor(int index, Parts parts)
    : DeviceExecutor(index, parts.limits, parts.queue.get(), parts.fault.data()), parts_(std::move(parts)) {}

void CudaExecutor::synchronize() {
  const Current there(*this);
  parts_.fault.download(parts_.queue, parts_.fault_seen.span());
  parts_.queue.synchronize();
  const FaultWord word = parts_.fault_seen[0];
  if (word == kNoFault) return;
  parts_.queue.fill(parts_.fault.data(), kByteOfNoFault, parts_.fault.bytes());
  throw_fault(word);
}

}  // namespace boxwarp
