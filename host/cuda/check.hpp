// Every call of CUDA goes through CUDA_CHECK (or, where a failure must not throw, is cast to void with the reason beside
// it). For sources that include CUDA's headers.
#pragma once

#include <cuda_runtime_api.h>

namespace boxwarp {

// Throws DeviceError with the call, CUDA's name and words for its failure, file and line.
void cuda_check(cudaError_t result, const char* call, const char* file, int line);

}  // namespace boxwarp

#define CUDA_CHECK(call) ::boxwarp::cuda_check((call), #call, __FILE__, __LINE__)
