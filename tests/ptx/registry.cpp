#include "tests/ptx/registry.hpp"

#include "tests/ptx/fat_binary.hpp"

namespace boxwarp::ptx {

CUkern_st& Registry::kernel(const void* function) {
  const auto found = kernels_.find(function);
  if (found == kernels_.end()) refuse(cudaErrorInvalidDeviceFunction);
  return found->second;
}

// Objects come here from the constructors of their static variables, in any order, and their destructors may come back.
Registry& registry() {
  static auto* const one = new Registry;
  return *one;
}

}  // namespace boxwarp::ptx

const boxwarp::ptx::Kernel& CUkern_st::code(boxwarp::ptx::Memory& memory) {
  using namespace boxwarp::ptx;
  if (!binary->module) binary->module.emplace(ptx_text(binary->fat_binary), memory);
  const Kernel* const found = binary->module->kernel(name);
  if (found == nullptr) refuse(cudaErrorInvalidDeviceFunction, "the PTX of an object has no kernel " + name);
  return *found;
}
