// A runtime of CUDA without a GPU: defines the functions that this project's objects call in place of libcudart, and runs
// the PTX that nvcc put into them. Where CUDA leaves freedom it does what host code would least like: streams run as late
// as they may, memory is full of poison.
//
// runtime_device.cpp, runtime_kernels.cpp, runtime_memory.cpp, runtime_streams.cpp: the functions
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

#include "tests/ptx/memory.hpp"
#include "tests/ptx/runtime_errors.hpp"
#include "tests/ptx/streams.hpp"

namespace boxwarp::ptx {

inline constexpr std::size_t kSharedBytes = 48 * 1024;       // of a block that does not ask
inline constexpr std::size_t kMostSharedBytes = 227 * 1024;  // of one that does
inline constexpr unsigned kMostThreads = 1024;               // of a block
inline constexpr int kTicksPerMs = 1'000'000;

// What the host has of its devices: one, or as many as BOXWARP_PTX_DEVICES says, which share a clock and a space of
// addresses.
struct Device {
  static constexpr std::size_t kBytes = std::size_t{4} << 30;

  Memory memory{kBytes};
  std::map<std::uintptr_t, std::size_t> pinned;  // cudaMallocHost's blocks: address, bytes
  std::map<std::uint64_t, int> place;            // cudaMalloc's blocks: address, number of the device
  Streams streams;
  Handles<CUevent_st> events;
  Handles<CUgraph_st> graphs;
  Handles<CUgraphExec_st> graph_execs;
  std::uint64_t ticks = 0;           // its clock
  cudaError_t broken = cudaSuccess;  // what a kernel ended with: every later call tells the same
};

int device_count();
int& current_device();  // of this thread

// What all calls of CUDA have in common: one at a time, and what work throws becomes an error. Nothing is done where there
// is no device (CUDA_VISIBLE_DEVICES hides it) or a broken one.
cudaError_t call(const std::function<void(Device&)>& work);

}  // namespace boxwarp::ptx
