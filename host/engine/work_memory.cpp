#include "host/engine/work_memory.hpp"

#include <cstring>
#include <new>

namespace boxwarp {

namespace {

constexpr std::align_val_t kAlignment{256};  // as a device's blocks

}  // namespace

void WorkMemory::Free::operator()(std::byte* block) const { ::operator delete(block, kAlignment); }

WorkMemory::WorkMemory(const Device& device)
    : far_(device.far_memory != nullptr ? device.far_memory(*device.executor) : nullptr) {}

void WorkMemory::take(const MemoryPlan& plan) {
  if (plan.bytes() == 0) return;
  if (far_ != nullptr) return plan.place(far_->take(plan.what(), plan.bytes(), plan.parts()));
  plan.take_near([&] { near_.emplace_back(static_cast<std::byte*>(::operator new(plan.bytes(), kAlignment))); });
  std::memset(near_.back().get(), 0, plan.bytes());
  plan.place(near_.back().get());
}

std::optional<std::size_t> WorkMemory::free_bytes() const {
  if (far_ == nullptr) return std::nullopt;
  return far_->free_bytes();
}

void WorkMemory::copy(void* to, const void* from, std::size_t bytes) const {
  if (bytes == 0) return;
  if (far_ != nullptr)
    far_->copy(to, from, bytes);
  else
    std::memcpy(to, from, bytes);
}

void WorkMemory::upload_bytes(void* to, const void* from, std::size_t bytes) {
  if (bytes == 0) return;
  if (far_ != nullptr)
    far_->upload(to, from, bytes);
  else
    std::memcpy(to, from, bytes);
}

void WorkMemory::download_bytes(void* to, const void* from, std::size_t bytes) const {
  if (bytes == 0) return;
  if (far_ != nullptr)
    far_->download(to, from, bytes);
  else
    std::memcpy(to, from, bytes);
}

}  // namespace boxwarp
