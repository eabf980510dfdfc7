// What the rest of the program asks the CUDA half for. A build without it answers all the same (absent.cpp): not built, no
// tables, no executor.
#pragma once

#include <cstdint>
#include <memory>

#include "host/cuda/availability.hpp"
#include "host/engine/far_memory.hpp"
#include "host/engine/profile.hpp"
#include "kernels/env/env.hpp"
#include "kernels/learn/learn.hpp"
#include "kernels/net/net.hpp"

namespace boxwarp {

// Asks driver and GPUs; starts nothing on them. Never throws for what it finds.
CudaReport cuda_report();

// The tables of operations on GPUs; null in a build without CUDA alone. Their executor is a CudaExecutor.
const EnvOps* cuda_env_ops();
const NetOps* cuda_net_ops();
const LearnOps* cuda_learn_ops();

// A CudaExecutor on GPU number `index`. From any thread it works there, and leaves the thread's current GPU as it is. Throws
// DeviceError.
std::shared_ptr<Executor> cuda_executor(int index);

// For a CudaExecutor, whose work is put in order with a stream of somebody else (cudaStream_t as a number, 0 the default
// stream): what it gets from now on starts after what that stream has now, and the other way round. Throw DeviceError.
int cuda_index(const Executor& executor);  // number of its GPU
void cuda_wait_for(Executor& executor, std::uintptr_t stream);
void cuda_make_wait(Executor& executor, std::uintptr_t stream);

// Memory of the GPU of a CudaExecutor, which must outlive it.
std::unique_ptr<FarMemory> cuda_far_memory(Executor& executor);

// As ProfileWork, of a CudaExecutor, by events. The work may not be recorded work: of a graph nobody sees the launches.
Profile cuda_profile(Executor& executor, const std::function<void()>& work);

}  // namespace boxwarp
