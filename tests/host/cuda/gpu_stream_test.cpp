// Order and time on a GPU: streams, events and graphs.
#include <cmath>
#include <stdexcept>
#include <vector>

#include "host/cuda/backend.hpp"
#include "host/cuda/buffer.hpp"
#include "host/cuda/event.hpp"
#include "host/cuda/graph.hpp"
#include "host/cuda/stream.hpp"
#include "tests/host/cuda/gpu_fixture.hpp"
#include "tests/host/cuda/gpu_kernels.hpp"

namespace boxwarp::test {
namespace {

using GpuStream = GpuTest;
using GpuEvent = GpuTest;
using GpuGraph = GpuTest;
using GpuProfile = GpuTest;

constexpr int kCount = 1000;
constexpr long long kLongTicks = 50'000'000;  // tens of milliseconds on any GPU

std::vector<float> content(const DeviceBuffer<float>& buffer, const CudaStream& stream) {
  std::vector<float> values(buffer.size());
  buffer.download(stream, values);
  stream.synchronize();
  return values;
}

TEST_F(GpuStream, FillsBytes) {
  DeviceBuffer<unsigned char> buffer(100);
  queue().fill(buffer.data(), 0x5a, 99);
  std::vector<unsigned char> seen(100);
  buffer.download(queue(), seen);
  executor->synchronize();
  std::vector<unsigned char> expected(100, 0x5a);
  expected.back() = 0;
  EXPECT_EQ(seen, expected);
}

TEST_F(GpuStream, WaitsForAnEventOfAnother) {
  DeviceBuffer<float> buffer(kCount);
  CudaEvent added;
  spin(*executor, kLongTicks);
  add(*executor, buffer.data(), kCount, 3.0f);
  added.record(queue());
  const CudaStream other;
  other.wait(added);
  EXPECT_EQ(content(buffer, other), std::vector<float>(kCount, 3.0f));
}

TEST_F(GpuStream, MovesWithItsWork) {
  CudaStream first;
  CUstream_st* const handle = first.get();
  CudaStream second = std::move(first);
  EXPECT_EQ(second.get(), handle);
  EXPECT_EQ(first.get(), nullptr);  // NOLINT: what is left of it is the point
  second.synchronize();
}

TEST_F(GpuEvent, MeasuresTimeOnTheDevice) {
  CudaEvent start, middle, end;
  spin(*executor, kLongTicks);  // brings the kernel to the device, and the device to its pace
  executor->synchronize();
  start.record(queue());
  spin(*executor, kLongTicks / 10);
  middle.record(queue());
  spin(*executor, kLongTicks);
  end.record(queue());
  end.synchronize();
  EXPECT_TRUE(start.reached() && middle.reached() && end.reached());
  const float first_ms = elapsed_ms(start, middle), second_ms = elapsed_ms(middle, end);
  ASSERT_TRUE(std::isfinite(first_ms) && std::isfinite(second_ms));
  EXPECT_GT(first_ms, 0.5f);
  EXPECT_GT(second_ms, 2 * first_ms);
}

TEST_F(GpuEvent, IsNotReachedBeforeItsWorkIsDone) {
  CudaEvent end;
  spin(*executor, kLongTicks);
  end.record(queue());
  EXPECT_FALSE(end.reached());
  end.synchronize();
  EXPECT_TRUE(end.reached());
}

TEST_F(GpuGraph, RunsOnlyWhenItIsLaunchedAndAsOftenAsThat) {
  DeviceBuffer<float> buffer(kCount);
  const CudaGraph graph("three kernels", queue(), [&] {
    for (int step = 0; step < 3; ++step) add(*executor, buffer.data(), kCount, 1.0f);
  });
  EXPECT_EQ(graph.nodes(), 3u);
  EXPECT_EQ(graph.name(), "three kernels");
  EXPECT_EQ(content(buffer, queue()), std::vector<float>(kCount, 0.0f));
  for (int time = 0; time < 5; ++time) graph.launch(queue());
  EXPECT_EQ(content(buffer, queue()), std::vector<float>(kCount, 15.0f));
}

TEST_F(GpuGraph, HoldsKernelsWithLargeSharedMemoryAndCopies) {
  DeviceBuffer<float> buffer(kCount), copy(kCount);
  std::vector<float> values(kCount);
  for (int i = 0; i < kCount; ++i) values[static_cast<std::size_t>(i)] = static_cast<float>(i);
  buffer.upload(queue(), values);
  const CudaGraph graph("turned round", queue(), [&] {
    reverse(*executor, buffer.data(), kCount);
    queue().copy(copy.data(), buffer.data(), buffer.bytes());
  });
  graph.launch(queue());
  EXPECT_EQ(content(copy, queue()), std::vector<float>(values.rbegin(), values.rend()));
}

TEST_F(GpuGraph, WorkThatThrowsLeavesAStreamThatGoesOn) {
  DeviceBuffer<float> buffer(kCount);
  EXPECT_THROW(CudaGraph("half", queue(),
                         [&] {
                           add(*executor, buffer.data(), kCount, 1.0f);
                           throw std::logic_error("stop");
                         }),
               std::logic_error);
  add(*executor, buffer.data(), kCount, 2.0f);
  EXPECT_EQ(content(buffer, queue()), std::vector<float>(kCount, 2.0f));
}

TEST_F(GpuGraph, WorkThatSynchronisesIsRefused) {
  EXPECT_THROW(CudaGraph("synchronised", queue(), [&] { queue().synchronize(); }), DeviceError);
  DeviceBuffer<float> buffer(kCount);
  add(*executor, buffer.data(), kCount, 2.0f);
  EXPECT_EQ(content(buffer, queue()), std::vector<float>(kCount, 2.0f));
}

TEST_F(GpuProfile, TellsKernelsInTheirOrderWithTheirTimes) {
  DeviceBuffer<float> buffer(kCount);
  const Profile profile = cuda_profile(*executor, [&] {
    add(*executor, buffer.data(), kCount, 1.0f);
    spin(*executor, kLongTicks);
    add(*executor, buffer.data(), kCount, 1.0f);
  });
  EXPECT_EQ(content(buffer, queue()), std::vector<float>(kCount, 2.0f));
  ASSERT_EQ(profile.kernels.size(), 2u);
  const KernelTime &adds = profile.kernels[0], &spins = profile.kernels[1];
  EXPECT_EQ(adds.name, "add");
  EXPECT_EQ(adds.launches, 2);
  EXPECT_EQ(spins.name, "spin");
  EXPECT_EQ(spins.launches, 1);
  EXPECT_GT(spins.seconds, adds.seconds);
  EXPECT_GE(profile.seconds, 0.99 * (spins.seconds + adds.seconds))
      << "from the first one's beginning to the last one's end";
  EXPECT_EQ(executor->watcher(), nullptr);
}

TEST_F(GpuProfile, OfWorkThatFailsLeavesNobodyWatching) {
  EXPECT_THROW(cuda_profile(*executor, [] { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_EQ(executor->watcher(), nullptr);
}

}  // namespace
}  // namespace boxwarp::test
