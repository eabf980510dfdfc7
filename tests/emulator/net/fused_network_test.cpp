// The fused network behind the contract of net.hpp: what it covers, outputs and gradients against the oracle in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "emulator/device_executor.hpp"
#include "emulator/emulator_memory.hpp"
#include "emulator/ops.hpp"
#include "emulator/schedule.hpp"
#include "kernels/fault.hpp"
#include "tests/kernels/bf16_checks.hpp"

namespace boxwarp {
namespace test {
namespace {

class FusedNetwork : public testing::Test {
 protected:
  emulator::Buffer<FaultWord> fault_{{kNoFault}, "fault"};
  emulated::DeviceExecutor executor_{emulator::every_schedule().back(), fault_.data()};
  NetChecks<EmulatorMemory> checks_{emulated::net_ops(), executor_};
};

constexpr NetShape kSmall{.layers = 2, .ticks = 2, .channels = 16, .height = 4, .width = 3, .hidden = 16};

TEST_F(FusedNetwork, OutputsAreTheOraclesAndGradientsTheProcessors) { expect_bf16_drc(checks_, kSmall, {}, 2, 2, 21); }

// Guez's output gate, and two stretches of one step.
TEST_F(FusedNetwork, SoTheyAreWithASigmoidWhereActivationsAreComputedAgain) {
  NetShape shape = kSmall;
  shape.output_gate = OutputGate::sigmoid;
  expect_bf16_drc(checks_, shape, {.recompute = true}, 2, 2, 21);
}

// Every product by warpgroups that there is. More of it: plain/fused_network_test.cpp.
TEST_F(FusedNetwork, SoTheyAreByWarpgroups) {
  NetShape shape = kSmall;
  shape.channels = 32;
  shape.ticks = 1;
  expect_bf16_drc(checks_, shape, {.precision = Precision::bf16_wgmma}, 1, 1, 21);
}

// Stretches of 2, 2, 2 and 1 step. All that is summed over time in its order, or not at all, is the same bit for bit. The
// other weights' gradients are sums of 7 steps x 2 boards x 12 cells = 168 products in two orders: as many roundings of
// 2^-24 each of partial sums that the tensor's largest element stands for.
TEST_F(FusedNetwork, ComputingActivationsAgainChangesNothingButTheOrderOfSums) {
  NetShape shape = kSmall;
  shape.ticks = 1;
  NetCase net = random_case(shape, 7, 2, 23);
  net.starts = {1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0};
  const NetResult kept = checks_.run(net, Direction::forward_and_backward, {}),
                  again = checks_.run(net, Direction::forward_and_backward, {.recompute = true});
  EXPECT_EQ(kept.logits, again.logits);
  EXPECT_EQ(kept.values, again.values);
  EXPECT_EQ(kept.h_end, again.h_end);
  EXPECT_EQ(kept.c_end, again.c_end);
  EXPECT_EQ(kept.grad_h_start, again.grad_h_start);
  EXPECT_EQ(kept.grad_c_start, again.grad_c_start);
  for (const ParameterTensor& tensor : parameter_tensors(shape)) {
    const bool convolution = tensor.shape.size() == 4, bias = tensor.name.ends_with("conv_ih.bias");
    const bool encoder = tensor.name.starts_with("features_extractor.pre_model");
    const bool reordered = convolution || bias || encoder;
    const float *a = kept.grad_parameters.data() + tensor.offset, *b = again.grad_parameters.data() + tensor.offset;
    float largest = 0, worst = 0;
    for (std::size_t i = 0; i < tensor.size; ++i) {
      largest = std::max(largest, std::abs(a[i]));
      worst = std::max(worst, std::abs(a[i] - b[i]));
      ASSERT_TRUE(std::isfinite(b[i])) << tensor.name;
    }
    EXPECT_GT(largest, 0) << tensor.name;
    EXPECT_LE(worst, reordered ? 2 * 168 * std::ldexp(largest, -24) : 0) << tensor.name << ", largest " << largest;
  }
}

// What is no cell code is told, with the first board that has one, and looks like the outside of the board.
TEST_F(FusedNetwork, ReportsWhatIsNoCellCodeAndSeesNothingThere) {
  NetCase net = random_case(kSmall, 1, 4, 29);
  const NetResult good = checks_.run(net, Direction::forward, {});
  EXPECT_EQ(fault_.values()[0], kNoFault);
  const auto bad_run = [&](std::uint8_t code) {
    for (const std::size_t board : {2, 3}) net.cells[board * 12 + 5] = code;
    const NetResult result = checks_.run(net, Direction::forward, {});
    const Fault fault = unpacked(fault_.values()[0]);
    EXPECT_EQ(fault.kind, FaultKind::bad_cell);
    EXPECT_EQ(fault.environment, 2u);
    EXPECT_EQ(fault.value, code);
    fault_.fill(kNoFault);
    return result;
  };
  const NetResult bad = bad_run(kCellCodes);
  EXPECT_TRUE(bad == bad_run(255));
  const auto A = static_cast<std::ptrdiff_t>(kSmall.actions);
  EXPECT_TRUE(std::equal(good.logits.begin(), good.logits.begin() + 2 * A, bad.logits.begin())) << "boards 0 and 1";
  EXPECT_FALSE(std::equal(good.logits.begin() + 2 * A, good.logits.begin() + 3 * A, bad.logits.begin() + 2 * A));
}

// So that a loss shows that something went wrong.
TEST_F(FusedNetwork, KeepsANumberThatIsNone) {
  NetCase net = random_case(kSmall, 1, 2, 31);
  for (const ParameterTensor& tensor : parameter_tensors(kSmall))
    if (tensor.name == "mlp_extractor.policy_net.fc0.bias") net.parameters[tensor.offset + 3] = std::nanf("");
  const NetResult result = checks_.run(net, Direction::forward, {});
  for (const std::vector<float>& outputs : {result.logits, result.values})
    for (const float output : outputs) EXPECT_TRUE(std::isnan(output));
}

// DRC(3, 3) at the published 20 steps and one more for the bootstrap: a fifth.
TEST_F(FusedNetwork, ComputingActivationsAgainTakesAFractionOfTheMemory) {
  const NetLimits limits{.forward_boards = 1, .forward_steps = 1, .training_boards = 1024, .training_steps = 21};
  const auto bytes = [&](bool recompute) { return emulated::net_ops().memory_bytes({}, limits, {.recompute = recompute}); };
  EXPECT_LT(bytes(true), bytes(false) / 5);
  EXPECT_GT(bytes(true), bytes(false) / 10) << "states before each stretch must be somewhere";
}

TEST_F(FusedNetwork, CoversThePublishedNetworkAndSaysSo) {
  const auto fused = [](const NetShape& shape, const NetMode& mode = {}) {
    return std::string(emulated::net_ops().kernels(shape, mode)).find("fused") != std::string::npos;
  };
  EXPECT_TRUE(fused({}));
  EXPECT_TRUE(fused({.layers = 1, .ticks = 5, .channels = 64, .height = 7, .width = 8}));
  EXPECT_TRUE(fused({.channels = 16, .encoder_kernel = 3, .input = NetInput::planes}));
  EXPECT_FALSE(fused({}, {.precision = Precision::float32}));
  EXPECT_TRUE(fused({}, {.recompute = true}));
  EXPECT_FALSE(fused({.channels = 48}));
  EXPECT_FALSE(fused({.height = 16, .width = 16})) << "more cells than seven m-tiles have rows";
  EXPECT_FALSE(fused({.layers = 12})) << "more shared memory than every device has";
  EXPECT_TRUE(fused({.output_gate = OutputGate::sigmoid}));
  EXPECT_FALSE(fused({.pooling = Pooling::none}));
  EXPECT_FALSE(fused(kGuezResNet));
  EXPECT_TRUE(fused({}, {.precision = Precision::bf16_wgmma}));
}

TEST_F(FusedNetwork, SaysWhereWarpgroupsMultiply) {
  const auto kernels = [](const NetShape& shape) {
    return std::string(emulated::net_ops().kernels(shape, {.precision = Precision::bf16_wgmma}));
  };
  EXPECT_EQ(kernels({}), "bf16 tensor cores, fused, wgmma");
  EXPECT_EQ(kernels({.channels = 64}), "bf16 tensor cores, fused, wgmma");
  EXPECT_EQ(kernels({.channels = 16}), "bf16 tensor cores, fused") << "four gates of 16 channels are not two times 64";
  EXPECT_EQ(kernels({.channels = 48}), "bf16 tensor cores, layer by layer");
}

}  // namespace
}  // namespace test
}  // namespace boxwarp
