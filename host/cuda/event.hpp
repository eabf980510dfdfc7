// A mark in a stream: to wait for, and to measure time between two of them.
#pragma once

#include <utility>

struct CUevent_st;  // cudaEvent_t points to this

namespace boxwarp {

class CudaStream;

// Owns an event of the GPU that is current where it is made. All calls throw DeviceError when CUDA fails.
class CudaEvent {
 public:
  CudaEvent();
  ~CudaEvent();
  CudaEvent(CudaEvent&& other) noexcept : event_(std::exchange(other.event_, nullptr)) {}
  CudaEvent& operator=(CudaEvent&& other) noexcept {
    std::swap(event_, other.event_);
    return *this;
  }

  CUevent_st* get() const { return event_; }
  void record(const CudaStream& stream);  // after all work that the stream has now
  void synchronize() const;               // returns when that work is done
  bool reached() const;                   // is it done?

 private:
  CUevent_st* event_ = nullptr;
};

// Time on the device between two events that were recorded and reached.
float elapsed_ms(const CudaEvent& start, const CudaEvent& end);

}  // namespace boxwarp
