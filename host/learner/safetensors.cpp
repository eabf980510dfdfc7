#include "host/learner/safetensors.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/learner/files.hpp"
#include "levels/error.hpp"
#include "levels/file_bytes.hpp"

namespace boxwarp {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMostHeaderBytes = 100'000'000;  // the limit of the format's reference implementation
constexpr std::size_t kHeaderAlignment = 8;

std::optional<std::uint64_t> element_bytes(const std::string& dtype) {
  static const std::map<std::string, std::uint64_t> bytes = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"I16", 2}, {"U16", 2}, {"F16", 2},
      {"BF16", 2}, {"I32", 4}, {"U32", 4}, {"F32", 4},     {"I64", 8},     {"U64", 8}, {"F64", 8}};
  const auto found = bytes.find(dtype);
  return found == bytes.end() ? std::nullopt : std::optional(found->second);
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& reason) {
  throw BadInput(fmt::format("{}: not a readable safetensors file: {}", path.string(), reason));
}

std::uint64_t little_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
  return value;
}

struct Extent {
  std::string name;
  std::uint64_t begin, end;
};

// A member that is an array of integers that are not negative.
std::vector<std::uint64_t> natural_numbers(const std::filesystem::path& path, const std::string& name, const json& entry,
                                           const char* member) {
  const auto found = entry.find(member);
  bool right = found != entry.end() && found->is_array();
  if (right) right = std::ranges::all_of(*found, [](const json& number) { return number.is_number_unsigned(); });
  if (!right) refuse(path, fmt::format("tensor {} needs an array of whole numbers as {}", name, member));
  return found->get<std::vector<std::uint64_t>>();
}

// The bytes that the shape asks for, if they are countable.
std::optional<std::uint64_t> tensor_bytes(const std::vector<std::uint64_t>& shape, std::uint64_t element) {
  std::uint64_t bytes = element;
  for (const std::uint64_t dimension : shape) {
    if (dimension > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    if (dimension != 0 && bytes > std::numeric_limits<std::uint64_t>::max() / dimension) return std::nullopt;
    bytes *= dimension;
  }
  return bytes;
}

Extent read_tensor(const std::filesystem::path& path, const std::string& name, const json& entry,
                   std::span<const std::byte> data, StoredTensor& tensor) {
  if (!entry.is_object()) refuse(path, fmt::format("tensor {} is described by something that is not an object", name));
  if (!entry.contains("dtype") || !entry["dtype"].is_string()) refuse(path, fmt::format("tensor {} has no dtype", name));
  tensor.dtype = entry["dtype"].get<std::string>();
  const auto element = element_bytes(tensor.dtype);
  if (!element) refuse(path, fmt::format("tensor {} has the unknown dtype {}", name, tensor.dtype));
  const auto shape = natural_numbers(path, name, entry, "shape");
  const auto offsets = natural_numbers(path, name, entry, "data_offsets");
  if (offsets.size() != 2 || offsets[0] > offsets[1])
    refuse(path, fmt::format("tensor {} needs two rising data_offsets", name));
  if (offsets[1] > data.size()) {
    refuse(path, fmt::format("tensor {} ends at byte {} of the data, but there are only {}: the file is cut short", name,
                             offsets[1], data.size()));
  }
  const auto needed = tensor_bytes(shape, *element);
  if (!needed || *needed != offsets[1] - offsets[0]) {
    refuse(path, fmt::format("tensor {} of dtype {} and shape [{}] does not fit its {} bytes", name, tensor.dtype,
                             fmt::join(shape, ", "), offsets[1] - offsets[0]));
  }
  tensor.shape.assign(shape.begin(), shape.end());
  const auto bytes = data.subspan(offsets[0], offsets[1] - offsets[0]);
  tensor.data.assign(bytes.begin(), bytes.end());
  return {name, offsets[0], offsets[1]};
}

void demand_no_gaps(const std::filesystem::path& path, std::vector<Extent> extents, std::uint64_t size) {
  std::ranges::sort(extents, {}, [](const Extent& extent) { return std::pair(extent.begin, extent.end); });
  std::uint64_t at = 0;
  for (const Extent& extent : extents) {
    if (extent.begin < at) refuse(path, fmt::format("tensor {} overlaps the one before it", extent.name));
    if (extent.begin > at)
      refuse(path, fmt::format("{} bytes before tensor {} belong to none", extent.begin - at, extent.name));
    at = extent.end;
  }
  if (at != size) refuse(path, fmt::format("the last {} bytes belong to no tensor", size - at));
}

std::string header_of(const Safetensors& file, const std::vector<const std::string*>& order) {
  ordered_json header = ordered_json::object();
  if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
  std::uint64_t at = 0;
  for (const std::string* name : order) {
    const StoredTensor& tensor = file.tensors.at(*name);
    const std::vector<std::uint64_t> shape(tensor.shape.begin(), tensor.shape.end());
    const auto element = element_bytes(tensor.dtype);
    if (!element || tensor_bytes(shape, *element) != tensor.data.size()) {
      throw std::invalid_argument(fmt::format("safetensors: dtype {}, shape [{}] and {} bytes of tensor {} contradict",
                                              tensor.dtype, fmt::join(shape, ", "), tensor.data.size(), *name));
    }
    header[*name] = {{"dtype", tensor.dtype}, {"shape", shape}, {"data_offsets", {at, at + tensor.data.size()}}};
    at += tensor.data.size();
  }
  std::string text = header.dump();
  text.resize((text.size() + kHeaderAlignment - 1) / kHeaderAlignment * kHeaderAlignment, ' ');
  return text;
}

}  // namespace

