// Which device a run uses, by name.
#pragma once

#include <memory>
#include <string>

#include "host/engine/far_memory.hpp"
#include "host/engine/profile.hpp"
#include "kernels/env/env.hpp"
#include "kernels/learn/learn.hpp"
#include "kernels/net/net.hpp"

namespace boxwarp {

// The tables of a GPU may be null where this version has no kernels for them yet; those of the processor never are.
struct Device {
  std::string name;  // "cpu (2 threads)", "cuda:0 (NVIDIA H100 80GB HBM3)"
  std::shared_ptr<Executor> executor;
  const EnvOps* env;
  const NetOps* net;
  const LearnOps* learn;
  MakeFarMemory far_memory = nullptr;  // null: operations work in the processor's memory
  ProfileWork profile = nullptr;       // null: cannot tell its kernels' times
  int threads = 1;                     // of the processor, for its operations or for what it does beside a GPU
  std::string note;  // why `auto` did not take a GPU, to be told once; empty where there is nothing to tell
};

// name: auto, cpu, cuda (the same as cuda:0) or cuda:N. threads: of the processor, 0 for all cores. `auto` takes GPU
// 0 where it works and has all tables, else the processor; in a program that was built without CUDA it does so without a
// note. Throws BadInput for a name that is none of these and DeviceError for a device that is not there.
Device open_device(const std::string& name, int threads = 0);

// The tables of a device that a network needs. Throw DeviceError where it has none.
const NetOps& net_ops(const Device& device);
const LearnOps& learn_ops(const Device& device);

}  // namespace boxwarp
