// Tests that need a GPU: skipped where there is none, failed where there is one that could not be used.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "host/cuda/backend.hpp"
#include "host/cuda/executor.hpp"

namespace boxwarp::test {

// Does the kernel of this machine know a GPU, whatever CUDA says? Hiding them by CUDA_VISIBLE_DEVICES counts as none.
inline bool gpu_is_there() {
  const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
  if (visible != nullptr && (std::string(visible).empty() || std::string(visible) == "-1")) return false;
  std::error_code missing;
  const bool listed = !std::filesystem::is_empty("/proc/driver/nvidia/gpus", missing) && !missing;
  return listed || std::filesystem::exists("/dev/nvidia0", missing);
}

class GpuTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = why_not_usable(cuda_report(), 0);
    if (reason.empty()) {
      executor = std::make_unique<CudaExecutor>(0);
    } else if (gpu_is_there()) {
      FAIL() << "there is a GPU, but " << reason;
    } else {
      GTEST_SKIP() << "needs a GPU: " << reason;
    }
  }
  void TearDown() override {
    if (executor != nullptr && !HasFailure()) executor->synchronize();  // what went wrong unseen fails here
  }

  const CudaStream& queue() const { return executor->queue(); }

  std::unique_ptr<CudaExecutor> executor;
};

}  // namespace boxwarp::test
