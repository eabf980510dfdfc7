#include "tools/npz.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace boxwarp {

namespace {

constexpr std::size_t kAlignment = 64;                  // of the values in a .npy file
constexpr std::uint16_t kNeeds = 20, kDeflated = 8;     // version of zip that reads this; method
constexpr std::uint16_t kDate = 1 << 5 | 1, kTime = 0;  // 1 January 1980, so that equal arrays give equal files
constexpr std::uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50, kEnd = 0x06054b50;

template <class Integer>
void put(std::string& out, std::type_identity_t<Integer> value) {
  for (std::size_t byte = 0; byte < sizeof(Integer); ++byte) out.push_back(static_cast<char>(value >> 8 * byte & 0xff));
}

std::string npy(std::string_view type, const std::vector<std::int64_t>& shape, std::span<const std::byte> bytes) {
  constexpr std::string_view kMagic = "\x93NUMPY\x01";
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", type,
                                   fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  const std::size_t before = kMagic.size() + 1 + 2, used = before + header.size() + 1;
  header.append((kAlignment - used % kAlignment) % kAlignment, ' ');
  header += '\n';
  std::string file(kMagic);
  file += '\0';
  put<std::uint16_t>(file, static_cast<std::uint16_t>(header.size()));
  file += header;
  file.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return file;
}

// As zip keeps it: deflate without the frame of zlib.
std::string deflated(const std::string& text) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("npz: zlib cannot start");
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int result = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("npz: zlib cannot pack an array");
  return packed;
}

std::uint32_t checked_size(std::size_t bytes) {
  if (bytes >= std::numeric_limits<std::uint32_t>::max())
    throw std::runtime_error("npz: 4 GiB or more, which a zip file cannot hold; write several files of fewer levels");
  return static_cast<std::uint32_t>(bytes);
}

}  // namespace

void Npz::add(const std::string& name, const std::vector<std::string>& values) {
  std::size_t length = 1;
  for (const std::string& value : values) length = std::max(length, value.size());
  std::string bytes;
  for (const std::string& value : values) {
    bytes += value;
    bytes.append(length - value.size(), '\0');
  }
  add_bytes(name, fmt::format("|S{}", length), {static_cast<std::int64_t>(values.size())},
            std::as_bytes(std::span(bytes.data(), bytes.size())));
}

void Npz::add_bytes(const std::string& name, std::string_view type, const std::vector<std::int64_t>& shape,
                    std::span<const std::byte> bytes) {
  checked_size(bytes.size() + kAlignment * kAlignment);
  const std::string text = npy(type, shape, bytes);
  Entry entry{.name = name + ".npy",
              .packed = deflated(text),
              .crc = static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size())),
              .size = checked_size(text.size()),
              .offset = checked_size(content_.size())};
  put<std::uint32_t>(content_, kLocal);
  for (const std::uint16_t word : {kNeeds, std::uint16_t{0}, kDeflated, kTime, kDate}) put<std::uint16_t>(content_, word);
  for (const std::uint32_t word : {entry.crc, checked_size(entry.packed.size()), entry.size})
    put<std::uint32_t>(content_, word);
  put<std::uint16_t>(content_, static_cast<std::uint16_t>(entry.name.size()));
  put<std::uint16_t>(content_, 0);
  content_ += entry.name;
  content_ += entry.packed;
  entries_.push_back(std::move(entry));
}

std::string Npz::file() const {
  std::string file = content_;
  for (const Entry& entry : entries_) {
    put<std::uint32_t>(file, kCentral);
    for (const std::uint16_t word : {kNeeds, kNeeds, std::uint16_t{0}, kDeflated, kTime, kDate})
      put<std::uint16_t>(file, word);
    for (const std::uint32_t word : {entry.crc, static_cast<std::uint32_t>(entry.packed.size()), entry.size})
      put<std::uint32_t>(file, word);
    put<std::uint16_t>(file, static_cast<std::uint16_t>(entry.name.size()));
    for (int i = 0; i < 4; ++i) put<std::uint16_t>(file, 0);  // no extra field, no remark, first disk, no attributes
    put<std::uint32_t>(file, 0);
    put<std::uint32_t>(file, entry.offset);
    file += entry.name;
  }
  const auto count = static_cast<std::uint16_t>(entries_.size());
  const std::uint32_t size = checked_size(file.size() - content_.size()), start = checked_size(content_.size());
  put<std::uint32_t>(file, kEnd);
  for (const std::uint16_t word : {std::uint16_t{0}, std::uint16_t{0}, count, count}) put<std::uint16_t>(file, word);
  put<std::uint32_t>(file, size);
  put<std::uint32_t>(file, start);
  put<std::uint16_t>(file, 0);
  return file;
}

}  // namespace boxwarp
