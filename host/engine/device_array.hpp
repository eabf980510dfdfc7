// An array where a device's operations work: in the memory of a GPU, or in the program's own.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/engine/device.hpp"

namespace boxwarp {

template <class T>
class DeviceArray {
 public:
  // Zeroed. Throws DeviceError with the size needed where it does not fit.
  DeviceArray(const Device& device, std::size_t count, const std::string& name)
      : count_(count), far_(device.far_memory != nullptr ? device.far_memory(*device.executor) : nullptr) {
    if (far_ != nullptr) {
      data_ = static_cast<T*>(far_->take(name, count * sizeof(T), {}));
    } else {
      near_.resize(count);
      data_ = near_.data();
    }
  }

  T* data() const { return data_; }  // an address of the device
  std::size_t size() const { return count_; }

  // values: as many as there are elements. In the order of the device's work; throws std::invalid_argument for another number.
  void upload(std::span<const T> values) {
    if (values.size() != count_) throw std::invalid_argument("an array takes as many values as it has elements");
    if (count_ == 0) return;
    if (far_ != nullptr)
      far_->upload(data_, values.data(), values.size_bytes());
    else
      std::memcpy(data_, values.data(), values.size_bytes());
  }
  // Waits for the device. Throws what its kernels reported.
  std::vector<T> values() const {
    if (far_ == nullptr) return near_;
    std::vector<T> copy(count_);
    if (count_ != 0) far_->download(copy.data(), data_, count_ * sizeof(T));
    return copy;
  }

 private:
  std::size_t count_;
  std::unique_ptr<FarMemory> far_;
  std::vector<T> near_;
  T* data_ = nullptr;
};

}  // namespace boxwarp
