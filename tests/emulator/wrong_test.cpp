// Mistakes that every build finds: threads that do not meet, and too little shared memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "emulator/device_executor.hpp"
#include "emulator/fault.hpp"
#include "emulator/kernels/right.hpp"
#include "emulator/kernels/wrong.hpp"
#include "emulator/memory.hpp"
#include "emulator/schedule.hpp"
#include "kernels/dialect.cuh"

namespace boxwarp {
namespace {

using emulator::Buffer;
using emulator::Fault;

// The fault that a launch ends with.
template <class Launch>
Fault fault_of(Launch launched) {
  try {
    launched();
  } catch (const Fault& fault) {
    return fault;
  }
  ADD_FAILURE() << "no fault";
  return Fault("", 0, {}, {}, "");
}

bool names_line(const Fault& fault, unsigned line) {
  const std::string end = "wrong.cu:" + std::to_string(line);
  return std::any_of(fault.lines.begin(), fault.lines.end(), [&](const std::string& at) {
    return at.size() >= end.size() && at.compare(at.size() - end.size(), end.size(), end) == 0;
  });
}

std::vector<unsigned> range(unsigned first, unsigned last) {
  std::vector<unsigned> numbers(last - first + 1);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

TEST(Emulator, BarrierInABranchIsReportedWithBothLines) {
  for (const emulator::Schedule& schedule : emulator::every_schedule()) {
    emulated::DeviceExecutor executor(schedule);
    const Fault fault = fault_of([&] { launch_barrier_in_branch(executor); });
    EXPECT_EQ(fault.kernel, "barrier_in_branch");
    EXPECT_LT(fault.block, 2u);
    EXPECT_EQ(fault.threads, range(0, 63));
    EXPECT_EQ(fault.lines.size(), 2u);
    EXPECT_TRUE(names_line(fault, kEvenLine) && names_line(fault, kOddLine)) << fault.what();
  }
}

TEST(Emulator, BarrierThatEndedThreadsMissIsReported) {
  emulated::DeviceExecutor executor;
  const Fault fault = fault_of([&] { launch_barrier_after_end(executor); });
  EXPECT_EQ(fault.threads, range(0, 47));
  EXPECT_TRUE(names_line(fault, kLonelyLine)) << fault.what();
  EXPECT_NE(std::string(fault.what()).find("threads 48 to 63 have ended"), std::string::npos) << fault.what();
}

TEST(Emulator, LanesThatDoNotComeToAShuffleAreReported) {
  emulated::DeviceExecutor executor;
  Buffer<int> out(64);
  const Fault fault = fault_of([&] { launch_absent_lanes(executor, out.data()); });
  EXPECT_EQ(fault.threads, range(0, 15));
  EXPECT_NE(std::string(fault.what()).find("__shfl_sync"), std::string::npos) << fault.what();
  EXPECT_NE(std::string(fault.what()).find("lanes 0xffffffff of warp 0"), std::string::npos) << fault.what();
}

TEST(Emulator, ALaneOutsideItsOwnMaskIsReported) {
  emulated::DeviceExecutor executor;
  Buffer<unsigned> out(32);
  const Fault fault = fault_of([&] { launch_outside_mask(executor, out.data()); });
  EXPECT_EQ(fault.threads, range(7, 7)) << fault.what();
}

TEST(Emulator, LanesThatDoNotExistAreReported) {
  emulated::DeviceExecutor executor;
  Buffer<int> out(40);
  const Fault fault = fault_of([&] { launch_half_warp(executor, out.data()); });
  EXPECT_EQ(fault.threads, range(32, 39)) << fault.what();
}

TEST(Emulator, ATileLargerThanItsSharedMemoryIsReported) {
  emulated::DeviceExecutor executor;
  Buffer<int> out(64);
  const Fault fault = fault_of([&] { launch_shared_too_small(executor, out.data()); });
  EXPECT_EQ(fault.kernel, "shared_too_small");
  EXPECT_NE(std::string(fault.what()).find("256 bytes, but the launch gives 64"), std::string::npos) << fault.what();
}

// Here and not in a .cu file, because no GPU throws; but host functions that kernels share with it may.
__global__ void throwing() {
  if (threadIdx.x == 3) throw std::out_of_range("thread 3");
  __syncthreads();
}

TEST(Emulator, WhatAThreadThrowsComesOutOfTheLaunch) {
  emulated::DeviceExecutor executor;
  EXPECT_THROW(launch(executor, "throwing", throwing, {1, 32}), std::out_of_range);
}

TEST(Emulator, KernelsRunAfterAFault) {
  emulated::DeviceExecutor executor;
  for (int i = 0; i < 3; i++) {
    EXPECT_THROW(launch_barrier_in_branch(executor), Fault);
    Buffer<int> values(std::vector<int>(64, i));
    launch_reverse(executor, values.data(), 1);
    EXPECT_EQ(values.values(), std::vector<int>(64, i));
  }
}

TEST(Emulator, NumbersAreListedAsRanges) {
  EXPECT_EQ(emulator::listed({3}), "3");
  EXPECT_EQ(emulator::listed({0, 1, 2, 5, 7, 8}), "0 to 2, 5, 7, 8");
}

}  // namespace
}  // namespace boxwarp
