// Which device a run uses, by name.
#pragma once

#include <memory>
#include <string>

#include "kernels/env/env.hpp"
#include "kernels/learn/learn.hpp"
#include "kernels/net/net.hpp"

namespace boxwarp {

struct Device {
  std::string name;  // "cpu (2 threads, AVX3)"
  std::shared_ptr<Executor> executor;
  const EnvOps* env;
  const NetOps* net;
  const LearnOps* learn;
};

// name: auto, cpu, cuda or cuda:N. threads: of the processor backend, 0 for all cores. Throws BadInput for a name that is
// none of these and DeviceError for a device that is not there.
Device open_device(const std::string& name, int threads = 0);

}  // namespace boxwarp
