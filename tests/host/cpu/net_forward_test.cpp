#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/host/cpu/net_case.hpp"
#include "tests/host/cpu/net_variants.hpp"

namespace boxwarp::test {
namespace {

// About 30 rounded operations follow each other from an input to a logit in each tick; observed errors are below 3e-6.
constexpr double kBound = 1e-5;

struct Sizes {
  const char* what;
  NetShape shape;
  int steps, boards;
};

const Sizes kSizes[] = {
    {"the smallest", {.layers = 1, .ticks = 1, .channels = 16, .height = 3, .width = 3, .hidden = 8}, 1, 1},
    {"quick start", {1, 2, 16, 7, 7, 4, 128, 3, NetInput::planes}, 2, 9},
    {"two layers", {2, 3, 16, 5, 4, 4, 24, 4, NetInput::rgb}, 3, 2},
    {"three layers, wide", {3, 1, 32, 4, 6, 4, 33, 3, NetInput::planes}, 2, 7},
    {"48 channels", {1, 3, 48, 5, 5, 3, 17, 4, NetInput::planes}, 2, 3},
    {"one row", {2, 1, 16, 1, 9, 4, 16, 3, NetInput::rgb}, 2, 2},
    {"one column", {1, 2, 16, 6, 1, 4, 16, 4, NetInput::rgb}, 2, 2},
    {"two rows", {1, 1, 16, 2, 5, 5, 16, 3, NetInput::planes}, 2, 17},
    {"high", {1, 1, 16, 13, 5, 4, 16, 3, NetInput::planes}, 1, 8},
};

void expect_oracle(const NetShape& shape, int steps, int boards, unsigned seed) {
  const NetCase net = random_case(shape, steps, boards, seed);
  const OracleResult expected = run_oracle(net, oracle_inputs(net));
  for (const Direction direction : {Direction::forward, Direction::forward_and_backward}) {
    const NetResult result = run_network(net, 2, direction);
    EXPECT_TRUE(all_near(result.logits, expected.logits, kBound));
    EXPECT_TRUE(all_near(result.values, expected.values, kBound));
    EXPECT_TRUE(all_near(result.h_end, expected.h_end, kBound));
    EXPECT_TRUE(all_near(result.c_end, expected.c_end, kBound));
  }
}

TEST(NetForward, EqualsTheOracleForEverySize) {
  unsigned seed = 1;
  for (const Sizes& sizes : kSizes) {
    SCOPED_TRACE(sizes.what);
    expect_oracle(sizes.shape, sizes.steps, sizes.boards, seed++);
  }
}

TEST(NetForward, EqualsTheOracleForEveryVariant) {
  unsigned seed = 100;
  for (const Variant& variant : kVariants) {
    SCOPED_TRACE(variant.what);
    expect_oracle(variant.shape, 2, 3, seed++);
  }
}

TEST(NetForward, StepByStepEqualsOneUnroll) {
  const NetCase net = random_case({.layers = 2, .ticks = 2, .channels = 16, .height = 5, .width = 5, .hidden = 16}, 5, 3, 7);
  const NetResult whole = run_network(net, 1, Direction::forward);
  NetCase step = net;
  step.steps = 1;
  const std::size_t cells = net.cells.size() / 5, boards = 3;
  for (std::size_t t = 0; t < 5; ++t) {
    const auto at = static_cast<std::ptrdiff_t>(t);
    step.cells.assign(net.cells.begin() + at * static_cast<std::ptrdiff_t>(cells),
                      net.cells.begin() + (at + 1) * static_cast<std::ptrdiff_t>(cells));
    step.starts.assign(net.starts.begin() + at * static_cast<std::ptrdiff_t>(boards),
                       net.starts.begin() + (at + 1) * static_cast<std::ptrdiff_t>(boards));
    const NetResult result = run_network(step, 1, Direction::forward);
    EXPECT_TRUE(all_near(result.values,
                         std::vector<float>(whole.values.begin() + at * 3, whole.values.begin() + (at + 1) * 3), kBound));
    step.h_start = result.h_end;
    step.c_start = result.c_end;
  }
  EXPECT_TRUE(all_near(step.h_start, whole.h_end, kBound));
  EXPECT_TRUE(all_near(step.c_start, whole.c_end, kBound));
}

TEST(NetForward, StatesMayBeUpdatedInPlace) {
  const NetCase net =
      random_case({.layers = 2, .ticks = 1, .channels = 16, .height = 4, .width = 4, .hidden = 16}, 2, 11, 8);
  const NetResult apart = run_network(net, 2, Direction::forward);
  ThreadPool pool(2);
  const auto network = cpu_net_ops().create(pool, net.shape, {11, 2, 0, 0}, {}, nullptr);
  network->load(net.parameters.data());
  NetResult result;
  UnrollView unroll = view_of(net, result);
  std::vector<float> h = net.h_start, c = net.c_start;
  unroll.h_start = unroll.h_end = h.data();
  unroll.c_start = unroll.c_end = c.data();
  network->forward(unroll, false);
  EXPECT_EQ(h, apart.h_end);
  EXPECT_EQ(c, apart.c_end);
  EXPECT_EQ(result.logits, apart.logits);
}

TEST(NetForward, LoadReplacesTheWeightsEverywhere) {
  const NetCase first =
      random_case({.layers = 2, .ticks = 2, .channels = 16, .height = 4, .width = 4, .hidden = 16}, 2, 3, 9);
  NetCase second = first;
  second.parameters = random_case(first.shape, 2, 3, 10).parameters;
  ThreadPool pool(1);
  const auto network = cpu_net_ops().create(pool, first.shape, {3, 2, 0, 0}, {}, nullptr);
  network->load(first.parameters.data());
  NetResult result;
  network->forward(view_of(first, result), false);
  network->load(second.parameters.data());
  network->forward(view_of(second, result), false);
  EXPECT_EQ(result, run_network(second, 1, Direction::forward));
}

TEST(NetForward, ANanInTheStateReachesTheOutputs) {
  NetCase net = random_case({.layers = 1, .ticks = 1, .channels = 16, .height = 3, .width = 3, .hidden = 16}, 1, 2, 11);
  net.starts = {0, 0};
  net.h_start[5] = std::numeric_limits<float>::quiet_NaN();
  const NetResult result = run_network(net, 1, Direction::forward);
  EXPECT_TRUE(std::isnan(result.h_end[5]));
  EXPECT_TRUE(std::isfinite(result.values[1]));
}

TEST(NetForward, WritesNothingAroundItsOutputs) {
  const NetCase net =
      random_case({.layers = 2, .ticks = 1, .channels = 16, .height = 3, .width = 5, .hidden = 16}, 2, 10, 12);
  ThreadPool pool(2);
  const auto network = cpu_net_ops().create(pool, net.shape, {10, 2, 10, 2}, {}, nullptr);
  network->load(net.parameters.data());
  NetResult expected;
  const UnrollView exact = view_of(net, expected);
  const UnrollGradientView exact_gradient = gradient_view_of(net, expected);
  static constexpr std::size_t kMargin = 64;
  static constexpr float kUntouched = 12345.0f;
  const auto padded = [](std::size_t size) { return std::vector<float>(size + 2 * kMargin, kUntouched); };
  auto logits = padded(expected.logits.size()), values = padded(expected.values.size()), h = padded(expected.h_end.size()),
       c = padded(expected.c_end.size()), grad = padded(net.parameters.size()), grad_h = padded(net.h_start.size()),
       grad_c = padded(net.c_start.size());
  UnrollView unroll = exact;
  unroll.logits = logits.data() + kMargin;
  unroll.values = values.data() + kMargin;
  unroll.h_end = h.data() + kMargin;
  unroll.c_end = c.data() + kMargin;
  UnrollGradientView gradient = exact_gradient;
  gradient.grad_parameters = grad.data() + kMargin;
  gradient.grad_h_start = grad_h.data() + kMargin;
  gradient.grad_c_start = grad_c.data() + kMargin;
  network->forward(unroll, true);
  network->backward(unroll, gradient);
  for (const auto* array : {&logits, &values, &h, &c, &grad, &grad_h, &grad_c}) {
    for (std::size_t i = 0; i < kMargin; ++i) {
      EXPECT_EQ((*array)[i], kUntouched);
      EXPECT_EQ((*array)[array->size() - 1 - i], kUntouched);
    }
    EXPECT_NE((*array)[kMargin], kUntouched);
    EXPECT_NE((*array)[array->size() - 1 - kMargin], kUntouched);
  }
}

TEST(NetForward, RefusesWhatItWasNotMadeFor) {
  const NetCase net =
      random_case({.layers = 1, .ticks = 1, .channels = 16, .height = 3, .width = 3, .hidden = 16}, 3, 4, 13);
  ThreadPool pool(1);
  NetResult result;
  const UnrollView unroll = view_of(net, result);
  const auto fewer_boards = cpu_net_ops().create(pool, net.shape, {3, 3, 0, 0}, {}, nullptr);
  fewer_boards->load(net.parameters.data());
  EXPECT_THROW(fewer_boards->forward(unroll, false), std::invalid_argument);
  const auto no_training = cpu_net_ops().create(pool, net.shape, {4, 3, 0, 0}, {}, nullptr);
  EXPECT_THROW(no_training->forward(unroll, false), std::logic_error) << "nothing was loaded";
  no_training->load(net.parameters.data());
  EXPECT_THROW(no_training->forward(unroll, true), std::invalid_argument);
  EXPECT_THROW(no_training->backward(unroll, gradient_view_of(net, result)), std::logic_error);
  NetCase unknown_code = net;
  unknown_code.cells[20] = 7;
  EXPECT_THROW(no_training->forward(view_of(unknown_code, result), false), std::invalid_argument);
  EXPECT_THROW(cpu_net_ops().create(pool, {.channels = 24}, {1, 1, 0, 0}, {}, nullptr), std::invalid_argument);
  EXPECT_THROW(cpu_net_ops().create(pool, {.encoder_kernel = 5}, {1, 1, 0, 0}, {}, nullptr), std::invalid_argument);
  EXPECT_THROW(cpu_net_ops().create(pool, {.kind = NetKind::resnet}, {1, 1, 0, 0}, {}, nullptr), std::invalid_argument) << "three ticks";
}

}  // namespace
}  // namespace boxwarp::test
