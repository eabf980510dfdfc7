#include "host/cuda/event.hpp"

#include "host/cuda/check.hpp"
#include "host/cuda/stream.hpp"

namespace boxwarp {

CudaEvent::CudaEvent() { CUDA_CHECK(cudaEventCreate(&event_)); }

CudaEvent::~CudaEvent() {
  if (event_ != nullptr) static_cast<void>(cudaEventDestroy(event_));  // a destructor has nobody to tell
}

void CudaEvent::record(const CudaStream& stream) { CUDA_CHECK(cudaEventRecord(event_, stream.get())); }

void CudaEvent::synchronize() const { CUDA_CHECK(cudaEventSynchronize(event_)); }

bool CudaEvent::reached() const {
  const cudaError_t result = cudaEventQuery(event_);
  if (result == cudaErrorNotReady) return false;
  CUDA_CHECK(result);
  return true;
}

float elapsed_ms(const CudaEvent& start, const CudaEvent& end) {
  float time_ms = 0;
  CUDA_CHECK(cudaEventElapsedTime(&time_ms, start.get(), end.get()));
  return time_ms;
}

}  // namespace boxwarp
