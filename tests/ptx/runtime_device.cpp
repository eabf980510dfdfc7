// The device itself: how many there are, which one, and what it is.
#include <cstring>

#include "tests/ptx/runtime.hpp"

using boxwarp::ptx::call;
using boxwarp::ptx::current_device;
using boxwarp::ptx::Device;
using boxwarp::ptx::refuse;

namespace {

constexpr int kMajor = 9, kMinor = 0;
constexpr int kMultiprocessors = 3;
constexpr int kMemoryBusBits = 64;
constexpr int kL2Bytes = 1 << 20;

void expect_number(int device) {
  if (device < 0 || device >= boxwarp::ptx::device_count()) refuse(cudaErrorInvalidDevice);
}

int attribute(cudaDeviceAttr which) {
  switch (which) {
    case cudaDevAttrMultiProcessorCount: return kMultiprocessors;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin: return static_cast<int>(boxwarp::ptx::kMostSharedBytes);
    case cudaDevAttrComputeCapabilityMajor: return kMajor;
    case cudaDevAttrComputeCapabilityMinor: return kMinor;
    case cudaDevAttrClockRate:
    case cudaDevAttrMemoryClockRate: return boxwarp::ptx::kTicksPerMs;  // kHz
    default: refuse(cudaErrorNotSupported, "attribute " + std::to_string(which) + " of the device is not here");
  }
}

}  // namespace

extern "C" {

cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 0;
  return call([&](Device&) { *count = boxwarp::ptx::device_count(); });
}

cudaError_t cudaGetDevice(int* device) {
  return call([&](Device&) { *device = current_device(); });
}

cudaError_t cudaSetDevice(int device) {
  return call([&](Device&) {
    expect_number(device);
    current_device() = device;
  });
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr which, int device) {
  return call([&](Device&) {
    expect_number(device);
    *value = attribute(which);
  });
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  return call([&](Device& there) {
    expect_number(device);
    *properties = {};
    std::strcpy(properties->name, "PTX on a processor");
    properties->major = kMajor;
    properties->minor = kMinor;
    properties->multiProcessorCount = kMultiprocessors;
    properties->totalGlobalMem = there.memory.total_bytes();
    properties->l2CacheSize = kL2Bytes;
    properties->memoryBusWidth = kMemoryBusBits;
    properties->sharedMemPerBlock = boxwarp::ptx::kSharedBytes;
    properties->sharedMemPerBlockOptin = boxwarp::ptx::kMostSharedBytes;
    properties->maxThreadsPerBlock = static_cast<int>(boxwarp::ptx::kMostThreads);
    properties->warpSize = 32;
  });
}

}  // extern "C"
