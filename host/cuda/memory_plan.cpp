#include "host/cuda/memory_plan.hpp"

#include <algorithm>

namespace boxwarp {

namespace {

constexpr std::size_t kAlignment = 256;  // of what cudaMalloc gives

}  // namespace

void MemoryPlan::add(const std::string& name, std::size_t bytes, Write write, void* at) {
  const auto known = std::find_if(parts_.begin(), parts_.end(), [&](const MemoryPart& part) { return part.name == name; });
  if (known == parts_.end()) {
    parts_.push_back({name, bytes});
  } else {
    known->bytes += bytes;
  }
  arrays_.push_back({.offset = bytes_, .bytes = bytes, .write = write, .at = at});
  bytes_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

DeviceMemory MemoryPlan::take() const {
  DeviceMemory memory(bytes_, what_, parts_);
  for (const Array& array : arrays_)
    array.write(array.at, array.bytes == 0 ? nullptr : static_cast<std::byte*>(memory.get()) + array.offset);
  return memory;
}

}  // namespace boxwarp
