#include "host/cuda/backend.hpp"

#include "host/cuda/executor.hpp"

namespace boxwarp {

// To be filled in with the tables of kernels/env, kernels/net and kernels/learn; open_device needs no change then.
const EnvOps* cuda_env_ops() { return nullptr; }
const NetOps* cuda_net_ops() { return nullptr; }
const LearnOps* cuda_learn_ops() { return nullptr; }

std::shared_ptr<Executor> cuda_executor(int index) { return std::make_shared<CudaExecutor>(index); }

}  // namespace boxwarp
