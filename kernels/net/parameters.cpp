#include <functional>
#include <numeric>
#include <utility>

#include "kernels/net/net.hpp"
#include "kernels/net/shape_numbers.hpp"
#include "kernels/sokoban/board.hpp"

namespace boxwarp {

namespace {

// The tensors in order; each begins where the one before ends.
class Table {
 public:
  void add(std::string name, std::vector<std::int64_t> dimensions) {
    const auto size = static_cast<std::size_t>(
        std::accumulate(dimensions.begin(), dimensions.end(), std::int64_t{1}, std::multiplies<>()));
    tensors_.push_back({std::move(name), std::move(dimensions), offset_, size});
    offset_ += size;
  }
  void add_convolution(const std::string& name, std::int64_t outputs, std::int64_t inputs, std::int64_t kernel) {
    add(name + ".weight", {outputs, inputs, kernel, kernel});
    add(name + ".bias", {outputs});
  }
  void add_dense(const std::string& name, std::int64_t outputs, std::int64_t inputs) {
    add(name + ".weight", {outputs, inputs});
    add(name + ".bias", {outputs});
  }
  std::vector<ParameterTensor> take() { return std::move(tensors_); }

 private:
  std::vector<ParameterTensor> tensors_;
  std::size_t offset_ = 0;
};

std::int64_t observed_channels(const NetShape& shape) { return shape.input == NetInput::rgb ? 3 : kCellCodes; }

void add_drc(const NetShape& shape, Table& table) {
  const std::int64_t channels = shape.channels, gates = 4 * channels;
  table.add_convolution("features_extractor.pre_model.0", channels, observed_channels(shape), shape.encoder_kernel);
  table.add_convolution("features_extractor.pre_model.2", channels, channels, shape.encoder_kernel);
  for (int d = 0; d < shape.layers; ++d) {
    const std::string cell = "features_extractor.cell_list." + std::to_string(d) + ".";
    const std::int64_t inputs = (shape.pooling == Pooling::none ? 2 : 3) * channels;  // e, p, q
    table.add_convolution(cell + "conv_ih", gates, inputs, 3);
    table.add(cell + "conv_hh.weight", {gates, channels, 3, 3});
    if (shape.boundary != Boundary::none) table.add(cell + "fence_conv.weight", {gates, 1, 3, 3});
    if (shape.pooling == Pooling::per_channel) table.add(cell + "pool_project", {2, channels});  // rows: maximum, mean
    if (shape.pooling == Pooling::full) table.add(cell + "pool_project.weight", {channels, 2 * channels});
  }
}

void add_resnet(const NetShape& shape, Table& table) {
  std::int64_t inputs = observed_channels(shape);
  for (int i = 0; i < shape.layers; ++i) {
    const std::int64_t outputs = resnet_channels(shape, i);
    const std::string sequence = "features_extractor.flatten.0.guez_conv_sequence_" + std::to_string(i) + ".";
    table.add_convolution(sequence + "conv", outputs, inputs, shape.encoder_kernel);
    table.add_convolution(sequence + "resnet0.conv", outputs, outputs, shape.encoder_kernel);
    table.add_convolution(sequence + "resnet1.conv", outputs, outputs, shape.encoder_kernel);
    inputs = outputs;
  }
}

}  // namespace

std::vector<std::string> mistakes_in(const NetShape& shape) {
  std::vector<std::string> mistakes;
  const auto mistake = [&mistakes](const std::string& name, int found, const std::string& takes) {
    mistakes.push_back(name + ": found " + std::to_string(found) + ", takes " + takes);
  };
  for (const ShapeNumber& number : kShapeNumbers) {
    const int found = shape.*number.member;
    if (found >= number.least && found <= number.most && found % number.step == 0) continue;
    const std::string range = std::to_string(number.least) + " to " + std::to_string(number.most);
    mistake(number.name, found, number.step == 1 ? range : range + ", a multiple of " + std::to_string(number.step));
  }
  if (shape.kind == NetKind::drc) return mistakes;
  if (shape.ticks != 1) mistake("ticks", shape.ticks, "1 for a ResNet");
  const NetShape published;
  const auto demand_published = [&](auto NetShape::*option, const std::string& name) {
    if (shape.*option != published.*option) mistakes.push_back(name + ": a ResNet has none, so it must stay as published");
  };
  demand_published(&NetShape::output_gate, "output_gate");
  demand_published(&NetShape::boundary, "boundary");
  demand_published(&NetShape::pooling, "pooling");
  demand_published(&NetShape::skip, "skip");
  return mistakes;
}

std::vector<ParameterTensor> parameter_tensors(const NetShape& shape) {
  Table table;
  if (shape.kind == NetKind::drc) {
    add_drc(shape, table);
  } else {
    add_resnet(shape, table);
  }
  table.add_dense("mlp_extractor.policy_net.fc0", shape.hidden, dense_inputs(shape));
  table.add_dense("action_net", shape.actions, shape.hidden);
  table.add_dense("value_net", 1, shape.hidden);
  return table.take();
}

std::size_t parameter_count(const NetShape& shape) {
  const std::vector<ParameterTensor> tensors = parameter_tensors(shape);
  return tensors.back().offset + tensors.back().size;
}

}  // namespace boxwarp
