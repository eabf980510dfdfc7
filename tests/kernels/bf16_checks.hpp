// What a network in bf16 is held to, wherever it runs: the oracle's outputs in double and the processor's gradients in
// float32, which its own tests hold to the oracle's differences.
#pragma once

#include <numbers>

#include "tests/kernels/net_checks.hpp"

namespace boxwarp::test {

// How far bf16 may be from double. Rounding an operand moves it by 2^-9 / sqrt(3) of itself, typically; a gate's sum over
// products of two such, whose root of summed squares is below 0.8 here (weights of variance 1 / fan_in), is off by 2^-10.
// What earlier ticks were off by comes through slopes of gates of a half on average, and adds no more than that again. The
// worst of some thousand numbers is five times the typical one. h itself is rounded to 2^-9 of at most one.
inline constexpr double kBf16Bound = 1.0 / 512 + 5 * std::numbers::sqrt2 / 1024;

// A gradient is a sum over products of operands that are off by 2^-9 / sqrt(3) of themselves each, gate gradients passing
// through some ten such roundings on their way back; the gates' fast tanh adds 2^-11 to each factor. Errors of random signs
// leave a share of some 2^-9 * sqrt(10) of a tensor's length; three times that is allowed.
inline constexpr double kBf16GradientShare = 3 * 3.2 / 512;

// The distance between two tensors is at most that share of the length of the second.
inline void expect_share(const std::string& name, const std::vector<float>& found, const std::vector<float>& expected) {
  ASSERT_EQ(found.size(), expected.size()) << name;
  double distance = 0, length = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_TRUE(std::isfinite(found[i])) << name << ", element " << i;
    const double is = found[i], should_be = expected[i];
    distance += (is - should_be) * (is - should_be);
    length += should_be * should_be;
  }
  EXPECT_GT(length, 0) << name;
  EXPECT_LE(std::sqrt(distance / length), kBf16GradientShare) << name;
}

inline void expect_gradient_shares(const NetShape& shape, const NetResult& found, const NetResult& expected) {
  for (const ParameterTensor& tensor : parameter_tensors(shape))
    expect_share(tensor.name, tensor_of(found.grad_parameters, tensor), tensor_of(expected.grad_parameters, tensor));
  if (state_layers(shape) == 0) return;
  expect_share("h_start", found.grad_h_start, expected.grad_h_start);
  expect_share("c_start", found.grad_c_start, expected.grad_c_start);
}

// Where rounding decides which way a gradient goes, two right answers are far apart. A rectified unit near zero has one
// gradient or none: each bias says whether its unit is on or off, four times as far from zero as the sum over the unit's
// inputs typically goes. And a maximum's gradient goes to another cell where rounding exchanges the two largest, which few
// boards escape whose maxima are many: for those, maxima are there but weigh nothing.
enum class Maxima { weigh, weigh_nothing };

inline void decide_gradients(NetCase& net, Maxima maxima) {
  const auto channels = static_cast<std::size_t>(net.shape.channels);
  for (const ParameterTensor& tensor : parameter_tensors(net.shape)) {
    float* const x = net.parameters.data() + tensor.offset;
    if (tensor.name == "mlp_extractor.policy_net.fc0.bias")
      std::for_each_n(x, tensor.size, [](float& bias) { bias = bias < 0 ? -4.0f : 4.0f; });
    // (2, C) and (C, 2C): what belongs to maxima comes first.
    if (maxima == Maxima::weigh_nothing && tensor.name.find("pool_project") != std::string::npos)
      for (std::size_t row = 0; row < tensor.size; row += 2 * channels) std::fill_n(x + row, channels, 0.0f);
  }
}

template <class Memory>
void expect_bf16_drc(NetChecks<Memory>& checks, const NetShape& shape, const NetMode& mode, int steps, int boards,
                     unsigned seed, Maxima maxima = Maxima::weigh) {
  SCOPED_TRACE(testing::Message() << option_text(shape) << ", seed " << seed);
  NetCase net = checks.random_case_with_state(shape, steps, boards, seed);
  decide_gradients(net, maxima);
  const NetResult found = checks.run(net, Direction::forward_and_backward, mode);
  const OracleResult oracle = run_oracle(net, oracle_inputs(net));
  EXPECT_TRUE(all_near(found.logits, oracle.logits, kBf16Bound)) << "logits";
  EXPECT_TRUE(all_near(found.values, oracle.values, kBf16Bound)) << "values";
  EXPECT_TRUE(all_near(found.h_end, oracle.h_end, kBf16Bound)) << "h";
  EXPECT_TRUE(all_near(found.c_end, oracle.c_end, 2 * kBf16Bound)) << "c is what h is before its tanh, up to two";
  if (shape.head == NetHead::flatten)
    expect_gradient_shares(shape, found, run_network(net, 1, Direction::forward_and_backward));
}

