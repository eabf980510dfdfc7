// The memory of a GPU that is none: addresses of its own, at which the process itself finds nothing.
//
// A device address lies in a range that no one may touch, its bytes lie elsewhere: host code that follows a device pointer
// ends as it would beside a real GPU, and what a kernel touches is looked up among the blocks that are taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace boxwarp::ptx {

class Memory {
 public:
  struct Block {
    std::uint64_t begin = 0, end = 0;  // device addresses
  };

  explicit Memory(std::size_t total_bytes);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // A block aligned to 256 bytes, full of kPoison; 0 where that much is not free.
  std::uint64_t take(std::size_t bytes);
  // False where no block begins there. Its addresses are not given out again soon.
  bool give_back(std::uint64_t address);

  // Is it in the range of device addresses, taken or not?
  bool owns(std::uint64_t address) const { return address - begin_ < range_bytes_; }
  // The block around address; {0, 0} where none is taken.
  Block block_around(std::uint64_t address) const;
  // Where the bytes of a device address lie in this process; it must be in a block.
  std::byte* bytes_of(std::uint64_t address) const { return bytes_ + (address - begin_); }
  // The same, checked: null unless all of [address, address + bytes) is in one block.
  std::byte* checked(std::uint64_t address, std::size_t bytes) const;

  std::size_t total_bytes() const { return total_bytes_; }
  std::size_t free_bytes() const { return total_bytes_ - taken_bytes_; }

  static constexpr unsigned char kPoison = 0xa5;

 private:
  std::size_t total_bytes_, range_bytes_, taken_bytes_ = 0;
  std::uint64_t begin_ = 0, next_ = 0;
  std::byte* bytes_ = nullptr;
  std::map<std::uint64_t, std::size_t> blocks_;
};

}  // namespace boxwarp::ptx
