#include "tests/ptx/runtime.hpp"

#include <cstdlib>
#include <mutex>
#include <string_view>

#include "tests/ptx/fat_binary.hpp"
#include "tests/ptx/machine.hpp"

namespace boxwarp::ptx {

namespace {

bool hidden() {
  static const bool hides = [] {
    const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
    return visible != nullptr && (std::string_view(visible).empty() || std::string_view(visible) == "-1");
  }();
  return hides;
}

// Never destroyed: other objects give back what they have when the process ends.
std::mutex& lock() {
  static auto* const one = new std::mutex;
  return *one;
}

Device& device() {
  static auto* const one = new Device;
  return *one;
}

cudaError_t error_of(const Failure& failure) {
  const std::string_view text = failure.what();
  if (text.starts_with("illegal address")) return cudaErrorIllegalAddress;
  if (text.starts_with("misaligned address")) return cudaErrorMisalignedAddress;
  return cudaErrorLaunchFailure;
}

cudaError_t outcome(const std::function<void(Device&)>& work) {
  if (hidden()) return cudaErrorNoDevice;
  if (device().broken != cudaSuccess) return device().broken;
  try {
    work(device());
    return cudaSuccess;
  } catch (const Refused& refused) {
    return refused.error;
  } catch (const Failure& failure) {
    tell(failure.what());
    return device().broken = error_of(failure);
  } catch (const BadText& bad) {
    tell(bad.what());
    return cudaErrorInvalidPtx;
  } catch (const NoText& none) {
    tell(none.what());
    return cudaErrorNoKernelImageForDevice;
  }
}

}  // namespace

int device_count() {
  static const int count = [] {
    const char* given = std::getenv("BOXWARP_PTX_DEVICES");
    return given == nullptr ? 1 : std::atoi(given);
  }();
  return count;
}

int& current_device() {
  thread_local int current = 0;
  return current;
}

cudaError_t call(const std::function<void(Device&)>& work) {
  const std::lock_guard held(lock());
  return told(outcome(work));
}

}  // namespace boxwarp::ptx