// Of some of a case's boards.
inline NetCase part_of(const NetCase& net, int first, int boards) {
  const auto part = [&](const auto& all, std::size_t blocks) {  // of each block what belongs to these boards
    std::remove_cvref_t<decltype(all)> some;
    const std::size_t block = all.size() / blocks, board = block / static_cast<std::size_t>(net.boards);
    for (std::size_t i = 0; i < blocks; ++i) {
      const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i * block + static_cast<std::size_t>(first) * board);
      some.insert(some.end(), begin, begin + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(boards) * board));
    }
    return some;
  };
  const auto steps = static_cast<std::size_t>(net.steps), layers = static_cast<std::size_t>(state_layers(net.shape));
  return {net.shape,
          net.steps,
          boards,
          net.parameters,
          part(net.h_start, layers),
          part(net.c_start, layers),
          part(net.grad_logits, steps),
          part(net.grad_values, steps),
          part(net.cells, steps),
          part(net.starts, steps)};
}

// However many boards share a block: states and their gradients of a board are the same bits, and the weights' gradients add
// up, within the rounding of sums in another order.
template <class Memory>
void expect_the_same_in_parts(NetChecks<Memory>& checks, const NetShape& shape, int steps, int boards, int first_part,
                              unsigned seed) {
  NetCase net = random_case(shape, steps, boards, seed);
  decide_gradients(net, Maxima::weigh);
  const NetResult whole = checks.run(net, Direction::forward_and_backward, {});
  std::vector<double> sums(net.parameters.size(), 0);
  for (const auto& [first, count] : {std::pair(0, first_part), std::pair(first_part, boards - first_part)}) {
    const NetResult part = checks.run(part_of(net, first, count), Direction::forward_and_backward, {});
    NetCase states = net;  // the whole's states, to be cut like a case's
    states.h_start = whole.h_end, states.c_start = whole.c_end;
    const NetCase ends = part_of(states, first, count);
    EXPECT_EQ(part.h_end, ends.h_start);
    EXPECT_EQ(part.c_end, ends.c_start);
    states.h_start = whole.grad_h_start, states.c_start = whole.grad_c_start;
    const NetCase gradients = part_of(states, first, count);
    EXPECT_EQ(part.grad_h_start, gradients.h_start) << count << " boards from " << first;
    EXPECT_EQ(part.grad_c_start, gradients.c_start) << count << " boards from " << first;
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += static_cast<double>(part.grad_parameters[i]);
  }
  for (const ParameterTensor& tensor : parameter_tensors(shape)) {
    const double largest = largest_of(tensor_of(whole.grad_parameters, tensor));
    for (std::size_t i = tensor.offset; i < tensor.offset + tensor.size; ++i)
      ASSERT_NEAR(static_cast<double>(whole.grad_parameters[i]), sums[i], kNetGradientShare * largest) << tensor.name;
  }
}

// A rectified unit near zero has one gradient or none, which rounding decides. So each bias says whether its unit is on or
// off, and weights are too small to change that.
template <class Memory>
void expect_bf16_resnet(NetChecks<Memory>& checks, const NetShape& shape, const NetMode& mode, int boards, unsigned seed) {
  NetCase net = random_case(shape, 1, boards, seed);
  for (const ParameterTensor& tensor : parameter_tensors(shape)) {
    const auto begin = net.parameters.begin() + static_cast<std::ptrdiff_t>(tensor.offset);
    std::for_each_n(begin, tensor.size, [&](float& x) { x = tensor.shape.size() > 1 ? x / 8 : x < 0 ? -2.0f : 2.0f; });
  }
  const NetResult found = checks.run(net, Direction::forward_and_backward, mode),
                  expected = run_network(net, 1, Direction::forward_and_backward);
  expect_share("logits", found.logits, expected.logits);
  expect_share("values", found.values, expected.values);
  expect_gradient_shares(shape, found, expected);
}

}  // namespace boxwarp::test
