// The fused network's way forward on the emulator, and what it is held to.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "emulator/device_executor.hpp"
#include "emulator/memory.hpp"
#include "emulator/schedule.hpp"
#include "kernels/net/fused_ops.cuh"
#include "tests/host/cpu/net_case.hpp"
#include "tests/kernels/bf16_checks.hpp"

namespace boxwarp::test {

using emulator::Buffer;

// A network's block of memory, and the arrays of one unroll on the device.
class FusedRun {
 public:
  FusedRun(const NetCase& net, const emulator::Schedule& schedule, bool keeps, Precision precision = Precision::bf16)
      : net_(net),
        shape_(fused_shape(net.shape, precision)),
        keeps_(keeps),
        executor_(schedule),
        block_(bytes(net), "memory") {
    block_.fill(std::byte{0});
    MemoryBlock memory(block_.data());
    memory_ = take_memory(shape_, limits(net), net.steps, memory);
    // What must be written before it is read is no number at first.
    auto* const begin = reinterpret_cast<std::byte*>(memory_.weights.table);
    const auto size = static_cast<std::size_t>(reinterpret_cast<std::byte*>(memory_.passing.first) - begin);
    std::memset(static_cast<void*>(begin), 0xff, size);
    emulator::written_by_host(begin, size);
    emulated::pack_weights(executor_, shape_, parameters_.data(), memory_.weights);
  }

  // Steps from first on, from the state that is there.
  void forward(int first, int steps) {
    const auto rows = static_cast<std::size_t>(first * net_.boards);
    const UnrollView unroll{.steps = steps,
                            .boards = net_.boards,
                            .cells = cells_.data() + rows * static_cast<std::size_t>(shape_.cells()),
                            .episode_starts = starts_.data() + rows,
                            .h_start = h_.data(),
                            .c_start = c_.data(),
                            .logits = nullptr,
                            .values = nullptr,
                            .h_end = h_.data(),
                            .c_end = c_.data()};
    const FusedActivations& activations = keeps_ ? memory_.kept : memory_.passing;
    emulated::encode(executor_, shape_, memory_.weights, unroll, memory_.scratch, activations);
    emulated::conv_lstm_forward(executor_, shape_, memory_.weights, unroll, memory_.scratch, activations);
  }

  const FusedShape& shape() const { return shape_; }
  const FusedActivations& kept() const { return memory_.kept; }
  const FusedWeights& weights() const { return memory_.weights; }
  std::vector<float> h() const { return h_.values(); }
  std::vector<float> c() const { return c_.values(); }
  // (T, B, F)
  std::vector<float> features(int steps) const {
    const Bf16* from = (keeps_ ? memory_.kept : memory_.passing).features;
    std::vector<float> all;
    for (std::size_t i = 0; i < ActivationIndex{shape_, net_.boards}.features(steps, 0); ++i)
      all.push_back(to_float(from[i]));
    return all;
  }

 private:
  static NetLimits limits(const NetCase& net) { return {net.boards, net.steps, net.boards, net.steps}; }
  static std::size_t bytes(const NetCase& net) {
    MemoryBlock count(nullptr);
    take_memory(fused_shape(net.shape), limits(net), net.steps, count);
    return count.used();
  }

  const NetCase& net_;
  FusedShape shape_;
  bool keeps_;
  emulated::DeviceExecutor executor_;
  Buffer<std::byte> block_;
  FusedMemory memory_;
  Buffer<float> parameters_{net_.parameters, "parameters"}, h_{net_.h_start, "h"}, c_{net_.c_start, "c"};
  Buffer<std::uint8_t> cells_{net_.cells, "cells"}, starts_{net_.starts, "starts"};
};

// States and features of a whole unroll equal the oracle's.
inline void expect_oracle(const NetCase& net, const emulator::Schedule& schedule, Precision precision = Precision::bf16) {
  FusedRun run(net, schedule, false, precision);
  run.forward(0, net.steps);
  const OracleInputs inputs = oracle_inputs(net);
  const OracleResult expected = run_oracle(net, inputs);
  EXPECT_TRUE(all_near(run.h(), expected.h_end, kBf16Bound));
  EXPECT_TRUE(all_near(run.c(), expected.c_end, 2 * kBf16Bound)) << "c is what h is before its tanh, up to two";

  // Features are seen through the oracle's own head.
  const std::vector<float> features = run.features(net.steps);
  const auto F = static_cast<std::size_t>(run.shape().features());
  std::vector<float> values;
  for (std::size_t row = 0; row < features.size() / F; ++row) {
    oracle::Tensor z(features.begin() + static_cast<std::ptrdiff_t>(row * F),
                     features.begin() + static_cast<std::ptrdiff_t>((row + 1) * F));
    const std::string name = "mlp_extractor.policy_net.fc0.";
    oracle::Tensor units = oracle::dense(z, inputs.parameters.at(name + "weight"), inputs.parameters.at(name + "bias"));
    for (double& unit : units) unit = std::max(unit, 0.0);
    values.push_back(static_cast<float>(
        oracle::dense(units, inputs.parameters.at("value_net.weight"), inputs.parameters.at("value_net.bias")).front()));
  }
  EXPECT_TRUE(all_near(values, expected.values, kBf16Bound));
}

}  // namespace boxwarp::test
