// The network's operations on a device: which kernels compute a shape, and what is asked for held against what the network
// was made for before it is launched.
#include <optional>
#include <stdexcept>
#include <string>

#include "kernels/net/fused_network.cuh"
#include "kernels/net/net.hpp"
#include "kernels/net/plain_body.cuh"

namespace boxwarp::DEVICE {

namespace {

struct UnrollSize {
  int boards, steps;

  bool operator==(const UnrollSize&) const = default;
  std::string text() const { return std::to_string(boards) + " boards x " + std::to_string(steps) + " steps"; }
};

void check(const NetShape& shape, const NetLimits& limits) {
  std::string mistakes;
  for (const std::string& mistake : mistakes_in(shape)) mistakes += (mistakes.empty() ? "" : "; ") + mistake;
  const auto demand_count = [&mistakes](int limit, const char* name) {
    if (limit < 0)
      mistakes +=
          (mistakes.empty() ? "" : "; ") + std::string(name) + " must not be negative, found " + std::to_string(limit);
  };
  demand_count(limits.forward_boards, "forward_boards");
  demand_count(limits.forward_steps, "forward_steps");
  demand_count(limits.training_boards, "training_boards");
  demand_count(limits.training_steps, "training_steps");
  if (!mistakes.empty()) throw std::invalid_argument("network: " + mistakes);
}

std::unique_ptr<plain::Body> body_of(MemoryBlock& block, const NetShape& shape, const NetLimits& limits,
                                     const NetMode& mode) {
  if (fused_covers(shape, mode)) return create_fused(block, shape, limits, mode);
  const auto create = shape.kind == NetKind::drc ? plain::create_drc : plain::create_resnet;
  NetMode plain = mode;
  if (plain.precision == Precision::bf16_wgmma) plain.precision = Precision::bf16;
  return create(block, shape, limits, plain);
}

class DeviceNetwork : public Network {
 public:
  DeviceNetwork(Executor& executor, const NetShape& shape, const NetLimits& limits, const NetMode& mode, MemoryBlock block)
      : executor_(executor), limits_(limits), body_(body_of(block, shape, limits, mode)), bytes_(block.used()) {}

  void load(const float* parameters) override {
    body_->load(executor_, parameters);
    loaded_ = true;
  }

  void forward(const UnrollView& unroll, bool keep_activations) override {
    if (!loaded_) throw std::logic_error("network: forward before the first load");
    const UnrollSize size{unroll.boards, unroll.steps};
    const UnrollSize most = keep_activations ? UnrollSize{limits_.training_boards, limits_.training_steps}
                                             : UnrollSize{limits_.forward_boards, limits_.forward_steps};
    if (size.boards < 1 || size.boards > most.boards || size.steps < 1 || size.steps > most.steps)
      throw std::invalid_argument("network: " + size.text() + ", made for at most " + most.text());
    if (keep_activations) kept_.reset();
    body_->forward(executor_, unroll, keep_activations);
    if (keep_activations) kept_ = size;
  }

  void backward(const UnrollView& unroll, const UnrollGradientView& gradient) override {
    const UnrollSize size{unroll.boards, unroll.steps};
    if (kept_ != size) {
      throw std::logic_error("network: backward of " + size.text() +
                             " without a forward of that size that kept its activations");
    }
    if (gradient.grad_h_end != nullptr || gradient.grad_c_end != nullptr)
      throw std::invalid_argument("network: gradients of the state after an unroll are taken by processors only");
    kept_.reset();
    body_->backward(executor_, unroll, gradient);
  }

  std::size_t memory_bytes() const override { return bytes_; }

 private:
  Executor& executor_;
  NetLimits limits_;
  std::unique_ptr<plain::Body> body_;
  std::size_t bytes_;
  bool loaded_ = false;
  std::optional<UnrollSize> kept_;  // what the last forward kept and no backward has used up
};

const char* kernels(const NetShape& shape, const NetMode& mode) {
  if (mode.precision == Precision::float32) return "float32, plain kernels";
  if (!fused_covers(shape, mode)) return "bf16 tensor cores, layer by layer";
  return warpgroups_multiply(shape, mode) ? "bf16 tensor cores, fused, wgmma" : "bf16 tensor cores, fused";
}

std::size_t network_bytes(const NetShape& shape, const NetLimits& limits, const NetMode& mode) {
  check(shape, limits);
  MemoryBlock block(nullptr);
  body_of(block, shape, limits, mode);
  return block.used();
}

std::unique_ptr<Network> create_network(Executor& executor, const NetShape& shape, const NetLimits& limits,
                                        const NetMode& mode, void* memory) {
  check(shape, limits);
  if (warpgroups_multiply(shape, mode) && !device_limits(executor).warpgroups)
    throw DeviceError(
        "network: precision bf16-wgmma takes a GPU of compute capability 9.0 (H100, H200) and a program built for 90a "
        "(CMAKE_CUDA_ARCHITECTURES); bf16 runs on every GPU");
  return std::make_unique<DeviceNetwork>(executor, shape, limits, mode, MemoryBlock(memory));
}

}  // namespace

const NetOps& net_ops() {
  static constexpr NetOps ops{kernels, network_bytes, create_network};
  return ops;
}

}  // namespace boxwarp::DEVICE
