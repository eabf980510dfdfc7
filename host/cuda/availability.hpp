// Whether a GPU can be used, and if not, why: pure functions of what CUDA answered, so that each answer is tested without
// one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace boxwarp {

struct CudaStatus {
  int error = 0;           // of cudaGetDeviceCount, 0 for none
  std::string error_text;  // CUDA's name and words for it
  int driver_version = 0;  // newest CUDA that the driver supports, as CUDA writes it (13000 for 13.0); 0: there is no driver
  int runtime_version = 0;  // CUDA that this program was built with
  int devices = 0;
};

struct GpuInfo {
  std::string name;  // "NVIDIA H100 80GB HBM3"
  int major, minor;  // compute capability
  int multiprocessors;
  std::size_t memory_bytes, l2_bytes;
  std::size_t shared_bytes;  // of one block at most
  int clock_mhz, memory_clock_mhz, memory_bus_bits;
};

// Everything about CUDA in this program and on this machine.
struct CudaReport {
  bool built = false;         // with a CUDA half; where not, nothing below says anything
  std::string architectures;  // as CMake names them, "80-real,120-virtual"
  CudaStatus status;
  std::vector<GpuInfo> gpus;
};

std::string version_text(int version);  // 12080: "12.8"

// Why CUDA finds no GPU; empty where it finds one. No driver, a driver that is too old and a driver without a GPU are three
// different texts; anything else is told in CUDA's own words.
std::string why_no_gpu(const CudaStatus& status);

// What a list of architectures stands for: "sm_80, sm_90, PTX of compute_120".
std::string architectures_text(std::string_view architectures);

// Does a program that was built for these run on a GPU of this compute capability? Machine code runs on GPUs of the same
// major version from its own minor version on, PTX on every newer one, and what ends in a letter on one capability alone.
bool runs_on(std::string_view architectures, int major, int minor);

// Why GPU number `index` cannot be used; empty where it can.
std::string why_not_usable(const CudaReport& report, int index);

}  // namespace boxwarp
