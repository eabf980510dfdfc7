// Our stream and somebody else's, one after the other.
#include "host/cuda/backend.hpp"
#include "host/cuda/current.hpp"
#include "host/cuda/event.hpp"
#include "host/cuda/executor.hpp"

namespace boxwarp {

int cuda_index(const Executor& executor) { return dynamic_cast<const CudaExecutor&>(executor).index(); }

void cuda_wait_for(Executor& executor, std::uintptr_t stream) {
  auto& ours = dynamic_cast<CudaExecutor&>(executor);
  const Current there(ours);
  const CudaEvent reached;
  CUDA_CHECK(cudaEventRecord(reached.get(), reinterpret_cast<cudaStream_t>(stream)));
  ours.queue().wait(reached);
}

void cuda_make_wait(Executor& executor, std::uintptr_t stream) {
  auto& ours = dynamic_cast<CudaExecutor&>(executor);
  const Current there(ours);
  CudaEvent reached;
  reached.record(ours.queue());
  CUDA_CHECK(cudaStreamWaitEvent(reinterpret_cast<cudaStream_t>(stream), reached.get(), 0));
}

}  // namespace boxwarp
