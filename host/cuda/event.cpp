#include "host/cuda/event.hpp"

#include "host/cuda/check.hpp"
#include "host/cuda/stream.hpp"

namespace boxwarp {

Event::Event() { CUDA_CHECK(cudaEventCreate(&event_)); }

Event::~Event() {
  if (event_ != nullptr) static_cast<void>(cudaEventDestroy(event_));  // a destructor has nobody to tell
}

void Event::record(const Stream& stream) { CUDA_CHECK(cudaEventRecord(event_, stream.get())); }

void Event::synchronize() const { CUDA_CHECK(cudaEventSynchronize(event_)); }

bool Event::reached() const {
  const cudaError_t result = cudaEventQuery(event_);
  if (result == cudaErrorNotReady) return false;
  CUDA_CHECK(result);
  return true;
}

float elapsed_ms(const Event& start, const Event& end) {
  float time_ms = 0;
  CUDA_CHECK(cudaEventElapsedTime(&time_ms, start.get(), end.get()));
  return time_ms;
}

}  // namespace boxwarp
