// Stands in for the CUDA half in a build without nvcc.
#include "host/cuda/backend.hpp"

namespace boxwarp {

CudaReport cuda_report() { return {}; }

const EnvOps* cuda_env_ops() { return nullptr; }
const NetOps* cuda_net_ops() { return nullptr; }
const LearnOps* cuda_learn_ops() { return nullptr; }

std::shared_ptr<Executor> cuda_executor(int) { throw DeviceError("this program was built without CUDA"); }
int cuda_index(const Executor&) { throw DeviceError("this program was built without CUDA"); }
void cuda_wait_for(Executor&, std::uintptr_t) { throw DeviceError("this program was built without CUDA"); }
void cuda_make_wait(Executor&, std::uintptr_t) { throw DeviceError("this program was built without CUDA"); }
std::unique_ptr<FarMemory> cuda_far_memory(Executor&) { throw DeviceError("this program was built without CUDA"); }
Profile cuda_profile(Executor&, const std::function<void()>&) { throw DeviceError("this program was built without CUDA"); }

}  // namespace boxwarp
