#include "host/cuda/availability.hpp"

#include <fmt/format.h>

#include <cctype>
#include <cstdlib>

namespace boxwarp {

namespace {

constexpr int kInsufficientDriver = 35;  // cudaErrorInsufficientDriver: there is no driver, or it is older than the program
constexpr int kNoDevice = 100;           // cudaErrorNoDevice

// A program runs with every driver of its major version of CUDA. Drivers have numbers of their own, which people know
// better.
std::string needed_driver(int runtime_version) {
  const int major = runtime_version / 1000;
  const int branch = major == 12 ? 525 : major == 13 ? 580 : 0;
  const std::string cuda = fmt::format("CUDA {}.0", major);
  return branch == 0 ? cuda : fmt::format("{} (driver {} or newer)", cuda, branch);
}

struct Architecture {
  int capability;  // 90 for 9.0
  bool exact;      // 90a: for this capability alone
  bool code, ptx;
};

// "80-real,90a-real,120": -real is machine code, -virtual is PTX, neither of them means both.
std::vector<Architecture> parsed(std::string_view list) {
  std::vector<Architecture> all;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string entry(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    char* rest = nullptr;
    const int capability = static_cast<int>(std::strtol(entry.c_str(), &rest, 10));
    if (capability == 0) continue;
    all.push_back({.capability = capability,
                   .exact = std::isalpha(static_cast<unsigned char>(*rest)) != 0,
                   .code = !entry.ends_with("-virtual"),
                   .ptx = !entry.ends_with("-real")});
  }
  return all;
}

std::string existing(std::size_t gpus) {
  if (gpus == 1) return "there is one GPU, cuda:0";
  return fmt::format("there are {} GPUs, cuda:0 to cuda:{}", gpus, gpus - 1);
}

}  // namespace

std::string version_text(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

std::string why_no_gpu(const CudaStatus& status) {
  if (status.error == 0 && status.devices > 0) return "";
  if (status.error == 0 || status.error == kNoDevice) {
    return fmt::format("the NVIDIA driver (for CUDA {}) is installed but finds no GPU, or CUDA_VISIBLE_DEVICES hides it",
                       version_text(status.driver_version));
  }
  if (status.error == kInsufficientDriver && status.driver_version == 0) {
    return fmt::format("no NVIDIA driver is installed; this program needs one for {}",
                       needed_driver(status.runtime_version));
  }
  if (status.error == kInsufficientDriver) {
    return fmt::format("the NVIDIA driver is too old: it supports CUDA {}, this program was built with CUDA {} and needs {}",
                       version_text(status.driver_version), version_text(status.runtime_version),
                       needed_driver(status.runtime_version));
  }
  return fmt::format("CUDA finds no GPU: {}", status.error_text);
}

std::string architectures_text(std::string_view architectures) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  for (const Architecture& a : parsed(architectures)) {
    if (a.code) add(fmt::format("sm_{}{}", a.capability, a.exact ? "a" : ""));
    if (a.ptx) add(fmt::format("PTX of compute_{}{}", a.capability, a.exact ? "a" : ""));
  }
  return text;
}

bool runs_on(std::string_view architectures, int major, int minor) {
  const int capability = 10 * major + minor;
  for (const Architecture& a : parsed(architectures)) {
    if (a.exact ? a.capability == capability : a.ptx && a.capability <= capability) return true;
    if (!a.exact && a.code && a.capability / 10 == major && a.capability <= capability) return true;
  }
  return false;
}

std::string why_not_usable(const CudaReport& report, int index) {
  if (!report.built) return "this program was built without CUDA";
  if (std::string reason = why_no_gpu(report.status); !reason.empty()) return reason;
  if (index < 0 || static_cast<std::size_t>(index) >= report.gpus.size()) return existing(report.gpus.size());
  const GpuInfo& gpu = report.gpus[static_cast<std::size_t>(index)];
  if (runs_on(report.architectures, gpu.major, gpu.minor)) return "";
  return fmt::format("{} is sm_{}{}, and this program was built for {}; build it with -DCMAKE_CUDA_ARCHITECTURES={}{}",
                     gpu.name, gpu.major, gpu.minor, architectures_text(report.architectures), gpu.major, gpu.minor);
}

}  // namespace boxwarp
