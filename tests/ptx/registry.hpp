// What objects tell before main(): their fat binaries, and which function of the host stands for which kernel.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/ptx/machine.hpp"
#include "tests/ptx/runtime.hpp"

namespace boxwarp::ptx {

// Of one object: read when the first of its kernels is wanted.
struct Binary {
  const void* fat_binary;
  std::optional<Module> module;
};

}  // namespace boxwarp::ptx

// A kernel as the host knows it; cudaKernel_t points to this.
struct CUkern_st {
  boxwarp::ptx::Binary* binary;
  std::string name;                                       // mangled
  std::size_t shared_bytes = boxwarp::ptx::kSharedBytes;  // that a launch may ask for

  // Throws NoText, BadText, Refused.
  const boxwarp::ptx::Kernel& code(boxwarp::ptx::Memory& memory);
};

namespace boxwarp::ptx {

// It holds everything until the process ends: kernels may be queued when objects take leave.
class Registry {
 public:
  Binary* add(const void* fat_binary) { return binaries_.emplace_back(new Binary{fat_binary, {}}).get(); }
  void add(const void* function, Binary* binary, const std::string& name) { kernels_[function] = {binary, name}; }
  CUkern_st& kernel(const void* function);  // throws Refused

 private:
  std::vector<std::unique_ptr<Binary>> binaries_;
  std::map<const void*, CUkern_st> kernels_;
};

Registry& registry();

}  // namespace boxwarp::ptx
