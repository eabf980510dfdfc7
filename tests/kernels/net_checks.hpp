// What a device's network is held to, wherever it runs: the oracle's outputs in double, and the gradients of the processor's
// network, which its own tests hold to the oracle's differences.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/host/cpu/net_case.hpp"

namespace boxwarp::test {

// Float32 on both sides. Outputs: about 30 rounded operations follow each other from an input to a logit in each tick.
// Gradients: sums over all cells, ticks and steps, so what is held against each other is relative to the largest element of
// a tensor.
inline constexpr double kNetOutputBound = 1e-5;
inline constexpr double kNetGradientShare = 4e-5;

inline double largest_of(const std::vector<float>& values) {
  double largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(static_cast<double>(value)));
  return largest;
}

inline std::vector<float> tensor_of(const std::vector<float>& parameters, const ParameterTensor& tensor) {
  const auto begin = parameters.begin() + static_cast<std::ptrdiff_t>(tensor.offset);
  return {begin, begin + static_cast<std::ptrdiff_t>(tensor.size)};
}

// Small shapes that together have every value of every option.
inline std::vector<NetShape> every_option() {
  const NetShape small{1, 1, 16, 3, 3, 4, 6, 3, NetInput::planes};
  NetShape guez = small;  // as Guez et al. had it
  guez.output_gate = OutputGate::sigmoid;
  guez.boundary = Boundary::rim;
  guez.pooling = Pooling::full;
  guez.skip = Skip::concatenation;
  NetShape bare = small;
  bare.boundary = Boundary::none;
  bare.pooling = Pooling::none;
  bare.skip = Skip::none;
  bare.head = NetHead::pooled;
  NetShape mixed = guez;
  mixed.pooling = Pooling::none;
  mixed.head = NetHead::pooled;
  NetShape resnet = small;
  resnet.kind = NetKind::resnet;
  resnet.layers = 3;  // the third has twice the channels
  return {guez, bare, mixed, resnet};
}

inline std::string option_text(const NetShape& shape) {
  const auto number = [](auto option) { return std::to_string(static_cast<int>(option)); };
  return "kind " + number(shape.kind) + ", output gate " + number(shape.output_gate) + ", boundary " +
         number(shape.boundary) + ", pooling " + number(shape.pooling) + ", skip " + number(shape.skip) + ", head " +
         number(shape.head);
}

// Memory: as in env_arrays.hpp.
template <class Memory>
class NetChecks {
 public:
  // executor: where ops run.
  NetChecks(const NetOps& ops, Executor& executor) : ops_(ops), executor_(executor) {}

  // A case in the device's memory, and a network for it.
  class OnDevice {
   public:
    OnDevice(const NetOps& ops, Executor& executor, const NetCase& net, const NetLimits& limits, const NetMode& mode)
        : net_(net),
          parameters_(net.parameters.size(), "parameters"),
          cells_(net.cells.size(), "cells"),
          starts_(net.starts.size(), "episode starts"),
          h_start_(net.h_start.size(), "h"),
          c_start_(net.c_start.size(), "c"),
          grad_logits_(net.grad_logits.size(), "grad logits"),
          grad_values_(net.grad_values.size(), "grad values"),
          logits_(net.grad_logits.size(), "logits"),
          values_(net.grad_values.size(), "values"),
          h_end_(net.h_start.size(), "h after"),
          c_end_(net.c_start.size(), "c after"),
          grad_parameters_(net.parameters.size(), "grad parameters"),
          grad_h_start_(net.h_start.size(), "grad h"),
          grad_c_start_(net.c_start.size(), "grad c"),
          memory_(ops.memory_bytes(net.shape, limits, mode), "network"),
          zeroed_(cleared(memory_)),
          network_(ops.create(executor, net.shape, limits, mode, memory_.data())) {
      EXPECT_EQ(network_->memory_bytes(), ops.memory_bytes(net.shape, limits, mode));
      parameters_.copy_from(net.parameters);
      cells_.copy_from(net.cells);
      starts_.copy_from(net.starts);
      h_start_.copy_from(net.h_start);
      c_start_.copy_from(net.c_start);
      grad_logits_.copy_from(net.grad_logits);
      grad_values_.copy_from(net.grad_values);
    }

