#include "tests/ptx/memory.hpp"

#include <sys/mman.h>

#include <cstring>
#include <stdexcept>

namespace boxwarp::ptx {

namespace {

constexpr std::size_t kAlignment = 256;
// Addresses are given out in ascending order for long, so that what was given back is noticed when it is used again.
constexpr std::size_t kRangePerByte = 64;

void* reserved(std::size_t bytes, int protection) {
  void* const at = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) throw std::runtime_error("no address range for the memory of the device");
  return at;
}

}  // namespace

Memory::Memory(std::size_t total_bytes)
    : total_bytes_(total_bytes),
      range_bytes_(total_bytes * kRangePerByte),
      begin_(reinterpret_cast<std::uint64_t>(reserved(range_bytes_, PROT_NONE))),
      next_(begin_),
      bytes_(static_cast<std::byte*>(reserved(range_bytes_, PROT_READ | PROT_WRITE))) {}

Memory::~Memory() {
  munmap(reinterpret_cast<void*>(begin_), range_bytes_);
  munmap(bytes_, range_bytes_);
}

std::uint64_t Memory::take(std::size_t bytes) {
  const std::size_t whole = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  if (bytes == 0 || whole < bytes || whole > free_bytes()) return 0;
  if (begin_ + range_bytes_ - next_ < whole + kAlignment) return 0;
  const std::uint64_t address = next_;
  next_ += whole + kAlignment;  // blocks do not touch
  blocks_[address] = bytes;
  taken_bytes_ += whole;
  std::memset(bytes_of(address), kPoison, bytes);
  return address;
}

bool Memory::give_back(std::uint64_t address) {
  const auto block = blocks_.find(address);
  if (block == blocks_.end()) return false;
  const std::size_t whole = (block->second + kAlignment - 1) / kAlignment * kAlignment;
  const std::size_t page = 4096;
  std::byte* const first = bytes_of(address);
  std::byte* const from = first + (page - reinterpret_cast<std::uintptr_t>(first) % page) % page;
  if (from + page <= first + whole)
    madvise(from, static_cast<std::size_t>(first + whole - from) / page * page, MADV_DONTNEED);
  taken_bytes_ -= whole;
  blocks_.erase(block);
  return true;
}

Memory::Block Memory::block_around(std::uint64_t address) const {
  auto next = blocks_.upper_bound(address);
  if (next == blocks_.begin()) return {};
  --next;
  if (address - next->first >= next->second) return {};
  return {next->first, next->first + next->second};
}

std::byte* Memory::checked(std::uint64_t address, std::size_t bytes) const {
  const Block block = block_around(address);
  if (block.end - address < bytes || block.end == 0) return nullptr;
  return bytes_of(address);
}

}  // namespace boxwarp::ptx
