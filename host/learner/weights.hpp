// A network's weights with the configuration that gives them their meaning.
#pragma once

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

// The same weights for boards of another size. Throws BadInput unless the head is pooled: a flattened one has a size.
Weights for_boards(Weights weights, int height, int width);

// safetensors under the published torch names, with the alias mlp_extractor.value_net.fc0, or under the published Flax names
// and in Flax's layouts; and the shape as JSON under the metadata key boxwarp.config.
void save_weights(const std::filesystem::path& path, const Weights& weights, WeightNames names = WeightNames::torch);

// Reads both kinds of names, and the agent in a checkpoint, light or complete; of the folder of a run its model. Throws
// BadInput with the whole list of tensors that are missing, extra, wrongly shaped or not finite. A file without
// boxwarp.config is read as the published network of the sizes that its tensors show, with ticks = layers unless the
// metadata says otherwise; `note` (may be null) then says so.
Weights load_weights(const std::filesystem::path& path_or_run, std::string* note = nullptr);

}  // namespace boxwarp
