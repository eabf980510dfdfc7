// A queue of work on a GPU.
#pragma once

#include <cstddef>
#include <utility>

struct CUstream_st;  // cudaStream_t points to this

namespace boxwarp {

class CudaEvent;

// Owns a stream of the GPU that is current where it is made; it does not wait for the default stream, nor that for it. A
// moved-from stream may only be destroyed or assigned to. All calls throw DeviceError when CUDA fails.
class CudaStream {
 public:
  CudaStream();
  ~CudaStream();
  CudaStream(CudaStream&& other) noexcept : stream_(std::exchange(other.stream_, nullptr)) {}
  CudaStream& operator=(CudaStream&& other) noexcept {
    std::swap(stream_, other.stream_);
    return *this;
  }

  CUstream_st* get() const { return stream_; }
  void synchronize() const;                 // returns when all work of the stream is done, and throws what failed in it
  void wait(const CudaEvent& event) const;  // later work of this stream starts after the event
  // Bytes between any two places of host and device, in the stream's order. Host memory must be pinned for the copy to run
  // beside the processor; both ends must live until it is done.
  void copy(void* to, const void* from, std::size_t bytes) const;
  void fill(void* memory, unsigned char value, std::size_t bytes) const;

 private:
  CUstream_st* stream_ = nullptr;
};

}  // namespace boxwarp
