// The processor's tables of operations; their executor is a ThreadPool.
#pragma once

#include "kernels/env/env.hpp"
#include "kernels/learn/learn.hpp"
#include "kernels/net/net.hpp"

namespace boxwarp {

const EnvOps& cpu_env_ops();
const NetOps& cpu_net_ops();
const LearnOps& cpu_learn_ops();

}  // namespace boxwarp
