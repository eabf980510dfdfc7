// The few kernels that the tests of host/cuda launch; their executor is a DeviceExecutor.
#pragma once

#include <cstddef>

#include "kernels/executor.hpp"
#include "kernels/fault.hpp"

namespace boxwarp::test {

inline constexpr unsigned kThreads = 128;
inline constexpr std::size_t kLargeTileFloats = 20 * 1024;  // 80 KiB, more than a kernel gets without asking

// values (count) on the device: each becomes itself plus `amount`.
void add(Executor& executor, float* values, int count, float amount, unsigned threads = kThreads);
// values (count, at most kLargeTileFloats) on the device: turned round through a block's shared memory of as many.
void reverse(Executor& executor, float* values, int count);
// Every element of actions (count) on the device that is above 3 leaves a fault of its environment.
void check_actions(Executor& executor, const unsigned char* actions, int count);
// Keeps the device busy for about this many of its clock ticks.
void spin(Executor& executor, long long ticks);

}  // namespace boxwarp::test
