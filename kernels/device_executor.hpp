// A CUDA stream as the place where operations run. No CUDA header is needed to name one.
#pragma once

#include "kernels/executor.hpp"
#include "kernels/fault.hpp"

struct CUstream_st;  // cudaStream_t points to this

namespace boxwarp {

// Told of each launch of an executor, before and after it has gone to the stream.
class LaunchWatcher {
 public:
  virtual ~LaunchWatcher() = default;
  virtual void before(const char* name) = 0;
  virtual void after() = 0;
};

// Launches go to one stream of one device, in order. Owns nothing: stream, fault word and watcher must outlive it.
class DeviceExecutor : public Executor {
 public:
  DeviceExecutor(int index, DeviceLimits limits, CUstream_st* stream, FaultWord* fault = nullptr)
      : index_(index), limits_(limits), stream_(stream), fault_(fault) {}
  int index() const { return index_; }  // number of the GPU
  DeviceLimits limits() const { return limits_; }
  CUstream_st* stream() const { return stream_; }
  // Where kernels leave the first thing that went wrong, device memory; null: nobody looks, and nothing may be left.
  FaultWord* fault() const { return fault_; }
  LaunchWatcher* watcher() const { return watcher_; }  // null: nobody watches
  void watch(LaunchWatcher* watcher) { watcher_ = watcher; }

 private:
  int index_;
  DeviceLimits limits_;
  CUstream_st* stream_;
  FaultWord* fault_;
  LaunchWatcher* watcher_ = nullptr;
};

// Under this name profilers group the ranges of this program.
struct ProfilerDomain {
  static constexpr char const* name = "boxwarp";
};

}  // namespace boxwarp
