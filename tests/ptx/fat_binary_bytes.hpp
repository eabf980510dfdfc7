// Fat binaries of tests, laid out as nvcc does it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace boxwarp::ptx {

class FatBinaryBytes {
 public:
  FatBinaryBytes() { add_bytes(std::array<std::uint32_t, 4>{0xba55ed50, 0x00100001, 0, 0}); }

  FatBinaryBytes& add(std::uint32_t kind, std::uint32_t architecture, const std::string& code,
                      std::uint32_t compressed = 0) {
    const auto size = static_cast<std::uint32_t>((code.size() + 8) / 8 * 8);
    add_bytes(std::array<std::uint32_t, 10>{kind | 0x01010000, 40, size, 0, compressed, 0, 0x00090000, architecture, 0, 0});
    bytes_ += code + std::string(size - code.size(), '\0');
    const std::uint64_t all = bytes_.size() - 16;
    std::memcpy(bytes_.data() + 8, &all, sizeof all);
    return *this;
  }

  void* wrapper() {
    wrapper_.data = bytes_.data();
    return &wrapper_;
  }

 private:
  template <class Words>
  void add_bytes(const Words& words) {
    bytes_.append(reinterpret_cast<const char*>(words.data()), sizeof words);
  }

  std::string bytes_;
  struct {
    std::uint32_t magic = 0x466243b1, version = 1;
    const void* data = nullptr;
    void* unused = nullptr;
  } wrapper_;
};

}  // namespace boxwarp::ptx
