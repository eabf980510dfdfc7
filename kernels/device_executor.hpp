// A CUDA stream as the place where operations run. No CUDA header is needed to name one.
#pragma once

#include "kernels/executor.hpp"
#include "kernels/fault.hpp"

struct CUstream_st;  // cudaStream_t points to this

namespace boxwarp {

// Launches go to one stream, in order. Owns nothing: stream and fault word must outlive it.
class DeviceExecutor : public Executor {
 public:
  explicit DeviceExecutor(CUstream_st* stream, FaultWord* fault = nullptr) : stream_(stream), fault_(fault) {}
  CUstream_st* stream() const { return stream_; }
  // Where kernels leave the first thing that went wrong, device memory; null: nobody looks, and nothing may be left.
  FaultWord* fault() const { return fault_; }

 private:
  CUstream_st* stream_;
  FaultWord* fault_;
};

// Under this name profilers group the ranges of this program.
struct ProfilerDomain {
  static constexpr char const* name = "boxwarp";
};

}  // namespace boxwarp
