// Buffers, plans and their sums on a GPU.
#include <cstdint>
#include <memory>
#include <numeric>
#include <vector>

#include "host/cuda/buffer.hpp"
#include "host/engine/far_memory.hpp"
#include "tests/host/cuda/gpu_fixture.hpp"

namespace boxwarp::test {
namespace {

using GpuBuffer = GpuTest;
using GpuMemoryPlan = GpuTest;

std::vector<float> counted(std::size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 1.0f);
  return values;
}

TEST_F(GpuBuffer, StartsAsZeros) {
  for (const std::size_t count : {1u, 33u, 1000u}) {
    const DeviceBuffer<float> buffer(count);
    std::vector<float> seen(count, 7.0f);
    buffer.download(queue(), seen);
    executor->synchronize();
    EXPECT_EQ(seen, std::vector<float>(count, 0.0f));
  }
}

TEST_F(GpuBuffer, GivesBackWhatWasUploaded) {
  for (const std::size_t count : {1u, 7u, 129u, 1000u}) {
    DeviceBuffer<float> buffer(count);
    const std::vector<float> values = counted(count);
    std::vector<float> seen(count);
    buffer.upload(queue(), values);
    buffer.download(queue(), seen);
    executor->synchronize();
    EXPECT_EQ(seen, values);
  }
}

TEST_F(GpuBuffer, CopiesThroughPinnedMemory) {
  constexpr std::size_t count = 257;
  DeviceBuffer<std::uint64_t> buffer(count);
  PinnedBuffer<std::uint64_t> from(count), to(count);
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_EQ(to[i], 0u);
    from[i] = ~i;
  }
  buffer.upload(queue(), from.span());
  buffer.download(queue(), to.span());
  executor->synchronize();
  for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(to[i], ~i);
}

TEST_F(GpuBuffer, RefusesAnotherNumberOfElements) {
  DeviceBuffer<float> buffer(4);
  std::vector<float> three(3);
  EXPECT_THROW(buffer.upload(queue(), three), std::invalid_argument);
  EXPECT_THROW(buffer.download(queue(), three), std::invalid_argument);
}

TEST_F(GpuBuffer, NothingIsABufferToo) {
  DeviceBuffer<float> buffer(0);
  EXPECT_EQ(buffer.data(), nullptr);
  buffer.upload(queue(), {});
  const PinnedBuffer<float> pinned(0);
  EXPECT_EQ(pinned.data(), nullptr);
}

TEST_F(GpuBuffer, IsCountedWhileItLives) {
  const std::size_t before = device_bytes_in_use();
  {
    DeviceBuffer<float> first(100);
    EXPECT_EQ(device_bytes_in_use(), before + 400);
    const DeviceBuffer<float> moved = std::move(first);
    EXPECT_EQ(device_bytes_in_use(), before + 400);
    EXPECT_EQ(moved.size(), 100u);
    EXPECT_EQ(first.size(), 0u);  // NOLINT: what is left of it is the point
  }
  EXPECT_EQ(device_bytes_in_use(), before);
}

TEST_F(GpuBuffer, WhatDoesNotFitIsToldWithItsSizeAndTheGpuGoesOn) {
  const std::size_t before = device_bytes_in_use(), count = device_free_memory().total_bytes;
  try {
    const DeviceBuffer<float> buffer(count, "too large");
    FAIL() << "four times the memory of the GPU was given";
  } catch (const DeviceError& error) {
    const std::string text = error.what();
    EXPECT_TRUE(text.starts_with("too large: " + bytes_text(4 * count) + " of device memory needed")) << text;
    EXPECT_NE(text.find(" free"), std::string::npos) << text;
  }
  EXPECT_EQ(device_bytes_in_use(), before);
  EXPECT_EQ(DeviceBuffer<float>(10).size(), 10u);
}

// Of 1.5 MiB each, with what they are made of written over in between; together more than is staged.
TEST_F(GpuBuffer, UploadsThatFollowOneAnotherAllArrive) {
  constexpr std::size_t kUploads = 7, kCount = 3 << 17;
  const std::unique_ptr<FarMemory> memory = cuda_far_memory(*executor);
  auto* const there = static_cast<std::uint32_t*>(memory->take("uploads", kUploads * kCount * sizeof(std::uint32_t), {}));
  std::vector<std::uint32_t> values(kCount);
  for (std::size_t i = 0; i < kUploads; ++i) {
    std::iota(values.begin(), values.end(), static_cast<std::uint32_t>(i * kCount));
    memory->upload(there + i * kCount, values.data(), kCount * sizeof(std::uint32_t));
  }
  std::vector<std::uint32_t> seen(kUploads * kCount), expected(seen.size());
  std::iota(expected.begin(), expected.end(), 0u);
  memory->download(seen.data(), there, seen.size() * sizeof(std::uint32_t));
  EXPECT_TRUE(seen == expected);
}

TEST_F(GpuMemoryPlan, TakesOneBlockForAllArrays) {
  float *first = nullptr, *nothing = first;
  std::uint64_t* second = nullptr;
  MemoryPlan plan("test");
  plan.add("first", &first, 3);
  plan.add("nothing", &nothing, 0);
  plan.add("second", &second, 5);
  EXPECT_EQ(plan.bytes(), 512u);
  const std::size_t before = device_bytes_in_use();
  const DeviceMemory memory(plan.bytes(), plan.what(), plan.parts());
  plan.place(memory.get());
  EXPECT_EQ(device_bytes_in_use(), before + plan.bytes());
  EXPECT_EQ(static_cast<void*>(first), memory.get());
  EXPECT_EQ(nothing, nullptr);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(second) - reinterpret_cast<std::uintptr_t>(first), 256u);
  std::vector<std::uint64_t> seen(5, 1);
  queue().copy(seen.data(), second, sizeof(std::uint64_t) * seen.size());
  executor->synchronize();
  EXPECT_EQ(seen, std::vector<std::uint64_t>(5, 0));
}

TEST_F(GpuMemoryPlan, WhatDoesNotFitIsToldByItsParts) {
  const std::size_t total = device_free_memory().total_bytes;
  float* small = nullptr;
  float* large = nullptr;
  MemoryPlan plan("rollout");
  plan.add("small", &small, 256);
  plan.add("large", &large, total);
  try {
    const DeviceMemory memory(plan.bytes(), plan.what(), plan.parts());
    FAIL() << "four times the memory of the GPU was given";
  } catch (const DeviceError& error) {
    const std::string text = error.what();
    EXPECT_TRUE(text.starts_with("rollout: ")) << text;
    EXPECT_NE(text.find("(small 1.0 KiB, large " + bytes_text(4 * total) + ")"), std::string::npos) << text;
  }
}

// Sizes need no GPU.
TEST(MemoryPlan, SumsArraysOfOneName) {
  float* arrays[3];
  MemoryPlan plan("test");
  plan.add("states", &arrays[0], 64);
  plan.add("others", &arrays[1], 1);
  plan.add("states", &arrays[2], 65);
  ASSERT_EQ(plan.parts().size(), 2u);
  EXPECT_EQ(plan.parts()[0].name, "states");
  EXPECT_EQ(plan.parts()[0].bytes, 516u);
  EXPECT_EQ(plan.parts()[1].bytes, 4u);
  EXPECT_EQ(plan.bytes(), 256u + 256u + 512u);
}

TEST(MemoryPlan, RefusesACountThatNoMachineHasMemoryFor) {
  double* array = nullptr;
  MemoryPlan plan("test");
  EXPECT_THROW(plan.add("states", &array, ~std::size_t{0} / 2), std::length_error);
}

}  // namespace
}  // namespace boxwarp::test
