#include <numeric>

#include <fmt/format.h>

#include "kernels/net/net.hpp"
#include "kernels/sokoban/board.hpp"

namespace boxwarp {

std::vector<ParameterTensor> parameter_tensors(const NetShape& shape) {
  const std::int64_t channels = shape.channels, gates = 4 * channels, kernel = shape.encoder_kernel;
  const std::int64_t inputs = shape.input == NetInput::rgb ? 3 : kCellCodes;
  std::vector<ParameterTensor> tensors;
  std::size_t offset = 0;
  const auto add = [&](std::string name, std::vector<std::int64_t> dimensions) {
    const auto size = static_cast<std::size_t>(
        std::accumulate(dimensions.begin(), dimensions.end(), std::int64_t{1}, std::multiplies<>()));
    tensors.push_back({std::move(name), std::move(dimensions), offset, size});
    offset += size;
  };

  add("features_extractor.pre_model.0.weight", {channels, inputs, kernel, kernel});
  add("features_extractor.pre_model.0.bias", {channels});
  add("features_extractor.pre_model.2.weight", {channels, channels, kernel, kernel});
  add("features_extractor.pre_model.2.bias", {channels});
  for (int d = 0; d < shape.layers; ++d) {
    const std::string cell = fmt::format("features_extractor.cell_list.{}.", d);
    add(cell + "conv_ih.weight", {gates, 3 * channels, 3, 3});  // inputs: e, p, q
    add(cell + "conv_ih.bias", {gates});
    add(cell + "conv_hh.weight", {gates, channels, 3, 3});
    add(cell + "fence_conv.weight", {gates, 1, 3, 3});
    add(cell + "pool_project", {2, channels});  // rows: maximum, mean
  }
  add("mlp_extractor.policy_net.fc0.weight", {shape.hidden, std::int64_t{shape.height} * shape.width * channels});
  add("mlp_extractor.policy_net.fc0.bias", {shape.hidden});
  add("action_net.weight", {shape.actions, shape.hidden});
  add("action_net.bias", {shape.actions});
  add("value_net.weight", {1, shape.hidden});
  add("value_net.bias", {1});
  return tensors;
}

std::size_t parameter_count(const NetShape& shape) {
  const std::vector<ParameterTensor> tensors = parameter_tensors(shape);
  return tensors.back().offset + tensors.back().size;
}

}  // namespace boxwarp