Safetensors parse_safetensors(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  if (bytes.size() < kLengthBytes) refuse(path, fmt::format("it has {} bytes, fewer than its first field", bytes.size()));
  const std::uint64_t length = little_endian(bytes.first(kLengthBytes));
  if (length > kMostHeaderBytes) refuse(path, fmt::format("its header claims {} bytes", length));
  if (length > bytes.size() - kLengthBytes) {
    refuse(path, fmt::format("its header claims {} bytes, but only {} follow: the file is cut short", length,
                             bytes.size() - kLengthBytes));
  }
  const auto* text = reinterpret_cast<const char*>(bytes.data()) + kLengthBytes;
  const json header = json::parse(text, text + length, nullptr, false);
  if (!header.is_object()) refuse(path, "its header is not a JSON object");
  const auto data = bytes.subspan(kLengthBytes + length);

  Safetensors file;
  std::vector<Extent> extents;
  for (const auto& [name, entry] : header.items()) {
    if (name != "__metadata__") {
      extents.push_back(read_tensor(path, name, entry, data, file.tensors[name]));
      continue;
    }
    if (!entry.is_object()) refuse(path, "its __metadata__ is not an object");
    for (const auto& [key, value] : entry.items()) {
      if (!value.is_string()) refuse(path, fmt::format("its metadata {} is not a string", key));
      file.metadata[key] = value.get<std::string>();
    }
  }
  demand_no_gaps(path, std::move(extents), data.size());
  return file;
}

Safetensors read_safetensors(const std::filesystem::path& path) {
  const std::string bytes = bytes_of(path.string());
  return parse_safetensors(path, std::as_bytes(std::span(bytes)));
}

void write_safetensors(const std::filesystem::path& path, const Safetensors& file) {
  // Wide elements first, so that each tensor begins on a multiple of its element.
  std::vector<const std::string*> order;
  for (const auto& [name, tensor] : file.tensors) order.push_back(&name);
  std::ranges::stable_sort(order, std::greater<>(), [&file](const std::string* name) {
    return element_bytes(file.tensors.at(*name).dtype).value_or(0);
  });
  const std::string header = header_of(file, order);
  std::array<std::byte, kLengthBytes> length;
  for (std::size_t i = 0; i < kLengthBytes; ++i) length[i] = static_cast<std::byte>(header.size() >> (8 * i));

  Pieces pieces = {length, pieces_of(header).front()};
  for (const std::string* name : order) pieces.emplace_back(file.tensors.at(*name).data);
  replace_file(path, pieces);
}

}  // namespace boxwarp
