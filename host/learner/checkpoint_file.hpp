// What complete and light checkpoints share: safetensors with a checksum over names and content, and a strict reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "host/learner/config.hpp"
#include "host/learner/safetensors.hpp"
#include "host/learner/weights.hpp"

namespace boxwarp {

// What the metadata calls "format".
inline constexpr const char* kCompleteFormat = "boxwarp.checkpoint 1";
inline constexpr const char* kLightFormat = "boxwarp.light 1";

// Whether a file says that it is a checkpoint, of any kind and version.
bool is_checkpoint(const Safetensors& file);

StoredTensor stored(std::span<const float> values);
StoredTensor stored(std::span<const std::uint8_t> bytes);
StoredTensor stored(std::span<const std::byte> bytes);

// Adds the checksum and writes, whole or not at all. Throws std::runtime_error (disk full).
void write_checkpoint(const std::filesystem::path& path, Safetensors file);

class CheckpointReader {
 public:
  // Throws BadInput for a file of another format, or one that is damaged or cut short.
  CheckpointReader(const std::filesystem::path& path, const std::string& format);
  CheckpointReader(const std::filesystem::path& path, Safetensors file, const std::string& format);

  const std::string& text(const std::string& name) const;
  std::int64_t number(const std::string& name) const;  // 0 or more
  const StoredTensor& tensor(const std::string& name) const;
  bool has(const std::string& tensor) const { return file_.tensors.contains(tensor); }
  // Throws BadInput where there is no such tensor, or one of another number of bytes.
  void demand(const std::string& name, std::size_t bytes) const;
  // The same where the tensor has another number of elements.
  std::vector<float> floats(const std::string& name, std::size_t count) const;
  std::vector<std::uint8_t> bytes(const std::string& name, std::size_t count) const;
  // The configuration that the file was written under; members that its version did not know have their defaults.
  TrainConfig config() const;

  [[noreturn]] void fail(const std::string& what) const;  // BadInput

 private:
  std::filesystem::path path_;
  Safetensors file_;
};

// The agent in a checkpoint of either kind. Throws BadInput for one that is damaged, of another version or not finite.
Weights checkpoint_weights(const std::filesystem::path& path, Safetensors file);

}  // namespace boxwarp
