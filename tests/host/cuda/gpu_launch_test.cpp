// Launches and the fault word.
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "host/cuda/buffer.hpp"
#include "host/cuda/fault.hpp"
#include "host/cuda/graph.hpp"
#include "tests/host/cuda/gpu_fixture.hpp"
#include "tests/host/cuda/gpu_kernels.hpp"

namespace boxwarp::test {
namespace {

using GpuLaunch = GpuTest;
using GpuFault = GpuTest;

constexpr unsigned kTooManyThreads = 2048;  // in a block

std::string refusal_of_add(Executor& executor, unsigned threads) {
  try {
    add(executor, nullptr, 1, 1.0f, threads);
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "";
}

TEST_F(GpuLaunch, ReachesEveryElementAndNoOther) {
  for (const int count : {1, 7, 31, 32, 33, 65, 127, 128, 129, 1000}) {
    for (const unsigned threads : {32u, 128u, 1024u}) {
      const auto size = static_cast<std::size_t>(count);
      const DeviceBuffer<float> buffer(size + 64);
      add(*executor, buffer.data(), count, 2.5f, threads);
      std::vector<float> seen(size + 64), expected(size + 64, 0.0f);
      std::fill_n(expected.begin(), count, 2.5f);
      buffer.download(queue(), seen);
      executor->synchronize();
      EXPECT_EQ(seen, expected) << count << " elements, " << threads << " threads";
    }
  }
}

TEST_F(GpuLaunch, GetsMoreSharedMemoryThanAKernelHasWithoutAsking) {
  const auto count = static_cast<int>(kLargeTileFloats);
  DeviceBuffer<float> buffer(kLargeTileFloats);
  std::vector<float> values(kLargeTileFloats), seen(kLargeTileFloats);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  buffer.upload(queue(), values);
  reverse(*executor, buffer.data(), count);
  buffer.download(queue(), seen);
  executor->synchronize();
  EXPECT_EQ(seen, std::vector<float>(values.rbegin(), values.rend()));
}

// One kernel with two sizes of shared memory in one graph, each more than a kernel gets without asking.
TEST_F(GpuLaunch, ASmallerBlockTakesNothingFromALargerOneThatWasRecorded) {
  const auto large = static_cast<int>(kLargeTileFloats), small = large * 3 / 4;
  DeviceBuffer<float> buffer(kLargeTileFloats);
  std::vector<float> values(kLargeTileFloats), seen(kLargeTileFloats);
  std::iota(values.begin(), values.end(), 0.0f);
  buffer.upload(queue(), values);
  const CudaGraph graph("two sizes", queue(), [&] {
    reverse(*executor, buffer.data(), large);
    reverse(*executor, buffer.data(), small);
  });
  reverse(*executor, buffer.data(), small);
  graph.launch(queue());
  buffer.download(queue(), seen);
  executor->synchronize();
  std::reverse(values.begin(), values.begin() + small);
  std::reverse(values.begin(), values.end());
  std::reverse(values.begin(), values.begin() + small);
  EXPECT_EQ(seen, values);
}

TEST_F(GpuLaunch, ABlockThatIsTooLargeIsToldWithKernelAndGeometryAndTheGpuGoesOn) {
  const std::string text = refusal_of_add(*executor, kTooManyThreads);
  EXPECT_TRUE(text.starts_with("kernel add (1 blocks of 2048 threads, 0 bytes of shared memory each): cudaError")) << text;
  DeviceBuffer<float> buffer(10);
  add(*executor, buffer.data(), 10, 1.0f);
  executor->synchronize();
}

TEST_F(GpuFault, ABadActionIsToldAtTheNextSynchronisationWithTheLowestEnvironment) {
  constexpr std::size_t count = 1000;
  std::vector<unsigned char> values(count, 3);
  DeviceBuffer<unsigned char> actions(count);
  actions.upload(queue(), values);
  check_actions(*executor, actions.data(), count);
  executor->synchronize();

  values[999] = 4;
  values[700] = 200;
  values[701] = 5;
  actions.upload(queue(), values);
  check_actions(*executor, actions.data(), count);
  try {
    executor->synchronize();
    FAIL() << "nothing was told";
  } catch (const BadInputOnDevice& error) {
    EXPECT_EQ(error.fault.environment, 700u);
    EXPECT_EQ(error.fault.value, 200);
  }
  executor->synchronize();  // told once
}

TEST(Launch, WithoutAGpuIsToldWithTheKernel) {
  if (why_not_usable(cuda_report(), 0).empty()) GTEST_SKIP() << "there is a GPU here";
  DeviceExecutor executor(0, {}, nullptr);
  const std::string text = refusal_of_add(executor, kThreads);
  EXPECT_TRUE(text.starts_with("kernel add (1 blocks of 128 threads, 0 bytes of shared memory each): cudaError")) << text;
}

TEST(CudaCheck, TellsCallTextFileAndLine) {
  if (why_not_usable(cuda_report(), 0).empty()) GTEST_SKIP() << "there is a GPU here, where no call fails on its own";
  try {
    const CudaStream stream;
    FAIL() << "a stream without a GPU";
  } catch (const DeviceError& error) {
    const std::string text = error.what();
    EXPECT_TRUE(text.starts_with("cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking) failed: cudaError")) << text;
    EXPECT_NE(text.find("(host/cuda/stream.cpp:"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace boxwarp::test
