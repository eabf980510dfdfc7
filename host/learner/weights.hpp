// A network's weights with the configuration that gives them their meaning.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/learner/weight_names.hpp"
#include "kernels/net/net.hpp"

namespace boxwarp {

struct Weights {
  NetShape shape;
  std::vector<float> values;  // (parameter_count(shape)), laid out as parameter_tensors(shape)
};

// The published initialisation (truncated normal of variance 1 / fan_in, stratified within each tensor; orthogonal policy
// and value times head_gain; biases zero) from stream `initialisation` of the seed, environment 0.
std::vector<float> initial_weights(const NetShape& shape, float head_gain, std::uint64_t seed);

// The same weights for boards of another size. Throws BadInput unless the head is pooled: a flattened one has a size.
Weights for_boards(Weights weights, int height, int width);

// safetensors under the published torch names, with the alias mlp_extractor.value_net.fc0, or under the published Flax names
// and in Flax's layouts; and the shape as JSON under the metadata key boxwarp.config.
void save_weights(const std::filesystem::path& path, const Weights& weights, WeightNames names = WeightNames::torch);

// Reads both kinds of names. Throws BadInput with the whole list of tensors that are missing, extra, wrongly shaped or not
// finite. A file without boxwarp.config is read as the published network of the sizes that its tensors show, with ticks =
// layers unless the metadata says otherwise; `note` (may be null) then says so.
Weights load_weights(const std::filesystem::path& path, std::string* note = nullptr);

// DRC(3, 3) or ResNet(9), and the options that are not as published: "DRC(1, 1), boundary rim, skip none".
std::string name_of(const NetShape& shape);

// The shape as a JSON object and back; unknown or ill-typed members are BadInput.
std::string to_json(const NetShape& shape);
NetShape shape_from_json(const std::string& json);

}  // namespace boxwarp
