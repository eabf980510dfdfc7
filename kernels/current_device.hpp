// CUDA keeps the current GPU for each thread, and much of what is asked of it goes there.
#pragma once

#include <cuda_runtime_api.h>

namespace boxwarp {

// Makes a GPU current for this thread, and what was current before again at its end: other libraries have theirs.
class CurrentDevice {
 public:
  explicit CurrentDevice(int index) {
    error_ = cudaGetDevice(&before_);
    if (error_ != cudaSuccess || before_ == index) return;
    error_ = cudaSetDevice(index);
    restores_ = error_ == cudaSuccess;
  }
  ~CurrentDevice() {
    if (restores_) static_cast<void>(cudaSetDevice(before_));  // a destructor has nobody to tell
  }
  CurrentDevice(const CurrentDevice&) = delete;
  CurrentDevice& operator=(const CurrentDevice&) = delete;

  cudaError_t error() const { return error_; }

 private:
  int before_ = 0;
  bool restores_ = false;
  cudaError_t error_;
};

}  // namespace boxwarp
