// The names of a network's tensors in files: those of the published torch port, which are everywhere in this program, and
// those of the published Flax parameters.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "host/learner/safetensors.hpp"
#include "kernels/net/net.hpp"

namespace boxwarp {

enum class WeightNames : std::uint8_t { torch, flax };

// network_params/cell_list_0/ih/kernel and so on for a tensor of parameter_tensors; none for the alias of the dense layer,
// which Flax does not have.
std::optional<std::string> flax_name(const std::string& torch_name, NetKind kind);

// The other way, with or without params/params/ in front; none for a name that no network has.
std::optional<std::string> torch_name(const std::string& flax_name);

// A tensor of float32 in the other's layout: convolutions (kernel height, kernel width, in, out) in Flax and (out, in,
// kernel height, kernel width) in torch, dense (in, out) and (out, in). Tensors of other ranks, and all called project or
// bias, are the same in both. torch_name tells what the tensor is.
StoredTensor in_flax_layout(const std::string& torch_name, const StoredTensor& tensor);
StoredTensor in_torch_layout(const std::string& torch_name, const StoredTensor& tensor);

// Gives the tensors of a file with Flax names those of torch, and its layout; returns the names that they had. A tensor
// without a name in torch keeps its own. Nothing changes in a file that has no Flax name.
std::map<std::string, std::string> take_torch_names(Safetensors& file);

}  // namespace boxwarp
