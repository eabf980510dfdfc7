#include "host/learner/checkpoint_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "levels/error.hpp"

namespace boxwarp {

namespace {

// FNV-1a over names and bytes.
std::string checksum(const Safetensors& file) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  const auto mix = [&hash](std::uint8_t byte) { hash = (hash ^ byte) * 0x100000001b3u; };
  const auto mix_text = [&mix](const std::string& text) {
    for (const char letter : text) mix(static_cast<std::uint8_t>(letter));
  };
  for (const auto& [name, text] : file.metadata) {
    if (name == "checksum") continue;
    mix_text(name);
    mix_text(text);
  }
  for (const auto& [name, tensor] : file.tensors) {
    mix_text(name);
    for (const std::byte byte : tensor.data) mix(static_cast<std::uint8_t>(byte));
  }
  return fmt::format("{:016x}", hash);
}

StoredTensor stored(const char* dtype, std::size_t count, std::span<const std::byte> bytes) {
  return {.dtype = dtype, .shape = {static_cast<std::int64_t>(count)}, .data = {bytes.begin(), bytes.end()}};
}

// Why a file is not a checkpoint of the format that is asked for.
std::string other_format(const std::string& found, const std::string& format) {
  if (found == kCompleteFormat) return "is for its own run; light.safetensors beside it is for others to go on from";
  if (found == kLightFormat) return "is for other runs; checkpoint.safetensors beside it is for its own";
  return fmt::format("has format '{}', this program reads '{}'; take the version that wrote it", found, format);
}

}  // namespace

bool is_checkpoint(const Safetensors& file) {
  const auto format = file.metadata.find("format");
  return format != file.metadata.end() && format->second.starts_with("boxwarp.");
}

StoredTensor stored(std::span<const float> values) { return stored("F32", values.size(), std::as_bytes(values)); }
StoredTensor stored(std::span<const std::uint8_t> bytes) { return stored("U8", bytes.size(), std::as_bytes(bytes)); }
StoredTensor stored(std::span<const std::byte> bytes) { return stored("U8", bytes.size(), bytes); }

void write_checkpoint(const std::filesystem::path& path, Safetensors file) {
  file.metadata["checksum"] = checksum(file);
  write_safetensors(path, file);
}

CheckpointReader::CheckpointReader(const std::filesystem::path& path, const std::string& format)
    : CheckpointReader(path, read_safetensors(path), format) {}

CheckpointReader::CheckpointReader(const std::filesystem::path& path, Safetensors file, const std::string& format)
    : path_(path), file_(std::move(file)) {
  if (!is_checkpoint(file_)) throw BadInput(fmt::format("{}: not a checkpoint of a training", path_.string()));
  if (text("format") != format) fail(other_format(text("format"), format));
  if (text("checksum") != checksum(file_)) fail("is damaged: its checksum does not match its content");
}

const std::string& CheckpointReader::text(const std::string& name) const {
  const auto found = file_.metadata.find(name);
  if (found == file_.metadata.end()) fail(fmt::format("has no '{}'", name));
  return found->second;
}

std::int64_t CheckpointReader::number(const std::string& name) const {
  const std::string& digits = text(name);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || value < 0)
    fail(fmt::format("has '{}' = '{}', not a count", name, digits));
  return value;
}

const StoredTensor& CheckpointReader::tensor(const std::string& name) const {
  const auto found = file_.tensors.find(name);
  if (found == file_.tensors.end()) fail(fmt::format("has no tensor '{}'", name));
  return found->second;
}

void CheckpointReader::demand(const std::string& name, std::size_t bytes) const {
  if (const std::size_t found = tensor(name).data.size(); found != bytes)
    fail(fmt::format("tensor '{}' has {} bytes, takes {}", name, found, bytes));
}

std::vector<float> CheckpointReader::floats(const std::string& name, std::size_t count) const {
  demand(name, count * sizeof(float));
  std::vector<float> values(count);
  if (count != 0) std::memcpy(values.data(), tensor(name).data.data(), count * sizeof(float));
  return values;
}

std::vector<std::uint8_t> CheckpointReader::bytes(const std::string& name, std::size_t count) const {
  demand(name, count);
  std::vector<std::uint8_t> values(count);
  if (count != 0) std::memcpy(values.data(), tensor(name).data.data(), count);
  return values;
}

TrainConfig CheckpointReader::config() const {
  const auto json = nlohmann::ordered_json::parse(text("config"), nullptr, false);
  if (json.is_discarded()) fail("has a configuration that is not JSON");
  TrainConfig config;
  std::vector<std::string> mistakes;
  apply_json(json, config, mistakes);
  if (!mistakes.empty())
    fail(fmt::format("comes from another version: its configuration is not one of this program\n  {}",
                     fmt::join(mistakes, "\n  ")));
  return config;
}

Weights checkpoint_weights(const std::filesystem::path& path, Safetensors file) {
  const bool light = file.metadata.at("format") == kLightFormat;
  const CheckpointReader reader(path, std::move(file), light ? kLightFormat : kCompleteFormat);
  const NetShape shape = reader.config().network;
  if (const auto mistakes = mistakes_in(shape); !mistakes.empty())
    reader.fail(fmt::format("has a network that is none: {}", fmt::join(mistakes, "; ")));
  Weights weights{shape, reader.floats("parameters", parameter_count(shape))};
  if (!std::ranges::all_of(weights.values, [](float value) { return std::isfinite(value); }))
    reader.fail("has parameters that are not finite");
  return weights;
}

void CheckpointReader::fail(const std::string& what) const {
  throw BadInput(fmt::format("{}: checkpoint {}", path_.string(), what));
}

}  // namespace boxwarp
