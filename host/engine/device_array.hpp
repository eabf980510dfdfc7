// An array where a device's operations work, in the memory of a GPU or in the program's own, and the program's copy of it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/engine/device.hpp"
#include "host/engine/far_memory.hpp"
#include "host/engine/whole_pages.hpp"

namespace boxwarp {

template <class T>
class DeviceArray {
 public:
  DeviceArray() = default;  // of nothing, nowhere
  // In memory of its own, zeroed. Throws DeviceError with the size needed where it does not fit.
  DeviceArray(const Device& device, std::size_t count, const std::string& name) : count_(count) {
    if (device.far_memory == nullptr) {
      lie_near();
    } else {
      own_ = device.far_memory(*device.executor);
      data_ = static_cast<T*>(own_->take(name, count * sizeof(T), {}));
      lie_in(*own_);
    }
  }

  T* data() const { return data_; }  // an address of the device
  std::size_t size() const { return count_; }

  // ---- As a part of a larger block: resize, plan, and once the block is placed, lie_in.

  void resize(std::size_t count) { count_ = count; }  // before it lies anywhere
  void plan(MemoryPlan& plan, const std::string& name) { plan.add(name, &data_, count_); }
  void lie_in(FarMemory& memory) {
    far_ = &memory;
    is_near_ = false;
  }
  // In the program's own memory, zeroed, or with this content.
  void lie_near() {
    near_.assign(count_, T{});
    data_ = near_.empty() ? nullptr : near_.data();
    is_near_ = true;
  }
  void lie_near(std::span<const T> content) {
    near_.assign(content.begin(), content.end());
    count_ = near_.size();
    data_ = near_.data();
    is_near_ = true;
  }

  // ---- What is in it.

  // Operations wrote it: the copy is no longer what is there.
  void changed() { is_near_ = far_ == nullptr; }
  // The copy; on a GPU it is taken if the array changed since the last one, which waits, and throws what kernels reported.
  const std::vector<T, WholePages<T>>& near() {
    if (!is_near_) {
      near_.resize(count_);
      if (count_ != 0) far_->download(near_.data(), data_, count_ * sizeof(T));
      is_near_ = true;
    }
    return near_;
  }
  T* near_data() {
    near();
    return near_.data();
  }
  // As it is now, whoever wrote it.
  std::vector<T> values() {
    changed();
    return {near().begin(), near().end()};
  }

  // Room for new content, which push() then gives to the device, in the order of its work.
  std::vector<T, WholePages<T>>& written() {
    near_.resize(count_);
    return near_;
  }
  void push() {
    if (far_ != nullptr && count_ != 0) far_->upload(data_, near_.data(), count_ * sizeof(T));
    is_near_ = true;
  }
  // Throws std::invalid_argument where there are not as many values as elements.
  void upload(std::span<const T> values) {
    if (values.size() != count_) throw std::invalid_argument("an array takes as many values as it has elements");
    near_.assign(values.begin(), values.end());
    push();
  }

 private:
  std::size_t count_ = 0;
  T* data_ = nullptr;
  std::unique_ptr<FarMemory> own_;
  FarMemory* far_ = nullptr;
  std::vector<T, WholePages<T>> near_;  // on a processor what data_ points to, else a copy, empty until somebody asks for it
  bool is_near_ = false;
};

}  // namespace boxwarp
