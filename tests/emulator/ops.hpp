// The operations of a device, their kernels run by the emulator.
#pragma once

namespace boxwarp {
struct EnvOps;
struct LearnOps;
struct NetOps;

namespace emulated {
const EnvOps& env_ops();
const LearnOps& learn_ops();
const NetOps& net_ops();
}  // namespace emulated
}  // namespace boxwarp