    Network& network() { return *network_; }
    void load() { network_->load(parameters_.data()); }
    UnrollView unroll() {
      return {.steps = net_.steps,
              .boards = net_.boards,
              .cells = cells_.data(),
              .episode_starts = starts_.data(),
              .h_start = h_start_.data(),
              .c_start = c_start_.data(),
              .logits = logits_.data(),
              .values = values_.data(),
              .h_end = h_end_.data(),
              .c_end = c_end_.data()};
    }
    UnrollGradientView gradient() {
      return {.grad_logits = grad_logits_.data(),
              .grad_values = grad_values_.data(),
              .grad_parameters = grad_parameters_.data(),
              .grad_h_start = grad_h_start_.data(),
              .grad_c_start = grad_c_start_.data()};
    }
    std::vector<float> h_start() const { return h_start_.values(); }
    std::vector<float> grad_parameters() const { return grad_parameters_.values(); }
    // The outputs of a forward; with backward the gradients too.
    NetResult result(Direction direction) const {
      NetResult result{logits_.values(), values_.values(), h_end_.values(), c_end_.values(), {}, {}, {}};
      if (direction == Direction::forward) return result;
      result.grad_parameters = grad_parameters_.values();
      result.grad_h_start = grad_h_start_.values();
      result.grad_c_start = grad_c_start_.values();
      return result;
    }

   private:
    template <class T>
    using Buffer = typename Memory::template Buffer<T>;

    static bool cleared(Buffer<std::byte>& memory) {
      memory.fill(std::byte{0});
      return true;
    }

    const NetCase& net_;
    Buffer<float> parameters_;
    Buffer<std::uint8_t> cells_, starts_;
    Buffer<float> h_start_, c_start_, grad_logits_, grad_values_;
    Buffer<float> logits_, values_, h_end_, c_end_, grad_parameters_, grad_h_start_, grad_c_start_;
    Buffer<std::byte> memory_;
    bool zeroed_;  // before the network is made
    std::unique_ptr<Network> network_;
  };

  OnDevice on_device(const NetCase& net, const NetLimits& limits, const NetMode& mode = kMode) {
    return {ops_, executor_, net, limits, mode};
  }

  NetResult run(const NetCase& net, Direction direction, const NetMode& mode = kMode) {
    const bool backward = direction == Direction::forward_and_backward;
    OnDevice device = on_device(net,
                                {.forward_boards = backward ? 0 : net.boards,
                                 .forward_steps = net.steps,
                                 .training_boards = backward ? net.boards : 0,
                                 .training_steps = net.steps},
                                mode);
    device.load();
    device.network().forward(device.unroll(), backward);
    if (backward) device.network().backward(device.unroll(), device.gradient());
    return device.result(direction);
  }

  static void expect_outputs(const NetResult& found, const OracleResult& expected) {
    EXPECT_TRUE(all_near(found.logits, expected.logits, kNetOutputBound)) << "logits";
    EXPECT_TRUE(all_near(found.values, expected.values, kNetOutputBound)) << "values";
    EXPECT_TRUE(all_near(found.h_end, expected.h_end, kNetOutputBound)) << "h";
    EXPECT_TRUE(all_near(found.c_end, expected.c_end, kNetOutputBound)) << "c";
  }

