#include <stdexcept>

#include <fmt/format.h>

#include "host/cpu/operations.hpp"
#include "host/cpu/resnet.hpp"
#include "host/cpu/sliced_network.hpp"
#include "host/cpu/unroll.hpp"

namespace boxwarp {

namespace {

// DRC as SlicedNetwork runs it.
struct Drc {
  using Weights = NetworkWeights;
  using Primitives = UnrollPrimitives;
  using Memory = UnrollMemory;
  using Gradients = UnrollGradients;

  static void forward(const Weights& weights, Primitives& primitives, Memory& memory, const UnrollView& unroll, int first) {
    unroll_forward({weights, primitives, memory, unroll, first});
  }
  static void backward(const Weights& weights, Primitives& primitives, Memory& memory, const UnrollView& unroll, int first,
                       Gradients& gradients, const UnrollGradientView& gradient, float* grad_parts) {
    unroll_backward({weights, primitives, memory, unroll, first}, gradients, gradient, grad_parts);
  }
  static void to_parameters(const Weights& weights, const float* grad_parts, float* grad_parameters) {
    regroup_gradient(weights.layout(), grad_parts, grad_parameters);
  }
  static void activations(const Weights& weights, Memory& memory, int all_boards, int first, const ActivationsView& view) {
    copy_activations(weights.shape(), memory, all_boards, first, view);
  }
};

void check_shape(const NetShape& shape, const NetLimits& limits) {
  const std::vector<std::string> mistakes = mistakes_in(shape);
  if (!mistakes.empty()) throw std::invalid_argument(fmt::format("network: {}", fmt::join(mistakes, "; ")));
  const auto demand = [](bool holds, std::string_view what, int found) {
    if (!holds) throw std::invalid_argument(fmt::format("network: {}, found {}", what, found));
  };
  demand(limits.forward_boards >= 0, "forward_boards must not be negative", limits.forward_boards);
  demand(limits.forward_steps >= 0, "forward_steps must not be negative", limits.forward_steps);
  demand(limits.training_boards >= 0, "training_boards must not be negative", limits.training_boards);
  demand(limits.training_steps >= 0, "training_steps must not be negative", limits.training_steps);
}

const char* kernels(const NetShape&, const NetMode&) { return "float32 by oneDNN"; }

// A network takes its own memory: scratch of oneDNN is known to its primitives only.
std::size_t no_memory(const NetShape&, const NetLimits&, const NetMode&) { return 0; }

std::unique_ptr<Network> create_network(Executor& executor, const NetShape& shape, const NetLimits& limits, const NetMode&,
                                        void*) {
  check_shape(shape, limits);
  auto& pool = dynamic_cast<ThreadPool&>(executor);
  if (shape.kind == NetKind::resnet) return std::make_unique<SlicedNetwork<ResNet>>(pool, shape, limits);
  return std::make_unique<SlicedNetwork<Drc>>(pool, shape, limits);
}

}  // namespace

const NetOps& cpu_net_ops() {
  static constexpr NetOps operations{.kernels = kernels, .memory_bytes = no_memory, .create = create_network};
  return operations;
}

}  // namespace boxwarp
