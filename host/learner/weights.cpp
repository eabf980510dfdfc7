#include "host/learner/weights.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include <fmt/format.h>

#include "host/learner/checkpoint_file.hpp"
#include "host/learner/net_shape_json.hpp"
#include "host/learner/safetensors.hpp"
#include "levels/error.hpp"

namespace boxwarp {

namespace {

const std::string kConfigKey = "boxwarp.config";
const std::string kDense = "mlp_extractor.policy_net.fc0.";
const std::string kDenseAlias = "mlp_extractor.value_net.fc0.";  // the same layer, as the published files name it again

std::string shape_text(const std::vector<std::int64_t>& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

std::vector<float> floats_of(const StoredTensor& tensor) {
  std::vector<float> values(tensor.data.size() / sizeof(float));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

StoredTensor stored(const ParameterTensor& tensor, const std::vector<float>& values) {
  StoredTensor result{"F32", tensor.shape, std::vector<std::byte>(tensor.size * sizeof(float))};
  std::memcpy(result.data.data(), values.data() + tensor.offset, result.data.size());
  return result;
}

// ---- the shape of a file without boxwarp.config ----------------------------------------------------------------------

std::int64_t dimension(const Safetensors& file, const std::string& name, std::size_t index) {
  const auto found = file.tensors.find(name);
  return found == file.tensors.end() || found->second.shape.size() <= index ? 0 : found->second.shape[index];
}

int bounded(std::int64_t value) { return static_cast<int>(std::clamp<std::int64_t>(value, 0, 1 << 20)); }

// What the tensors show. Where one is missing or odd the published size is assumed, and the check of all tensors that
// follows tells what does not fit.
NetShape shown_shape(const Safetensors& file) {
  NetShape shape;
  const std::string encoder = "features_extractor.pre_model.0.weight";
  const auto known = [](std::int64_t found, int otherwise) { return found > 0 ? bounded(found) : otherwise; };
  shape.channels = known(dimension(file, encoder, 0), shape.channels);
  shape.input = dimension(file, encoder, 1) == 7 ? NetInput::planes : NetInput::rgb;
  shape.encoder_kernel = known(dimension(file, encoder, 2), shape.encoder_kernel);
  shape.hidden = known(dimension(file, kDense + "weight", 0), shape.hidden);
  shape.actions = known(dimension(file, "action_net.weight", 0), shape.actions);
  int layers = 0;
  while (file.tensors.contains(fmt::format("features_extractor.cell_list.{}.conv_hh.weight", layers))) ++layers;
  if (layers > 0) shape.layers = layers;
  const auto cells = dimension(file, kDense + "weight", 1) / std::max(1, shape.channels);
  const int side = static_cast<int>(std::lround(std::sqrt(static_cast<double>(cells))));
  if (side > 0) shape.height = shape.width = side;
  shape.ticks = shape.layers;
  return shape;
}

int metadata_number(const std::filesystem::path& path, const Safetensors& file, const std::string& key, int otherwise) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) return otherwise;
  const std::string& text = found->second;
  const bool digits =
      !text.empty() && text.size() < 4 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || std::stoi(text) < 1) {
    throw BadInput(
        fmt::format("{}: metadata {} is \"{}\", expected a whole number of at least 1", path.string(), key, text));
  }
  return std::stoi(text);
}

NetShape file_shape(const std::filesystem::path& path, const Safetensors& file, std::string* note) {
  const auto config = file.metadata.find(kConfigKey);
  if (config != file.metadata.end()) {
    try {
      return shape_from_json(config->second);
    } catch (const BadInput& error) {
      throw BadInput(fmt::format("{}: metadata {}: {}", path.string(), kConfigKey, error.what()));
    }
  }
  NetShape shape = shown_shape(file);
  shape.ticks = metadata_number(path, file, "ticks", shape.ticks);
  try {
    shape = shape_from_json(to_json(shape));
  } catch (const BadInput& error) {
    throw BadInput(
        fmt::format("{}: without {}, and what its tensors show is no network: {}", path.string(), kConfigKey, error.what()));
  }
  if (note != nullptr) {
    *note = fmt::format("{} has no {}: read as the published network, DRC({}, {}) with {} channels on {}x{} boards",
                        path.string(), kConfigKey, shape.layers, shape.ticks, shape.channels, shape.height, shape.width);
  }
  return shape;
}

// ---- tensors ----------------------------------------------------------------------------------------------------------

// Older files have a fence with several input channels that all saw the same mask: (out, n, 3, 3) is summed over n.
void sum_fence_inputs(StoredTensor& tensor) {
  const auto outputs = static_cast<std::size_t>(tensor.shape[0]), inputs = static_cast<std::size_t>(tensor.shape[1]);
  const std::vector<float> values = floats_of(tensor);
  std::vector<float> sums(outputs * 9, 0.0f);
  for (std::size_t o = 0; o < outputs; ++o) {
    for (std::size_t i = 0; i < inputs; ++i) {
      for (std::size_t tap = 0; tap < 9; ++tap) sums[o * 9 + tap] += values[(o * inputs + i) * 9 + tap];
    }
  }
  tensor.shape[1] = 1;
  tensor.data.resize(sums.size() * sizeof(float));
  std::memcpy(tensor.data.data(), sums.data(), tensor.data.size());
}

bool is_wide_fence(const StoredTensor& tensor, const ParameterTensor& expected) {
  return expected.name.ends_with("fence_conv.weight") && tensor.dtype == "F32" && tensor.shape.size() == 4 &&
         tensor.shape[0] == expected.shape[0] && tensor.shape[1] > 1 && tensor.shape[2] == 3 && tensor.shape[3] == 3;
}

// The names that a file has for tensors, where they are not those of torch.
using FileNames = std::map<std::string, std::string>;

// How a message calls the tensor: the file's own name first.
std::string called(const std::string& name, const FileNames& names) {
  const auto found = names.find(name);
  return found == names.end() ? name : fmt::format("{} (in torch {})", found->second, name);
}

// Adds to the faults what keeps the tensor from its place.
void check_tensor(Safetensors& file, const FileNames& names, const ParameterTensor& expected,
                  std::vector<std::string>& faults) {
  const std::string name = called(expected.name, names);
  const auto found = file.tensors.find(expected.name);
  if (found == file.tensors.end()) {
    faults.push_back(fmt::format("{} is missing", name));
    return;
  }
  StoredTensor& tensor = found->second;
  if (is_wide_fence(tensor, expected)) sum_fence_inputs(tensor);
  if (tensor.dtype != "F32") {
    faults.push_back(fmt::format("{} is of type {}, expected F32", name, tensor.dtype));
  } else if (tensor.shape != expected.shape) {
    faults.push_back(
        fmt::format("{} has the shape {}, expected {}", name, shape_text(tensor.shape), shape_text(expected.shape)));
  } else {
    const auto bad = std::ranges::count_if(floats_of(tensor), [](float value) { return !std::isfinite(value); });
    if (bad > 0) faults.push_back(fmt::format("{} has {} values that are not finite", name, bad));
  }
}

void check_alias(const Safetensors& file, const std::string& member, std::vector<std::string>& faults) {
  const auto alias = file.tensors.find(kDenseAlias + member), dense = file.tensors.find(kDense + member);
  if (alias == file.tensors.end() || dense == file.tensors.end()) return;
  if (alias->second.dtype != dense->second.dtype || alias->second.shape != dense->second.shape ||
      alias->second.data != dense->second.data) {
    faults.push_back(fmt::format("{}{} differs from {}{}, whose other name it is", kDenseAlias, member, kDense, member));
  }
}

}  // namespace

