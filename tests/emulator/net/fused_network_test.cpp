// The fused network behind the contract of net.hpp: what it covers, outputs and gradients against the oracle in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "emulator/device_executor.hpp"
#include "emulator/memory.hpp"
#include "emulator/net/fused_run.hpp"
#include "emulator/ops.hpp"
#include "emulator/schedule.hpp"
#include "tests/host/cpu/net_case.hpp"

namespace boxwarp {
namespace test {
namespace {

// Runs one unroll on the emulator, forward and back.
NetResult run_fused(const NetCase& net, const NetMode& mode, const emulator::Schedule& schedule) {
  emulated::DeviceExecutor executor(schedule);
  const NetLimits limits{net.boards, net.steps, net.boards, net.steps};
  Buffer<std::byte> block(emulated::net_ops().memory_bytes(net.shape, limits, mode), "memory");
  block.fill(std::byte{0});
  const auto network = emulated::net_ops().create(executor, net.shape, limits, mode, block.data());
  Buffer<float> parameters(net.parameters, "parameters"), h(net.h_start, "h"), c(net.c_start, "c");
  Buffer<std::uint8_t> cells(net.cells, "cells"), starts(net.starts, "starts");
  Buffer<float> grad_logits(net.grad_logits, "grad_logits"), grad_values(net.grad_values, "grad_values");
  Buffer<float> logits(net.grad_logits.size(), "logits"), values(net.grad_values.size(), "values");
  Buffer<float> h_end(net.h_start.size(), "h_end"), c_end(net.c_start.size(), "c_end");
  Buffer<float> grad_parameters(net.parameters.size(), "grad_parameters");
  Buffer<float> grad_h(net.h_start.size(), "grad_h"), grad_c(net.c_start.size(), "grad_c");
  const UnrollView unroll{.steps = net.steps,
                          .boards = net.boards,
                          .cells = cells.data(),
                          .episode_starts = starts.data(),
                          .h_start = h.data(),
                          .c_start = c.data(),
                          .logits = logits.data(),
                          .values = values.data(),
                          .h_end = h_end.data(),
                          .c_end = c_end.data()};
  network->load(parameters.data());
  network->forward(unroll, true);
  network->backward(unroll, {.grad_logits = grad_logits.data(),
                             .grad_values = grad_values.data(),
                             .grad_parameters = grad_parameters.data(),
                             .grad_h_start = grad_h.data(),
                             .grad_c_start = grad_c.data()});
  return {logits.values(),          values.values(), h_end.values(), c_end.values(),
          grad_parameters.values(), grad_h.values(), grad_c.values()};
}

// The oracle's loss rises along a gradient by the gradient's length. Its slope is taken from both sides, 0.001 away.
void expect_slope(const NetCase& net, OracleInputs inputs, std::vector<double> OracleInputs::*states,
                  const std::string& name, const float* grad) {
  std::vector<double>& numbers = states != nullptr ? inputs.*states : inputs.parameters.at(name);
  const std::vector<double> before = numbers;
  double length = 0;
  for (std::size_t i = 0; i < before.size(); ++i) length += static_cast<double>(grad[i]) * static_cast<double>(grad[i]);
  length = std::sqrt(length);
  const auto loss = [&](double distance) {
    for (std::size_t i = 0; i < before.size(); ++i)
      numbers[i] = before[i] + distance * static_cast<double>(grad[i]) / length;
    return run_oracle(net, inputs).loss;
  };
  const double step = 1e-3, slope = (loss(step) - loss(-step)) / (2 * step);
  EXPECT_GT(length, 0) << name;
  EXPECT_NEAR(length / slope, 1, kGradientShare) << name;
}

void expect_oracle_and_slopes(const NetShape& shape, const NetMode& mode) {
  const NetCase net = random_case(shape, 2, 2, 21);
  const NetResult found = run_fused(net, mode, emulator::every_schedule().back());
  const OracleInputs inputs = oracle_inputs(net);
  const OracleResult oracle = run_oracle(net, inputs);
  EXPECT_TRUE(all_near(found.logits, oracle.logits, kBound));
  EXPECT_TRUE(all_near(found.values, oracle.values, kBound));
  EXPECT_TRUE(all_near(found.h_end, oracle.h_end, kBound));
  EXPECT_TRUE(all_near(found.c_end, oracle.c_end, 2 * kBound));
  for (const ParameterTensor& tensor : parameter_tensors(net.shape))
    expect_slope(net, inputs, nullptr, tensor.name, found.grad_parameters.data() + tensor.offset);
  expect_slope(net, inputs, &OracleInputs::h_start, "h_start", found.grad_h_start.data());
  expect_slope(net, inputs, &OracleInputs::c_start, "c_start", found.grad_c_start.data());
}

constexpr NetShape kSmall{.layers = 2, .ticks = 2, .channels = 16, .height = 4, .width = 3, .hidden = 16};

TEST(FusedNetwork, OutputsAreTheOraclesAndGradientsItsSlopes) { expect_oracle_and_slopes(kSmall, {}); }

// Guez's output gate, and two stretches of one step.
TEST(FusedNetwork, SoTheyAreWithASigmoidWhereActivationsAreComputedAgain) {
  NetShape shape = kSmall;
  shape.output_gate = OutputGate::sigmoid;
  expect_oracle_and_slopes(shape, {.recompute = true});
}

// Stretches of 2, 2, 2 and 1 step. All that is summed over time in its order, or not at all, is the same bit for bit. The
// other weights' gradients are sums of 7 steps x 2 boards x 12 cells = 168 products in two orders: as many roundings of
// 2^-24 each of partial sums that the tensor's largest element stands for.
TEST(FusedNetwork, ComputingActivationsAgainChangesNothingButTheOrderOfSums) {
  NetShape shape = kSmall;
  shape.ticks = 1;
  NetCase net = random_case(shape, 7, 2, 23);
  net.starts = {1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0};
  const emulator::Schedule schedule = emulator::every_schedule().back();
  const NetResult kept = run_fused(net, {}, schedule), again = run_fused(net, {.recompute = true}, schedule);
  EXPECT_EQ(kept.logits, again.logits);
  EXPECT_EQ(kept.values, again.values);
  EXPECT_EQ(kept.h_end, again.h_end);
  EXPECT_EQ(kept.c_end, again.c_end);
  EXPECT_EQ(kept.grad_h_start, again.grad_h_start);
  EXPECT_EQ(kept.grad_c_start, again.grad_c_start);
  for (const ParameterTensor& tensor : parameter_tensors(shape)) {
    const bool convolution = tensor.shape.size() == 4, bias = tensor.name.ends_with("conv_ih.bias");
    const bool reordered = convolution || bias || tensor.name == "features_extractor.pre_model.0.bias";
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

// DRC(3, 3) at the published 20 steps and one more for the bootstrap: a fifth.
TEST(FusedNetwork, ComputingActivationsAgainTakesAFractionOfTheMemory) {
  const NetLimits limits{.forward_boards = 1, .forward_steps = 1, .training_boards = 1024, .training_steps = 21};
  const auto bytes = [&](bool recompute) { return emulated::net_ops().memory_bytes({}, limits, {.recompute = recompute}); };
  EXPECT_LT(bytes(true), bytes(false) / 5);
  EXPECT_GT(bytes(true), bytes(false) / 10) << "states before each stretch must be somewhere";
}

TEST(FusedNetwork, CoversThePublishedNetworkAndSaysSo) {
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
}

}  // namespace
}  // namespace test
}  // namespace boxwarp
