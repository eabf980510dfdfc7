#include "host/learner/weight_names.hpp"

#include <array>
#include <cstring>
#include <numeric>
#include <span>
#include <string_view>

namespace boxwarp {

namespace {

struct Pair {
  const char* flax;  // # stands for a number, the same on both sides
  const char* torch;
};

constexpr Pair kDrc[] = {{"network_params/conv_list_0", "features_extractor.pre_model.0"},
                         {"network_params/conv_list_1", "features_extractor.pre_model.2"},
                         {"network_params/cell_list_#/ih", "features_extractor.cell_list.#.conv_ih"},
                         {"network_params/cell_list_#/hh", "features_extractor.cell_list.#.conv_hh"},
                         {"network_params/cell_list_#/fence", "features_extractor.cell_list.#.fence_conv"},
                         {"network_params/cell_list_#/Dense_0", "features_extractor.cell_list.#.pool_project"},
                         {"network_params/dense_list_0", "mlp_extractor.policy_net.fc0"}};
constexpr Pair kResNet[] = {
    {"network_params/GuezConvSequence_#/Conv_0", "features_extractor.flatten.0.guez_conv_sequence_#.conv"},
    {"network_params/GuezConvSequence_#/GuezResidualBlock_0/Conv_0",
     "features_extractor.flatten.0.guez_conv_sequence_#.resnet0.conv"},
    {"network_params/GuezConvSequence_#/GuezResidualBlock_1/Conv_0",
     "features_extractor.flatten.0.guez_conv_sequence_#.resnet1.conv"},
    {"network_params/Dense_0", "mlp_extractor.policy_net.fc0"}};
constexpr Pair kHeads[] = {{"actor_params/Output", "action_net"}, {"critic_params/Output", "value_net"}};
constexpr Pair kProject = {"network_params/cell_list_#/project", "features_extractor.cell_list.#.pool_project"};
constexpr std::string_view kPrefix = "params/params/";

// What # stands for if the name is that of the pattern: the empty string where the pattern has none.
std::optional<std::string> matched(std::string_view name, std::string_view pattern) {
  const std::size_t mark = pattern.find('#');
  if (mark == std::string_view::npos) return name == pattern ? std::optional(std::string()) : std::nullopt;
  const std::string_view before = pattern.substr(0, mark), after = pattern.substr(mark + 1);
  if (name.size() <= before.size() + after.size() || !name.starts_with(before) || !name.ends_with(after)) {
    return std::nullopt;
  }
  const std::string_view number = name.substr(before.size(), name.size() - before.size() - after.size());
  if (number.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  return std::string(number);
}

std::string filled(std::string_view pattern, const std::string& number) {
  std::string name(pattern);
  const std::size_t mark = name.find('#');
  return mark == std::string::npos ? name : name.replace(mark, 1, number);
}

std::optional<std::string> translated(std::string_view name, std::string_view from, std::string_view to) {
  const std::optional<std::string> number = matched(name, from);
  return number ? std::optional(filled(to, *number)) : std::nullopt;
}

std::optional<std::string> flax_name_in(std::span<const Pair> pairs, const std::string& name) {
  for (const auto& [flax, torch] : pairs) {
    for (const auto& [flax_leaf, torch_leaf] : {Pair{"/kernel", ".weight"}, Pair{"/bias", ".bias"}}) {
      if (const auto found = translated(name, std::string(torch) + torch_leaf, std::string(flax) + flax_leaf)) return found;
    }
  }
  return std::nullopt;
}

std::optional<std::string> torch_name_in(std::span<const Pair> pairs, std::string_view name) {
  for (const auto& [flax, torch] : pairs) {
    for (const auto& [flax_leaf, torch_leaf] : {Pair{"/kernel", ".weight"}, Pair{"/bias", ".bias"}}) {
      if (const auto found = translated(name, std::string(flax) + flax_leaf, std::string(torch) + torch_leaf)) return found;
    }
  }
  return std::nullopt;
}

// The tensor with its dimensions in another order: dimension i of the result is dimension order[i] of the tensor.
template <std::size_t Rank>
StoredTensor permuted(const StoredTensor& tensor, const std::array<std::size_t, Rank>& order) {
  StoredTensor result{tensor.dtype, {}, std::vector<std::byte>(tensor.data.size())};
  std::array<std::size_t, Rank> strides{}, step{}, index{};
  std::size_t stride = 1;
  for (std::size_t i = Rank; i-- > 0;) {
    strides[i] = stride;
    stride *= static_cast<std::size_t>(tensor.shape[i]);
  }
  for (std::size_t i = 0; i < Rank; ++i) {
    result.shape.push_back(tensor.shape[order[i]]);
    step[i] = strides[order[i]];
  }
  for (std::size_t to = 0; to < tensor.data.size() / sizeof(float); ++to) {
    const std::size_t from = std::inner_product(index.begin(), index.end(), step.begin(), std::size_t{0});
    std::memcpy(result.data.data() + to * sizeof(float), tensor.data.data() + from * sizeof(float), sizeof(float));
    for (std::size_t i = Rank; i-- > 0;) {
      if (++index[i] < static_cast<std::size_t>(result.shape[i])) break;
      index[i] = 0;
    }
  }
  return result;
}

bool has_a_layout(const std::string& torch_name, const StoredTensor& tensor) {
  return tensor.dtype == "F32" && torch_name.ends_with(".weight");
}

}  // namespace

std::optional<std::string> flax_name(const std::string& torch_name, NetKind kind) {
  if (const auto project = translated(torch_name, kProject.torch, kProject.flax)) return project;
  if (const auto head = flax_name_in(kHeads, torch_name)) return head;
  return kind == NetKind::drc ? flax_name_in(kDrc, torch_name) : flax_name_in(kResNet, torch_name);
}

std::optional<std::string> torch_name(const std::string& flax_name) {
  std::string_view name = flax_name;
  if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
  if (const auto project = translated(name, kProject.flax, kProject.torch)) return project;
  for (const std::span<const Pair> pairs :
       {std::span<const Pair>(kHeads), std::span<const Pair>(kDrc), std::span<const Pair>(kResNet)}) {
    if (const auto found = torch_name_in(pairs, name)) return found;
  }
  return std::nullopt;
}

StoredTensor in_flax_layout(const std::string& torch_name, const StoredTensor& tensor) {
  if (!has_a_layout(torch_name, tensor)) return tensor;
  if (tensor.shape.size() == 4) return permuted<4>(tensor, {2, 3, 1, 0});
  return tensor.shape.size() == 2 ? permuted<2>(tensor, {1, 0}) : tensor;
}

StoredTensor in_torch_layout(const std::string& torch_name, const StoredTensor& tensor) {
  if (!has_a_layout(torch_name, tensor)) return tensor;
  if (tensor.shape.size() == 4) return permuted<4>(tensor, {3, 2, 0, 1});
  return tensor.shape.size() == 2 ? permuted<2>(tensor, {1, 0}) : tensor;
}

std::map<std::string, std::string> take_torch_names(Safetensors& file) {
  std::map<std::string, std::string> names;
  std::map<std::string, StoredTensor> tensors;
  for (auto& [name, tensor] : file.tensors) {
    const std::optional<std::string> torch = torch_name(name);
    if (torch && names.emplace(*torch, name).second) {
      tensors.emplace(*torch, in_torch_layout(*torch, tensor));
    } else {
      tensors.emplace(name, std::move(tensor));
    }
  }
  file.tensors = std::move(tensors);
  return names;
}

}  // namespace boxwarp
