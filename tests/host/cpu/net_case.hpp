// A random network and a random unroll for the tests of the processor's network, and how both sides run it.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "host/cpu/operations.hpp"
#include "host/cpu/thread_pool.hpp"
#include "tests/oracle/drc.hpp"
#include "tests/oracle/resnet.hpp"

namespace boxwarp::test {

inline std::vector<float> random_floats(std::mt19937& random, std::size_t size, float scale) {
  std::vector<float> values(size);
  for (float& value : values) value = scale * (static_cast<float>(random() >> 8) / 8388608.0f - 1.0f);
  return values;
}

struct NetCase {
  NetShape shape;
  int steps, boards;
  std::vector<float> parameters, h_start, c_start, grad_logits, grad_values;
  std::vector<std::uint8_t> cells, starts;
};

inline std::size_t state_size(const NetShape& shape, int boards) {
  return static_cast<std::size_t>(state_layers(shape) * boards * shape.height * shape.width * shape.channels);
}

// Weights are uniform with the variance 1 / fan_in, as trained networks roughly have; about one start in four.
inline NetCase random_case(const NetShape& shape, int steps, int boards, unsigned seed) {
  std::mt19937 random(seed);
  NetCase net{shape, steps, boards, {}, {}, {}, {}, {}, {}, {}};
  for (const ParameterTensor& tensor : parameter_tensors(shape)) {
    const float fan_in =
        tensor.shape.size() == 1 ? 16.0f : static_cast<float>(tensor.size) / static_cast<float>(tensor.shape[0]);
    const std::vector<float> values = random_floats(random, tensor.size, std::sqrt(3.0f / fan_in));
    net.parameters.insert(net.parameters.end(), values.begin(), values.end());
  }
  const auto rows = static_cast<std::size_t>(steps * boards);
  net.h_start = random_floats(random, state_size(shape, boards), 0.9f);
  net.c_start = random_floats(random, state_size(shape, boards), 1.5f);
  net.grad_logits = random_floats(random, rows * static_cast<std::size_t>(shape.actions), 1.0f);
  net.grad_values = random_floats(random, rows, 1.0f);
  net.cells.resize(rows * static_cast<std::size_t>(shape.height * shape.width));
  for (std::uint8_t& cell : net.cells) cell = static_cast<std::uint8_t>(random() % 7);
  net.starts.resize(rows);
  for (std::uint8_t& start : net.starts) start = random() % 4 == 0 ? 1 : 0;
  return net;
}

struct NetResult {
  std::vector<float> logits, values, h_end, c_end, grad_parameters, grad_h_start, grad_c_start;

