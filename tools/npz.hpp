// NumPy archives: named arrays in one .npz file, a zip of .npy files, as numpy.load reads them.
// Formats: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html (version 1.0 of .npy) and PKWARE's
// APPNOTE.TXT (deflate, no zip64).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace boxwarp {

class Npz {
 public:
  // values: as many as the shape has elements, the slowest dimension first. Little-endian, as this platform is.
  template <class T>
  void add(const std::string& name, const std::vector<std::int64_t>& shape, std::span<const T> values) {
    static_assert(std::is_arithmetic_v<T>);
    constexpr char kind = std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 'i' : 'u';
    const std::string type = std::string(sizeof(T) == 1 ? "|" : "<") + kind + std::to_string(sizeof(T));
    add_bytes(name, type, shape, std::as_bytes(values));
  }
  template <class T>
  void add(const std::string& name, const std::vector<T>& values) {
    add(name, {static_cast<std::int64_t>(values.size())}, std::span<const T>(values));
  }
  // Byte strings of one length, filled up with zeros ('S' of NumPy).
  void add(const std::string& name, const std::vector<std::string>& values);

  // The file. Equal arrays give equal bytes. Throws std::runtime_error for 4 GiB or more, which plain zip cannot hold.
  std::string file() const;

 private:
  struct Entry {
    std::string name, packed;
    std::uint32_t crc, size;
    std::uint32_t offset;  // of its header in the file
  };

  void add_bytes(const std::string& name, std::string_view type, const std::vector<std::int64_t>& shape,
                 std::span<const std::byte> bytes);

  std::string content_;
  std::vector<Entry> entries_;
};

}  // namespace boxwarp
