// Files in the safetensors format: an 8-byte length, a JSON header, then the bytes of all tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace boxwarp {

struct StoredTensor {
  std::string dtype;  // F32, F64, U8, I32, I64, U64, ...
  std::vector<std::int64_t> shape;
  std::vector<std::byte> data;  // little endian, C order
};

struct Safetensors {
  std::map<std::string, std::string> metadata;
  std::map<std::string, StoredTensor> tensors;
};

// Throws BadInput that names the file and what is wrong with it (short, header, offsets, overlap, unknown type).
Safetensors read_safetensors(const std::filesystem::path& path);

// The same from the bytes of the file; the path is for messages only.
Safetensors parse_safetensors(const std::filesystem::path& path, std::span<const std::byte> bytes);

// Writes beside the path, flushes to the disk, then renames: a reader sees the old file or the new one, whole. The same
// content gives the same bytes. Throws std::runtime_error (disk full, no permission).
void write_safetensors(const std::filesystem::path& path, const Safetensors& file);

}  // namespace boxwarp
