#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "tests/host/cpu/net_case.hpp"
#include "tests/host/cpu/net_instruction_sets.hpp"
#include "tests/host/cpu/net_variants.hpp"

namespace boxwarp::test {
namespace {

// Central differences of the oracle in double are good to about 1e-8, with a step so small that hardly ever a relu changes
// sides; what remains is float32 in the gradient, whose elements come from sums over all cells, ticks and steps: 2e-5 of the
// largest element, with room for a factor of two.
constexpr double kStep = 1e-7;
constexpr double kShare = 4e-5;

double largest(const float* values, std::size_t size) {
  double result = 0;
  for (std::size_t i = 0; i < size; ++i) result = std::max(result, std::abs(static_cast<double>(values[i])));
  return result;
}

// The derivative of the oracle's loss when values moves along direction.
double slope(const NetCase& net, OracleInputs& inputs, std::vector<double>& values, const std::vector<double>& direction) {
  const std::vector<double> before = values;
  double loss[2];
  for (const int side : {0, 1}) {
    const double step = side == 0 ? kStep : -kStep;
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = before[i] + step * direction[i];
    loss[side] = run_oracle(net, inputs).loss;
  }
  values = before;
  return (loss[0] - loss[1]) / (2 * kStep);
}

// Along a random direction of signs, which every element of the tensor takes part in, and along some single elements.
void expect_gradient(const NetCase& net, OracleInputs& inputs, std::vector<double>& values, const float* gradient,
                     const std::string& name, std::mt19937& random) {
  const std::size_t size = values.size();
  const double scale = largest(gradient, size);
  ASSERT_TRUE(std::isfinite(scale)) << name;
  EXPECT_GT(scale, 0.0) << name;
  const auto expect_along = [&](const std::vector<double>& direction, double elements) {
    double found = 0;
    for (std::size_t i = 0; i < size; ++i) found += direction[i] * static_cast<double>(gradient[i]);
    const double expected = slope(net, inputs, values, direction);
    EXPECT_TRUE(std::abs(found - expected) <= kShare * scale * elements + 1e-7)
        << name << ": " << found << " instead of " << expected;
  };
  std::vector<double> signs(size);
  for (double& sign : signs) sign = random() % 2 == 0 ? 1.0 : -1.0;
  expect_along(signs, std::sqrt(static_cast<double>(size)));
  for (int repetition = 0; repetition < 2; ++repetition) {
    std::vector<double> one(size, 0.0);
    one[random() % size] = 1.0;
    expect_along(one, 1.0);
  }
}

void expect_all_gradients(const NetShape& shape, int steps, int boards, unsigned seed) {
  NetCase net = random_case(shape, steps, boards, seed);
  for (std::size_t b = 0; b < static_cast<std::size_t>(boards); ++b) net.starts[b] = b % 2 == 0 ? 1 : 0;
  const NetResult result = run_network(net, 2, Direction::forward_and_backward);
  OracleInputs inputs = oracle_inputs(net);
  std::mt19937 random(seed);
  for (const ParameterTensor& tensor : parameter_tensors(shape)) {
    expect_gradient(net, inputs, inputs.parameters[tensor.name], result.grad_parameters.data() + tensor.offset, tensor.name,
                    random);
  }
  if (state_layers(shape) == 0) return;
  expect_gradient(net, inputs, inputs.h_start, result.grad_h_start.data(), "h_start", random);
  expect_gradient(net, inputs, inputs.c_start, result.grad_c_start.data(), "c_start", random);
}

TEST(NetGradient, EqualsDifferencesOfTheOracleForTwoLayersAndThreeTicks) {
  expect_all_gradients({2, 3, 16, 4, 3, 4, 12, 4, NetInput::rgb}, 3, 2, 21);
}

TEST(NetGradient, EqualsDifferencesOfTheOracleForOneLayerAndOneTick) {
  expect_all_gradients({1, 1, 16, 4, 5, 4, 12, 3, NetInput::planes}, 3, 2, 22);
}

TEST(NetGradient, EqualsDifferencesOfTheOracleForOneLayerAndThreeTicks) {
  expect_all_gradients({1, 3, 16, 5, 4, 3, 12, 3, NetInput::rgb}, 3, 2, 23);
}

TEST(NetGradient, EqualsDifferencesOfTheOracleForThreeLayersAndOneTick) {
  expect_all_gradients({3, 1, 16, 3, 4, 4, 7, 4, NetInput::planes}, 2, 3, 24);
}

TEST(NetGradient, EqualsDifferencesOfTheOracleWhenBoardsFillMoreThanOneSlice) {
  expect_all_gradients({1, 2, 16, 3, 2, 4, 8, 3, NetInput::planes}, 2, 9, 25);
}

TEST(NetGradient, EqualsDifferencesOfTheOracleForEveryVariant) {
  unsigned seed = 200;
  for (const Variant& variant : kVariants) {
    SCOPED_TRACE(variant.what);
    expect_all_gradients(variant.shape, 2, 2, seed++);
  }
}

// Where two cells share the maximum, one side of the central difference sees the moved cell and the other does not: the
// slope is one half for each of the two.
TEST(NetGradient, IsDividedEvenlyAmongCellsThatShareTheMaximum) {
  const NetShape shape{1, 1, 16, 3, 3, 4, 8, 3, NetInput::planes};
  NetCase net = random_case(shape, 1, 1, 26);
  net.starts = {0};
  for (std::size_t c = 0; c < 16; ++c) net.h_start[2 * 16 + c] = net.h_start[7 * 16 + c] = 0.95f;
  const NetResult result = run_network(net, 1, Direction::forward_and_backward);
  OracleInputs inputs = oracle_inputs(net);
  const double bound = kShare * largest(result.grad_h_start.data(), result.grad_h_start.size()) + 1e-7;
  for (std::size_t i = 0; i < net.h_start.size(); ++i) {
    std::vector<double> one(net.h_start.size(), 0.0);
    one[i] = 1.0;
    EXPECT_NEAR(result.grad_h_start[i], slope(net, inputs, inputs.h_start, one), bound) << i;
  }
}

TEST(NetGradient, OfAStateBeforeAnEpisodeStartIsZero) {
  NetCase net = random_case({2, 2, 16, 4, 4, 4, 8, 3, NetInput::planes}, 2, 2, 27);
  net.starts = {1, 0, 0, 0};
  const NetResult result = run_network(net, 1, Direction::forward_and_backward);
  const std::size_t board = 16 * 16;
  EXPECT_EQ(largest(result.grad_h_start.data(), board), 0.0);
  EXPECT_GT(largest(result.grad_h_start.data() + board, board), 0.0);
  EXPECT_EQ(largest(result.grad_c_start.data() + 2 * board, board), 0.0);
  EXPECT_GT(largest(result.grad_c_start.data() + 3 * board, board), 0.0);
}

TEST(NetGradient, IsTheSameForAnyNumberOfThreads) {
  for (const NetShape& shape :
       {NetShape{1, 2, 16, 7, 7, 4, 128, 3, NetInput::planes}, NetShape{2, 2, 32, 6, 5, 4, 40, 4, NetInput::rgb},
        kVariants[0].shape, resnet_of({3, 1, 16, 5, 4, 4, 12, 4, NetInput::rgb}, NetHead::pooled)}) {
    const NetCase net = random_case(shape, 3, 29, 28);
    const NetResult one = run_network(net, 1, Direction::forward_and_backward);
    for (const int threads : {2, 3, 8})
      EXPECT_TRUE(run_network(net, threads, Direction::forward_and_backward) == one) << threads;
  }
}

TEST(NetGradient, IsNotDisturbedByForwardsInBetweenThatKeepNothing) {
  const NetCase net = random_case({2, 1, 16, 4, 4, 4, 8, 3, NetInput::planes}, 3, 9, 29);
  const NetCase other = random_case(net.shape, 2, 5, 30);
  const NetResult expected = run_network(net, 2, Direction::forward_and_backward);
  ThreadPool pool(2);
  const auto network = cpu_net_ops().create(pool, net.shape, {5, 2, 9, 3}, {}, nullptr);
  network->load(net.parameters.data());
  NetResult result, ignored;
  const UnrollView unroll = view_of(net, result);
  network->forward(unroll, true);
  network->forward(view_of(other, ignored), false);
  network->backward(unroll, gradient_view_of(net, result));
  EXPECT_TRUE(result == expected);
}

TEST(NetGradient, UsesUpTheActivations) {
  const NetCase net = random_case({1, 1, 16, 3, 3, 4, 8, 3, NetInput::planes}, 2, 2, 31);
  ThreadPool pool(1);
  const auto network = cpu_net_ops().create(pool, net.shape, {0, 0, 2, 2}, {}, nullptr);
  network->load(net.parameters.data());
  NetResult result;
  const UnrollView unroll = view_of(net, result);
  network->forward(unroll, true);
  network->backward(unroll, gradient_view_of(net, result));
  const NetResult first = result;
  EXPECT_THROW(network->backward(unroll, gradient_view_of(net, result)), std::logic_error);
  network->forward(unroll, true);
  network->backward(unroll, gradient_view_of(net, result));
  EXPECT_TRUE(result == first);
}

TEST(NetGradient, IsFiniteAndEqualsTheOtherInstructionSetsWithinRounding) {
  const NetCase net = random_case({2, 2, 32, 5, 4, 4, 16, 4, NetInput::rgb}, 3, 5, 33);
  const NetResult widest = run_network(net, 1, Direction::forward_and_backward);
  for_each_instruction_set([&] {
    const NetResult result = run_network(net, 1, Direction::forward_and_backward);
    EXPECT_TRUE(all_near(result.logits, widest.logits, 1e-5));
    float largest = 0;
    for (const float value : widest.grad_parameters) largest = std::max(largest, std::abs(value));
    EXPECT_TRUE(all_near(result.grad_parameters, widest.grad_parameters, 1e-5 * largest));
  });
}

}  // namespace
}  // namespace boxwarp::test
