#include "tests/ptx/fat_binary.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

namespace boxwarp::ptx {

namespace {

// In the data section of an object, told to the runtime.
struct Wrapper {
  std::uint32_t magic, version;
  const std::byte* data;
};
constexpr std::uint32_t kWrapperMagic = 0x466243b1;

// What it points to: this header and `bytes` of entries.
struct Header {
  std::uint32_t magic;
  std::uint16_t version, header_bytes;
  std::uint64_t bytes;
};
constexpr std::uint32_t kHeaderMagic = 0xba55ed50;

// The code for one architecture: a header, of which this is the beginning, and `bytes` of code.
struct Entry {
  std::uint16_t kind, version;
  std::uint32_t header_bytes;
  std::uint64_t bytes;
  std::uint32_t compressed_bytes;  // 0: the code lies there as it is
  std::uint32_t options_offset;
  std::uint16_t minor, major;  // of the PTX language
  std::uint32_t architecture;  // 90 for compute capability 9.0
};
constexpr std::uint16_t kPtx = 1;

template <class T>
T read(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

bool better(unsigned architecture, unsigned than) {
  const bool fits = architecture <= kArchitecture, other_fits = than <= kArchitecture;
  if (fits != other_fits) return fits;
  return fits ? architecture > than : architecture < than;
}

}  // namespace

std::string ptx_text(const void* fat_binary) {
  const auto wrapper = read<Wrapper>(fat_binary);
  if (wrapper.magic != kWrapperMagic || wrapper.version != 1) throw NoText("a fat binary of a kind that is not known here");
  const auto header = read<Header>(wrapper.data);
  if (header.magic != kHeaderMagic) throw NoText("a fat binary that does not begin as nvcc's do");

  struct Found {
    Entry entry;
    const std::byte* code;
  };
  std::optional<Found> best;
  const std::byte* const end = wrapper.data + header.header_bytes + header.bytes;
  for (const std::byte* at = wrapper.data + header.header_bytes; at < end;) {
    const auto entry = read<Entry>(at);
    if (entry.kind == kPtx && (!best || better(entry.architecture, best->entry.architecture)))
      best = Found{entry, at + entry.header_bytes};
    at += entry.header_bytes + entry.bytes;
  }
  if (!best) throw NoText("an object holds no PTX: CMAKE_CUDA_ARCHITECTURES names no virtual architecture (90-virtual)");
  if (best->entry.compressed_bytes != 0) throw NoText("the PTX of an object is compressed: build it with nvcc -no-compress");
  const auto* const text = reinterpret_cast<const char*>(best->code);
  return std::string(text, strnlen(text, best->entry.bytes));  // zeros fill the last word
}

}  // namespace boxwarp::ptx
