// Errors as CUDA tells them: a number that the call returns and that stays as the thread's last error.
#pragma once

#include <cuda_runtime_api.h>

#include <string>

namespace boxwarp::ptx {

// Thrown inside a call of CUDA, which ends with this error.
struct Refused {
  cudaError_t error;
};

// Throws Refused, for what CUDA itself would refuse.
[[noreturn]] void refuse(cudaError_t error);
// The same with a line on stderr: for what CUDA may allow, or where a number says too little.
[[noreturn]] void refuse(cudaError_t error, const std::string& reason);

void tell(const std::string& line);  // on stderr

// Keeps an error as the last one of this thread; returns it.
cudaError_t told(cudaError_t error);

}  // namespace boxwarp::ptx
