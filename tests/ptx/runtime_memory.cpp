// Memory, copies and fills.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "tests/ptx/machine.hpp"
#include "tests/ptx/runtime.hpp"

using boxwarp::ptx::call;
using boxwarp::ptx::Device;
using boxwarp::ptx::refuse;

namespace {

enum class Place { device, pinned, pageable };

struct Range {
  Place place;
  std::byte* bytes;  // where they lie in this process; null: not all of them are in one block
};

Range range(const Device& device, const void* address, std::size_t bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(address);
  if (device.memory.owns(begin)) return {Place::device, device.memory.checked(begin, bytes)};
  auto* const here = static_cast<std::byte*>(const_cast<void*>(address));
  auto block = device.pinned.upper_bound(begin);
  if (block == device.pinned.begin()) return {Place::pageable, here};
  --block;
  const std::size_t offset = begin - block->first;
  if (offset >= block->second) return {Place::pageable, here};
  return {Place::pinned, bytes <= block->second - offset ? here : nullptr};
}

// When it is queued.
Range expected_range(const Device& device, const void* address, std::size_t bytes) {
  const Range found = range(device, address, bytes);
  if (found.bytes == nullptr) refuse(cudaErrorInvalidValue);
  return found;
}

// When it is done, which a graph may do when the block is gone.
std::byte* bytes_there(const Device& device, const void* address, std::size_t bytes, Place place) {
  const Range found = range(device, address, bytes);
  if (found.bytes == nullptr || found.place != place)
    throw boxwarp::ptx::Failure("illegal address: a copy or fill of memory that was given back before it was done");
  return found.bytes;
}

void fill(Device& device, void* memory, int value, std::size_t bytes, CUstream_st& stream) {
  if (bytes == 0) return;
  if (expected_range(device, memory, bytes).place != Place::device) refuse(cudaErrorInvalidValue);
  stream.put([&device, memory, value, bytes] {
    std::memset(bytes_there(device, memory, bytes, Place::device), static_cast<unsigned char>(value), bytes);
  });
}

// Pageable memory is read at once; where it is written, the call returns when it is.
void copy(Device& device, void* to, const void* from, std::size_t bytes, CUstream_st& stream) {
  if (bytes == 0) return;
  const Range target = expected_range(device, to, bytes), source = expected_range(device, from, bytes);
  const bool pageable_target = target.place == Place::pageable, pageable_source = source.place == Place::pageable;
  if (stream.capture != nullptr && (pageable_target || pageable_source)) {
    stream.capture->invalid = true;
    refuse(cudaErrorStreamCaptureUnsupported);
  }
  std::vector<std::byte> staged;
  if (pageable_source) staged.assign(source.bytes, source.bytes + bytes);
  stream.put([&device, to, from, bytes, target, source, staged = std::move(staged)] {
    const std::byte* const source_bytes = staged.empty() ? bytes_there(device, from, bytes, source.place) : staged.data();
    std::memmove(bytes_there(device, to, bytes, target.place), source_bytes, bytes);
  });
  if (pageable_target) stream.run();
}

}  // namespace

extern "C" {

cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  return call([&](Device& device) {
    device.streams.refuse_while_recording();
    *memory = nullptr;
    if (bytes == 0) return;
    const std::uint64_t address = device.memory.take(bytes);
    if (address == 0) refuse(cudaErrorMemoryAllocation);
    device.place[address] = boxwarp::ptx::current_device();
    *memory = reinterpret_cast<void*>(address);
  });
}

cudaError_t cudaFree(void* memory) {
  return call([&](Device& device) {
    device.streams.refuse_while_recording();
    if (memory == nullptr) return;
    device.streams.run_all();
    if (!device.memory.give_back(reinterpret_cast<std::uint64_t>(memory))) refuse(cudaErrorInvalidValue);
  });
}

// Of a block's beginning: on which device it is.
cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* memory) {
  return call([&](Device& device) {
    const auto found = device.place.find(reinterpret_cast<std::uint64_t>(memory));
    if (found == device.place.end()) refuse(cudaErrorInvalidValue);
    *attributes = {};
    attributes->type = cudaMemoryTypeDevice;
    attributes->device = found->second;
  });
}

cudaError_t cudaMallocHost(void** memory, std::size_t bytes) {
  return call([&](Device& device) {
    device.streams.refuse_while_recording();
    *memory = nullptr;
    if (bytes == 0) return;
    void* const block = std::malloc(bytes);
    if (block == nullptr) refuse(cudaErrorMemoryAllocation);
    std::memset(block, boxwarp::ptx::Memory::kPoison, bytes);
    device.pinned.emplace(reinterpret_cast<std::uintptr_t>(block), bytes);
    *memory = block;
  });
}

cudaError_t cudaFreeHost(void* memory) {
  return call([&](Device& device) {
    device.streams.refuse_while_recording();
    if (memory == nullptr) return;
    device.streams.run_all();
    if (device.pinned.erase(reinterpret_cast<std::uintptr_t>(memory)) == 0) refuse(cudaErrorInvalidValue);
    std::free(memory);
  });
}

cudaError_t cudaMemGetInfo(std::size_t* free_bytes, std::size_t* total_bytes) {
  return call([&](Device& device) {
    *free_bytes = device.memory.free_bytes();
    *total_bytes = device.memory.total_bytes();
  });
}

// Does not wait until it is done either: the host must, or order other streams behind the legacy one.
cudaError_t cudaMemset(void* memory, int value, std::size_t bytes) {
  return call([&](Device& device) {
    device.streams.refuse_while_recording();
    fill(device, memory, value, bytes, device.streams.at(nullptr));
  });
}

cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t stream) {
  return call([&](Device& device) { fill(device, memory, value, bytes, device.streams.at(stream)); });
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  return call([&](Device& device) {
    if (kind != cudaMemcpyDefault) refuse(cudaErrorInvalidMemcpyDirection, "copies take their kind from the addresses here");
    copy(device, to, from, bytes, device.streams.at(stream));
  });
}

}  // extern "C"
