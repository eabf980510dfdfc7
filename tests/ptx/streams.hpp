// Queues of work that run as late as CUDA allows: only when somebody waits for what is in them.
//
// CUDA's handles are pointers to structs that only its runtime knows: here is what they are.
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "tests/ptx/runtime_errors.hpp"

namespace boxwarp::ptx {

using Work = std::function<void()>;  // a kernel, a copy, a fill; may be done more than once. Throws Failure

// Work that is recorded into a graph instead of queued.
struct Capture {
  std::thread::id thread;  // which began it
  bool invalid = false;
  std::vector<Work> nodes;
};

// A place in a stream, where an event was recorded.
struct Record {
  CUstream_st* stream;
  std::uint64_t position;  // reached when the stream has done that many
  bool reached = false;
  bool asked = false;       // by cudaEventQuery
  std::uint64_t ticks = 0;  // of the device's clock, when it was reached

  void run();  // does what is before it
};

}  // namespace boxwarp::ptx

// Of the kind that does not wait for the legacy stream, nor that for it; or the legacy stream itself.
struct CUstream_st {
  using Work = boxwarp::ptx::Work;

  // Into the queue, or into the graph that is being recorded.
  void put(Work work);
  void run() { run_until(put_); }
  void run_until(std::uint64_t position);
  std::uint64_t end() const { return put_; }

  std::optional<int> device;                       // that was current where it was made; none: of the current one
  std::shared_ptr<boxwarp::ptx::Capture> capture;  // null: none is going on
  bool destroyed = false;                          // by the host; what is queued is done all the same

 private:
  std::deque<Work> queue_;
  std::uint64_t put_ = 0, done_ = 0;  // since it was made
};

struct CUevent_st {
  int device = 0;  // as of a stream
  // Of the latest cudaEventRecord, in a stream that was not being recorded, or was; both null before the first.
  std::shared_ptr<boxwarp::ptx::Record> record;
  std::shared_ptr<boxwarp::ptx::Capture> captured_in;
};

struct CUgraph_st {
  std::shared_ptr<const std::vector<boxwarp::ptx::Work>> nodes;
};

struct CUgraphExec_st {
  std::shared_ptr<const std::vector<boxwarp::ptx::Work>> nodes;
};

namespace boxwarp::ptx {

// Every stream of the device. Handles that the host has destroyed, or never got, are refused.
class Streams {
 public:
  CUstream_st* make(int device);
  void destroy(cudaStream_t handle);
  CUstream_st& at(cudaStream_t handle);  // null and cudaStreamLegacy: the legacy stream

  // Does everything that is queued, in the stream that was made last first: what must come before it, it must wait for.
  void run_all();

  // For calls that a thread may not make while it records: they are refused, and what it records is spoilt.
  void refuse_while_recording();

 private:
  CUstream_st legacy_;
  std::vector<std::unique_ptr<CUstream_st>> made_;
};

// What the host made, until it destroys it.
template <class T>
class Handles {
 public:
  T* make(T value = {}) { return all_.emplace_back(std::make_unique<T>(std::move(value))).get(); }
  T& at(T* handle) { return *find(handle)->get(); }
  void destroy(T* handle) { all_.erase(find(handle)); }

 private:
  auto find(T* handle) {
    const auto found = std::find_if(all_.begin(), all_.end(), [&](const auto& made) { return made.get() == handle; });
    if (found == all_.end()) refuse(cudaErrorInvalidResourceHandle);
    return found;
  }

  std::vector<std::unique_ptr<T>> all_;
};

}  // namespace boxwarp::ptx
