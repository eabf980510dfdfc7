#include "host/engine/build_info.hpp"

#include <dnnl.h>
#include <dnnl_debug.h>
#include <fmt/format.h>
#include <hwy/highway.h>

#include <algorithm>
#include <fstream>
#include <string_view>
#include <thread>
#include <utility>

#include "host/cuda/backend.hpp"

namespace boxwarp {

namespace {

std::string compiler() {
#if defined(__clang__)
  return fmt::format("clang++ {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#elif defined(__GNUC__)
  return fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#else
  return "unknown";
#endif
}

// "AMD EPYC 9654, 2 threads" as the kernel tells it.
std::string machine() {
  std::ifstream file("/proc/cpuinfo");
  std::string model = "unknown processor";
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    model = line.substr(std::min(line.find(": "), line.size() - 2) + 2);
    break;
  }
  return fmt::format("{}, {} threads", model, std::thread::hardware_concurrency());
}

std::string onednn_version() {
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("{}.{}.{}", version->major, version->minor, version->patch);
}

std::string onednn_instruction_set() {
  std::string name = dnnl_cpu_isa2str(dnnl_get_effective_cpu_isa());
  constexpr std::string_view prefix = "cpu_isa_";
  if (name.starts_with(prefix)) name.erase(0, prefix.size());
  return name;
}

std::string highway_target() {
  // Highway numbers its targets from the best to the worst.
  const std::int64_t targets = hwy::SupportedTargets() & HWY_TARGETS;
  return hwy::TargetName(targets & -targets);
}

}  // namespace

const char* program_version() noexcept { return BOXWARP_VERSION; }

BuildInfo build_info() {
  CudaReport cuda = cuda_report();
  std::vector<std::string> backends{"cpu"};
  if (cuda.built) backends.push_back("cuda");
  return {.version = program_version(),
          .commit = BOXWARP_COMMIT,
          .compiler = compiler(),
          .build_type = BOXWARP_BUILD_TYPE,
          .sanitizers = BOXWARP_SANITIZERS,
          .onednn_version = onednn_version(),
          .onednn_instruction_set = onednn_instruction_set(),
          .highway_version = fmt::format("{}.{}.{}", HWY_MAJOR, HWY_MINOR, HWY_PATCH),
          .highway_target = highway_target(),
          .machine = machine(),
          .threads = static_cast<int>(std::thread::hardware_concurrency()),
          .backends = std::move(backends),
          .cuda = std::move(cuda)};
}

}  // namespace boxwarp
