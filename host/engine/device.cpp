#include "host/engine/device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <thread>

#include "host/cpu/operations.hpp"
#include "host/cpu/thread_pool.hpp"
#include "host/cuda/backend.hpp"
#include "levels/error.hpp"

namespace boxwarp {

namespace {

constexpr std::string_view kGpuPrefix = "cuda:";
constexpr std::size_t kMostDigits = 4;

[[noreturn]] void refuse(const std::string& name) {
  throw BadInput(fmt::format("--device: found '{}', allowed are auto, cpu, cuda, cuda:N", name));
}

// Number of the GPU that "cuda" or "cuda:N" names, -1 for auto and cpu.
int gpu_index(const std::string& name) {
  if (name == "auto" || name == "cpu") return -1;
  if (name == "cuda") return 0;
  if (!name.starts_with(kGpuPrefix)) refuse(name);
  const std::string digits = name.substr(kGpuPrefix.size());
  const bool number = std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!number || digits.empty() || digits.size() > kMostDigits) refuse(name);
  return std::stoi(digits);
}

Device cpu_device(int threads, std::string note) {
  auto pool = std::make_shared<ThreadPool>(threads);
  const int count = pool->threads();
  return {.name = fmt::format("cpu ({} thread{})", count, count == 1 ? "" : "s"),
          .executor = std::move(pool),
          .env = &cpu_env_ops(),
          .net = &cpu_net_ops(),
          .learn = &cpu_learn_ops(),
          .far_memory = nullptr,
          .profile = nullptr,
          .threads = count,
          .note = std::move(note)};
}

// Throws DeviceError that says why this GPU cannot be used.
Device gpu_device(const CudaReport& report, int index, int threads) {
  if (const std::string reason = why_not_usable(report, index); !reason.empty()) throw DeviceError(reason);
  const GpuInfo& gpu = report.gpus[static_cast<std::size_t>(index)];
  if (cuda_env_ops() == nullptr)
    throw DeviceError(fmt::format("{} works, but this version has no GPU backend yet", gpu.name));
  return {.name = fmt::format("cuda:{} ({})", index, gpu.name),
          .executor = cuda_executor(index),
          .env = cuda_env_ops(),
          .net = cuda_net_ops(),
          .learn = cuda_learn_ops(),
          .far_memory = cuda_far_memory,
          .profile = cuda_profile,
          .threads = threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency())),
          .note = ""};
}

constexpr const char* kNoNetwork = "this version's GPU backend has no network yet";

Device best_device(int threads) {
  const CudaReport report = cuda_report();
  if (!report.built) return cpu_device(threads, "");
  try {
    Device device = gpu_device(report, 0, threads);
    if (device.net != nullptr && device.learn != nullptr) return device;
    return cpu_device(threads, fmt::format("{} is not used: {}", device.name, kNoNetwork));
  } catch (const DeviceError& error) {
    return cpu_device(threads, fmt::format("no GPU is used: {}", error.what()));
  }
}

template <class Table>
const Table& required(const Table* table, const Device& device) {
  if (table == nullptr) throw DeviceError(fmt::format("--device {}: {}; use --device cpu", device.name, kNoNetwork));
  return *table;
}

}  // namespace

Device open_device(const std::string& name, int threads) {
  if (threads < 0 || threads > 1024)
    throw BadInput(fmt::format("--threads: found {}, takes 0 (all cores) to 1024", threads));
  const int index = gpu_index(name);
  if (name == "auto") return best_device(threads);
  if (name == "cpu") return cpu_device(threads, "");
  try {
    return gpu_device(cuda_report(), index, threads);
  } catch (const DeviceError& error) {
    throw DeviceError(fmt::format("--device {}: {}; --device cpu uses the processor", name, error.what()));
  }
}

const NetOps& net_ops(const Device& device) { return required(device.net, device); }
const LearnOps& learn_ops(const Device& device) { return required(device.learn, device); }

}  // namespace boxwarp
