#include "host/cuda/backend.hpp"

#include "host/cuda/executor.hpp"

namespace boxwarp {

namespace cuda {
const EnvOps& env_ops();      // kernels/env
const LearnOps& learn_ops();  // kernels/learn
const NetOps& net_ops();      // kernels/net
}  // namespace cuda

const EnvOps* cuda_env_ops() { return &cuda::env_ops(); }
const NetOps* cuda_net_ops() { return &cuda::net_ops(); }
const LearnOps* cuda_learn_ops() { return &cuda::learn_ops(); }

std::shared_ptr<Executor> cuda_executor(int index) { return std::make_shared<CudaExecutor>(index); }

}  // namespace boxwarp
