// Several GPUs in one process, and threads whose current GPU is another one: work goes where its executor is.
#include <cuda_runtime_api.h>

#include <thread>
#include <vector>

#include "host/cuda/buffer.hpp"
#include "host/engine/far_memory.hpp"
#include "tests/host/cuda/gpu_fixture.hpp"
#include "tests/host/cuda/gpu_kernels.hpp"

namespace boxwarp::test {
namespace {

int current() {
  int index = -1;
  EXPECT_EQ(cudaGetDevice(&index), cudaSuccess);
  return index;
}

int place_of(const void* memory) {
  cudaPointerAttributes attributes{};
  EXPECT_EQ(cudaPointerGetAttributes(&attributes, memory), cudaSuccess);
  return attributes.device;
}

class GpuDevices : public GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const std::string reason = why_not_usable(cuda_report(), 1);
    if (!reason.empty()) GTEST_SKIP() << "needs two GPUs: " << reason;
    second = std::make_unique<CudaExecutor>(1);
  }
  void TearDown() override {
    if (second != nullptr && !HasFailure()) second->synchronize();
    second.reset();
    GpuTest::TearDown();
  }

  // Takes memory of the executor's GPU, works there by launches, copies and a graph, and says what came of it.
  static std::vector<float> work_on(CudaExecutor& executor) {
    constexpr std::size_t kCount = 100;
    const std::unique_ptr<FarMemory> memory = cuda_far_memory(executor);
    auto* const values = static_cast<float*>(memory->take("values", kCount * sizeof(float), {}));
    EXPECT_EQ(place_of(values), executor.index());
    EXPECT_GT(memory->free_bytes(), 0u);
    std::vector<float> start(kCount, 2), seen(kCount);
    memory->upload(values, start.data(), kCount * sizeof(float));
    add(executor, values, static_cast<int>(kCount), 1);
    const std::unique_ptr<Recording> twice = memory->record("twice", [&] {
      for (int i = 0; i < 2; ++i) add(executor, values, static_cast<int>(kCount), 10);
    });
    twice->launch();
    memory->synchronize();
    const Profile profile = cuda_profile(executor, [&] { add(executor, values, static_cast<int>(kCount), 100); });
    EXPECT_EQ(profile.kernels.size(), 1u);
    cuda_wait_for(executor, 0);
    memory->download(seen.data(), values, kCount * sizeof(float));
    return seen;
  }

  std::unique_ptr<CudaExecutor> second;
};

TEST_F(GpuDevices, WorkGoesWhereItsExecutorIsAndLeavesTheThreadsOwnGpuCurrent) {
  const std::vector<float> expected(100, 123);
  EXPECT_EQ(current(), 0);
  EXPECT_EQ(work_on(*second), expected);
  EXPECT_EQ(current(), 0);
  EXPECT_EQ(work_on(*executor), expected);
  ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
  EXPECT_EQ(work_on(*executor), expected);
  EXPECT_EQ(current(), 1);
  ASSERT_EQ(cudaSetDevice(0), cudaSuccess);
}

TEST_F(GpuDevices, AThreadThatDidNotMakeAnExecutorUsesIt) {
  std::vector<float> seen;
  std::thread other([&] { seen = work_on(*second); });
  other.join();
  EXPECT_EQ(seen, std::vector<float>(100, 123));
}

}  // namespace
}  // namespace boxwarp::test
