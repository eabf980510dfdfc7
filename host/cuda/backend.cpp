#include "host/cuda/backend.hpp"

#include "host/cuda/executor.hpp"

namespace boxwarp {

namespace cuda {
const EnvOps& env_ops();      // kernels/env
const LearnOps& learn_ops();  // kernels/learn
}  // namespace cuda

// Networks have no kernels yet; open_device needs no change when they have.
const EnvOps* cuda_env_ops() { return &cuda::env_ops(); }
const NetOps* cuda_net_ops() { return nullptr; }
const LearnOps* cuda_learn_ops() { return &cuda::learn_ops(); }

std::shared_ptr<Executor> cuda_executor(int index) { return std::make_shared<CudaExecutor>(index); }

}  // namespace boxwarp