  // Every element of every gradient.
  static void expect_gradients(const NetShape& shape, const NetResult& found, const NetResult& expected) {
    const auto expect = [](const std::string& name, const std::vector<float>& is, const std::vector<float>& should_be) {
      EXPECT_GT(largest_of(should_be), 0.0) << name;
      EXPECT_TRUE(all_near(is, should_be, kNetGradientShare * largest_of(should_be))) << name;
    };
    for (const ParameterTensor& tensor : parameter_tensors(shape))
      expect(tensor.name, tensor_of(found.grad_parameters, tensor), tensor_of(expected.grad_parameters, tensor));
    if (state_layers(shape) == 0) return;
    expect("h_start", found.grad_h_start, expected.grad_h_start);
    expect("c_start", found.grad_c_start, expected.grad_c_start);
  }

  // Along a direction of random signs, which every element of a tensor takes part in, the gradient is the oracle's slope.
  static void expect_slopes(const NetCase& net, const NetResult& found) {
    OracleInputs inputs = oracle_inputs(net);
    std::mt19937 random(7);
    const auto expect = [&](const std::string& name, std::vector<double>& values, const std::vector<float>& gradient) {
      constexpr double kStep = 1e-8;  // small: a ReLU bends where it is crossed
      const std::vector<double> before = values;
      std::vector<double> signs(values.size());
      double slope = 0;
      for (std::size_t i = 0; i < signs.size(); ++i) {
        signs[i] = random() % 2 == 0 ? 1.0 : -1.0;
        slope += signs[i] * static_cast<double>(gradient[i]);
      }
      double loss[2];
      for (const int side : {0, 1}) {
        const double step = side == 0 ? kStep : -kStep;
        for (std::size_t i = 0; i < signs.size(); ++i) values[i] = before[i] + step * signs[i];
        loss[side] = run_oracle(net, inputs).loss;
      }
      values = before;
      EXPECT_GT(largest_of(gradient), 0.0) << name;
      EXPECT_NEAR(slope, (loss[0] - loss[1]) / (2 * kStep),
                  kNetGradientShare * largest_of(gradient) * std::sqrt(static_cast<double>(signs.size())) + 1e-7)
          << name;
    };
    for (const ParameterTensor& tensor : parameter_tensors(net.shape))
      expect(tensor.name, inputs.parameters[tensor.name], tensor_of(found.grad_parameters, tensor));
    if (state_layers(net.shape) == 0) return;
    expect("h_start", inputs.h_start, found.grad_h_start);
    expect("c_start", inputs.c_start, found.grad_c_start);
  }

  static NetCase random_case_with_state(const NetShape& shape, int steps, int boards, unsigned seed) {
    NetCase net = random_case(shape, steps, boards, seed);
    net.starts[0] = 0;  // so that some state before the first step has a gradient
    return net;
  }

  // Outputs as the oracle's, and the same bits by each way to them. Returns what forward and backward give.
  NetResult run_every_way(const NetCase& net) {
    const NetResult result = run(net, Direction::forward_and_backward);
    expect_outputs(result, run_oracle(net, oracle_inputs(net)));
    EXPECT_TRUE(run(net, Direction::forward_and_backward, {Precision::float32, true}) == result) << "computed again";
    NetResult outputs = result;
    outputs.grad_parameters.clear();
    outputs.grad_h_start.clear();
    outputs.grad_c_start.clear();
    EXPECT_TRUE(run(net, Direction::forward) == outputs) << "without activations";
    return result;
  }

  // Every gradient as the processor's.
  void equals_both(const NetShape& shape, int steps, int boards, unsigned seed) {
    SCOPED_TRACE(testing::Message() << "D " << shape.layers << ", K " << shape.ticks << ", C " << shape.channels << ", "
                                    << shape.height << 'x' << shape.width << ", T " << steps << ", B " << boards);
    const NetCase net = random_case_with_state(shape, steps, boards, seed);
    expect_gradients(shape, run_every_way(net), run_network(net, 1, Direction::forward_and_backward));
  }

 private:
  static constexpr NetMode kMode{.precision = Precision::float32};

  const NetOps& ops_;
  Executor& executor_;
};

}  // namespace boxwarp::test
