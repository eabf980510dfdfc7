#include "host/engine/device.hpp"

#include <fmt/format.h>

#include "host/cpu/operations.hpp"
#include "host/cpu/thread_pool.hpp"
#include "levels/error.hpp"

namespace boxwarp {

Device open_device(const std::string& name, int threads) {
  if (threads < 0 || threads > 1024)
    throw BadInput(fmt::format("--threads: found {}, takes 0 (all cores) to 1024", threads));
  if (name == "cuda" || name.starts_with("cuda:"))
    throw DeviceError(fmt::format("--device {}: this program was built without CUDA; use --device cpu", name));
  if (name != "auto" && name != "cpu")
    throw BadInput(fmt::format("--device: found '{}', allowed are auto, cpu, cuda, cuda:N", name));
  auto pool = std::make_shared<ThreadPool>(threads);
  const int count = pool->threads();
  return {.name = fmt::format("cpu ({} thread{})", count, count == 1 ? "" : "s"),
          .executor = std::move(pool),
          .env = &cpu_env_ops(),
          .net = &cpu_net_ops(),
          .learn = &cpu_learn_ops()};
}

}  // namespace boxwarp
