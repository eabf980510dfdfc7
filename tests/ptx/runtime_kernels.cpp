// Kernels: how objects bring them, and launches.
#include <algorithm>
#include <cstring>
#include <vector>

#include "tests/ptx/machine.hpp"
#include "tests/ptx/registry.hpp"
#include "tests/ptx/runtime.hpp"

using boxwarp::ptx::Binary;
using boxwarp::ptx::call;
using boxwarp::ptx::Device;
using boxwarp::ptx::refuse;
using boxwarp::ptx::registry;

namespace {

// What kernel<<<...>>> says before it calls the function that stands for the kernel.
struct Configuration {
  dim3 grid, block;
  std::size_t shared_bytes;
  cudaStream_t stream;
};
thread_local std::vector<Configuration> configurations;

void expect_configuration(const dim3& grid, const dim3& block) {
  if (grid.x == 0 || block.x == 0 || block.x > boxwarp::ptx::kMostThreads || grid.x > 0x7fffffff)
    refuse(cudaErrorInvalidConfiguration);
  if (grid.y != 1 || grid.z != 1 || block.y != 1 || block.z != 1)
    refuse(cudaErrorInvalidConfiguration, "grids and blocks have one dimension here");
}

void launch(Device& device, CUkern_st& kernel, const Configuration& how, void** arguments) {
  CUstream_st& stream = device.streams.at(how.stream);
  const int current = boxwarp::ptx::current_device();
  if (stream.device.value_or(current) != current) refuse(cudaErrorInvalidResourceHandle);
  expect_configuration(how.grid, how.block);
  const boxwarp::ptx::Kernel& code = kernel.code(device.memory);
  if (how.block.x > most_threads(code)) refuse(cudaErrorLaunchOutOfResources);
  if (how.shared_bytes > kernel.shared_bytes) refuse(cudaErrorInvalidValue);

  boxwarp::ptx::Launch launch{&code, how.grid.x, how.block.x, how.shared_bytes, {}};
  const std::vector<boxwarp::ptx::Parameter>& parameters = boxwarp::ptx::parameters(code);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto [offset, bytes] = parameters[i];
    launch.values.resize(std::max(launch.values.size(), offset + bytes));
    std::memcpy(launch.values.data() + offset, arguments[i], bytes);
  }
  // A graph may be launched when the kernel's limit has been lowered; CUDA does not say that this is well.
  stream.put([&device, &kernel, recorded = stream.capture != nullptr, launch = std::move(launch)] {
    if (recorded && launch.shared_bytes > kernel.shared_bytes)
      throw boxwarp::ptx::Failure("a block has more shared memory than its kernel's limit is by now");
    boxwarp::ptx::run(launch, device.memory, device.ticks);
  });
}

}  // namespace

extern "C" {

void** __cudaRegisterFatBinary(void* fat_binary) { return reinterpret_cast<void**>(registry().add(fat_binary)); }
void __cudaRegisterFatBinaryEnd(void**) {}
void __cudaUnregisterFatBinary(void**) {}
char __cudaInitModule(void**) { return 1; }

void __cudaRegisterFunction(void** binary, const char* function, char*, const char* name, int, uint3*, uint3*, dim3*, dim3*,
                            int*) {
  registry().add(function, reinterpret_cast<Binary*>(binary), name);
}

unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, std::size_t shared_bytes, cudaStream_t stream) {
  configurations.push_back({grid, block, shared_bytes, stream});
  return 0;
}

cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, std::size_t* shared_bytes, void* stream) {
  if (configurations.empty()) return boxwarp::ptx::told(cudaErrorMissingConfiguration);
  const Configuration last = configurations.back();
  configurations.pop_back();
  *grid = last.grid;
  *block = last.block;
  *shared_bytes = last.shared_bytes;
  *static_cast<cudaStream_t*>(stream) = last.stream;
  return cudaSuccess;
}

cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* function) {
  return call([&](Device&) { *kernel = &registry().kernel(function); });
}

cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments, std::size_t shared_bytes,
                               cudaStream_t stream) {
  return call([&](Device& device) {
    if (kernel == nullptr) refuse(cudaErrorInvalidDeviceFunction);
    launch(device, *kernel, {grid, block, shared_bytes, stream}, arguments);
  });
}

cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* how, const void* function, void** arguments) {
  return call([&](Device& device) {
    if (how->numAttrs != 0) refuse(cudaErrorNotSupported, "launches have no attributes here");
    launch(device, registry().kernel(function), {how->gridDim, how->blockDim, how->dynamicSmemBytes, how->stream},
           arguments);
  });
}

cudaError_t cudaFuncSetAttribute(const void* function, cudaFuncAttribute which, int value) {
  return call([&](Device&) {
    if (which != cudaFuncAttributeMaxDynamicSharedMemorySize)
      refuse(cudaErrorNotSupported, "of a kernel's attributes only the shared memory is here");
    if (value < 0 || static_cast<std::size_t>(value) > boxwarp::ptx::kMostSharedBytes) refuse(cudaErrorInvalidValue);
    registry().kernel(function).shared_bytes = static_cast<std::size_t>(value);
  });
}

}  // extern "C"
