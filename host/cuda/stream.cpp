#include "host/cuda/stream.hpp"

#include "host/cuda/check.hpp"
#include "host/cuda/event.hpp"

namespace boxwarp {

CudaStream::CudaStream() { CUDA_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }

CudaStream::~CudaStream() {
  if (stream_ != nullptr) static_cast<void>(cudaStreamDestroy(stream_));  // a destructor has nobody to tell
}

void CudaStream::synchronize() const { CUDA_CHECK(cudaStreamSynchronize(stream_)); }

void CudaStream::wait(const CudaEvent& event) const { CUDA_CHECK(cudaStreamWaitEvent(stream_, event.get(), 0)); }

void CudaStream::copy(void* to, const void* from, std::size_t bytes) const {
  CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream_));
}

void CudaStream::fill(void* memory, unsigned char value, std::size_t bytes) const {
  CUDA_CHECK(cudaMemsetAsync(memory, value, bytes, stream_));
}

}  // namespace boxwarp