Weights for_boards(Weights weights, int height, int width) {
  if (weights.shape.height == height && weights.shape.width == width) return weights;
  if (weights.shape.head != NetHead::pooled) {
    throw BadInput(fmt::format("a network with a flattened head is for boards of its own size, {}x{}, and not for {}x{}",
                               weights.shape.height, weights.shape.width, height, width));
  }
  weights.shape.height = height;
  weights.shape.width = width;
  return weights;
}

void save_weights(const std::filesystem::path& path, const Weights& weights, WeightNames names) {
  Safetensors file;
  file.metadata[kConfigKey] = to_json(weights.shape);
  for (const ParameterTensor& tensor : parameter_tensors(weights.shape)) {
    const StoredTensor data = stored(tensor, weights.values);
    if (names == WeightNames::flax) {
      file.tensors[flax_name(tensor.name, weights.shape.kind).value()] = in_flax_layout(tensor.name, data);
      continue;
    }
    file.tensors[tensor.name] = data;
    if (tensor.name.starts_with(kDense)) file.tensors[kDenseAlias + tensor.name.substr(kDense.size())] = data;
  }
  write_safetensors(path, file);
}

Weights load_weights(const std::filesystem::path& path_or_run, std::string* note) {
  std::error_code none;  // what cannot be looked at cannot be opened, which is told then
  const std::filesystem::path path =
      std::filesystem::is_directory(path_or_run, none) ? path_or_run / "model.safetensors" : path_or_run;
  Safetensors file = read_safetensors(path);
  if (is_checkpoint(file)) return checkpoint_weights(path, std::move(file));
  const FileNames names = take_torch_names(file);
  const NetShape shape = file_shape(path, file, note);
  const std::vector<ParameterTensor> expected = parameter_tensors(shape);

  std::vector<std::string> faults;
  std::set<std::string> known = {kDenseAlias + "weight", kDenseAlias + "bias"};
  for (const ParameterTensor& tensor : expected) {
    known.insert(tensor.name);
    check_tensor(file, names, tensor, faults);
  }
  for (const auto& [name, tensor] : file.tensors) {
    if (known.contains(name)) continue;
    faults.push_back(fmt::format("{} {} belongs to no such network", called(name, names), shape_text(tensor.shape)));
  }
  check_alias(file, "weight", faults);
  check_alias(file, "bias", faults);
  if (!faults.empty()) {
    throw BadInput(fmt::format("{}: {} of its tensors do not fit {}:\n  {}", path.string(), faults.size(), to_json(shape),
                               fmt::join(faults, "\n  ")));
  }

  Weights weights{shape, std::vector<float>(parameter_count(shape))};
  for (const ParameterTensor& tensor : expected) {
    std::ranges::copy(floats_of(file.tensors.at(tensor.name)),
                      weights.values.begin() + static_cast<std::ptrdiff_t>(tensor.offset));
  }
  return weights;
}

}  // namespace boxwarp