  bool operator==(const NetResult&) const = default;
};

enum class Direction { forward, forward_and_backward };

inline UnrollView view_of(const NetCase& net, NetResult& result) {
  const auto rows = static_cast<std::size_t>(net.steps * net.boards);
  result.logits.resize(rows * static_cast<std::size_t>(net.shape.actions));
  result.values.resize(rows);
  result.h_end.resize(net.h_start.size());
  result.c_end.resize(net.c_start.size());
  return {.steps = net.steps,
          .boards = net.boards,
          .cells = net.cells.data(),
          .episode_starts = net.starts.data(),
          .h_start = net.h_start.data(),
          .c_start = net.c_start.data(),
          .logits = result.logits.data(),
          .values = result.values.data(),
          .h_end = result.h_end.data(),
          .c_end = result.c_end.data()};
}

inline UnrollGradientView gradient_view_of(const NetCase& net, NetResult& result) {
  result.grad_parameters.resize(net.parameters.size());
  result.grad_h_start.resize(net.h_start.size());
  result.grad_c_start.resize(net.c_start.size());
  return {.grad_logits = net.grad_logits.data(),
          .grad_values = net.grad_values.data(),
          .grad_parameters = result.grad_parameters.data(),
          .grad_h_start = result.grad_h_start.data(),
          .grad_c_start = result.grad_c_start.data()};
}

inline NetResult run_network(const NetCase& net, int threads, Direction direction) {
  ThreadPool pool(threads);
  const bool backward = direction == Direction::forward_and_backward;
  const auto network = cpu_net_ops().create(pool, net.shape,
                                            {.forward_boards = net.boards,
                                             .forward_steps = net.steps,
                                             .training_boards = backward ? net.boards : 0,
                                             .training_steps = net.steps},
                                            {}, nullptr);
  network->load(net.parameters.data());
  NetResult result;
  const UnrollView unroll = view_of(net, result);
  network->forward(unroll, backward);
  if (backward) network->backward(unroll, gradient_view_of(net, result));
  return result;
}

// ---- the oracle's side ----------------------------------------------------------------------------------------------

// What the oracle reads, in double, so that single numbers can be moved a little.
struct OracleInputs {
  oracle::Tensors parameters;
  std::vector<double> h_start, c_start;  // (D, B, H, W, C)
};

inline OracleInputs oracle_inputs(const NetCase& net) {
  OracleInputs inputs;
  for (const ParameterTensor& tensor : parameter_tensors(net.shape)) {
    const auto begin = net.parameters.begin() + static_cast<std::ptrdiff_t>(tensor.offset);
    inputs.parameters[tensor.name].assign(begin, begin + static_cast<std::ptrdiff_t>(tensor.size));
  }
  inputs.h_start.assign(net.h_start.begin(), net.h_start.end());
  inputs.c_start.assign(net.c_start.begin(), net.c_start.end());
  return inputs;
}

struct OracleResult {
  std::vector<double> logits, values, h_end, c_end;
  double loss = 0;  // sum(logits * grad_logits) + sum(values * grad_values)
};

inline oracle::DrcOptions oracle_options(const NetShape& shape) {
  constexpr const char* kBoundaries[] = {"fence", "rim", "none"};
  constexpr const char* kPoolings[] = {"per_channel", "full", "none"};
  constexpr const char* kSkips[] = {"sum", "concatenation", "none"};
  return {.output_gate = shape.output_gate == OutputGate::sigmoid ? "sigmoid" : "tanh",
          .boundary = kBoundaries[static_cast<int>(shape.boundary)],
          .pooling = kPoolings[static_cast<int>(shape.pooling)],
          .skip = kSkips[static_cast<int>(shape.skip)],
          .head = shape.head == NetHead::pooled ? "pooled" : "flatten"};
}

inline oracle::Drc oracle_drc(const NetShape& shape, const OracleInputs& inputs) {
  return {shape.layers,
          shape.ticks,
          shape.channels,
          shape.height,
          shape.width,
          shape.encoder_kernel,
          shape.input == NetInput::rgb,
          inputs.parameters,
          oracle_options(shape)};
}

inline oracle::ResNet oracle_resnet(const NetShape& shape, const OracleInputs& inputs) {
  return {shape.layers,
          shape.channels,
          shape.height,
          shape.width,
          shape.encoder_kernel,
          shape.input == NetInput::rgb,
          shape.head == NetHead::pooled,
          inputs.parameters};
}

inline OracleResult run_oracle(const NetCase& net, const OracleInputs& inputs) {
  const NetShape& shape = net.shape;
  const int layers = state_layers(shape);
  const auto step = [&, drc = oracle_drc(shape, inputs), resnet = oracle_resnet(shape, inputs)](
                        const std::uint8_t* board, bool start, std::vector<oracle::State>& states) {
    return shape.kind == NetKind::drc ? drc.step(board, start, states) : resnet.step(board);
  };
  const int cells = shape.height * shape.width;
  OracleResult result;
  result.logits.resize(static_cast<std::size_t>(net.steps * net.boards * shape.actions));
  result.values.resize(static_cast<std::size_t>(net.steps * net.boards));
  result.h_end.resize(inputs.h_start.size());
  result.c_end.resize(inputs.c_start.size());
  for (int b = 0; b < net.boards; ++b) {
    const auto index = [&](int d, int c, int y, int x) {
      return static_cast<std::size_t>(((d * net.boards + b) * cells + y * shape.width + x) * shape.channels + c);
    };
    const auto for_each = [&](auto&& visit) {
      for (int d = 0; d < layers; ++d) {
        for (int c = 0; c < shape.channels; ++c) {
          for (int y = 0; y < shape.height; ++y) {
            for (int x = 0; x < shape.width; ++x) visit(d, c, y, x);
          }
        }
      }
    };
    std::vector<oracle::State> states(
        static_cast<std::size_t>(layers),
        {oracle::Map(shape.channels, shape.height, shape.width), oracle::Map(shape.channels, shape.height, shape.width)});
    for_each([&](int d, int c, int y, int x) {
      states[static_cast<std::size_t>(d)].h.at(c, y, x) = inputs.h_start[index(d, c, y, x)];
      states[static_cast<std::size_t>(d)].c.at(c, y, x) = inputs.c_start[index(d, c, y, x)];
    });
    for (int t = 0; t < net.steps; ++t) {
      const auto row = static_cast<std::size_t>(t * net.boards + b);
      const oracle::Tensor outputs =
          step(net.cells.data() + row * static_cast<std::size_t>(cells), net.starts[row] != 0, states);
      for (std::size_t a = 0; a + 1 < outputs.size(); ++a) {
        const std::size_t at = row * static_cast<std::size_t>(shape.actions) + a;
        result.logits[at] = outputs[a];
        result.loss += outputs[a] * net.grad_logits[at];
      }
      result.values[row] = outputs.back();
      result.loss += outputs.back() * net.grad_values[row];
    }
    for_each([&](int d, int c, int y, int x) {
      result.h_end[index(d, c, y, x)] = states[static_cast<std::size_t>(d)].h.at(c, y, x);
      result.c_end[index(d, c, y, x)] = states[static_cast<std::size_t>(d)].c.at(c, y, x);
    });
  }
  return result;
}

// ---- comparison -----------------------------------------------------------------------------------------------------

// Every element is finite and within the bound of what is expected; reports the worst.
template <class Expected>
::testing::AssertionResult all_near(const std::vector<float>& found, const std::vector<Expected>& expected, double bound) {
  if (found.size() != expected.size()) {
    return ::testing::AssertionFailure() << found.size() << " elements instead of " << expected.size();
  }
  double worst = 0;
  std::size_t where = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!std::isfinite(found[i])) return ::testing::AssertionFailure() << "element " << i << " is " << found[i];
    const double error = std::abs(static_cast<double>(found[i]) - static_cast<double>(expected[i]));
    if (!(error <= worst)) {
      worst = error;
      where = i;
    }
  }
  if (worst <= bound) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "element " << where << " is " << found[where] << " instead of " << expected[where]
                                       << ", off by " << worst << ", bound " << bound;
}

}  // namespace boxwarp::test
