// What the processor's network tells of its cells, and gradients that come in from the state after an unroll.
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "tests/host/cpu/net_case.hpp"

namespace boxwarp::test {
namespace {

// Rounding of float32 in sums whose order differs, as in net_gradient_test.cpp.
constexpr double kShare = 4e-5;

std::vector<float> sum_of(const std::vector<float>& a, const std::vector<float>& b) {
  std::vector<float> sum(a);
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += b[i];
  return sum;
}

double bound_for(const std::vector<float>& values) {
  double largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(static_cast<double>(value)));
  return kShare * largest;
}

// The steps first..first + count of the case, from a state.
NetCase part_of(const NetCase& net, int first, int count, std::vector<float> h, std::vector<float> c) {
  NetCase part = net;
  part.steps = count;
  part.h_start = std::move(h);
  part.c_start = std::move(c);
  const auto cut = [&](auto& values) {
    const std::size_t step = values.size() / static_cast<std::size_t>(net.steps);
    values.assign(values.begin() + static_cast<std::ptrdiff_t>(step) * first,
                  values.begin() + static_cast<std::ptrdiff_t>(step) * (first + count));
  };
  cut(part.cells);
  cut(part.starts);
  cut(part.grad_logits);
  cut(part.grad_values);
  return part;
}

TEST(NetGradient, GoesThroughTheStateFromOneUnrollToTheOneBefore) {
  const NetCase whole = random_case({2, 2, 16, 4, 5, 4, 12, 3, NetInput::planes}, 4, 9, 41);
  const NetResult expected = run_network(whole, 2, Direction::forward_and_backward);
  ThreadPool pool(2);
  const auto network = cpu_net_ops().create(pool, whole.shape, {9, 4, 9, 4}, {}, nullptr);
  network->load(whole.parameters.data());

  const NetCase one = part_of(whole, 0, 3, whole.h_start, whole.c_start);
  NetResult of_one, of_other;
  network->forward(view_of(one, of_one), false);
  const NetCase other = part_of(whole, 3, 1, of_one.h_end, of_one.c_end);
  network->forward(view_of(other, of_other), true);
  network->backward(view_of(other, of_other), gradient_view_of(other, of_other));
  network->forward(view_of(one, of_one), true);
  UnrollGradientView gradient = gradient_view_of(one, of_one);
  gradient.grad_h_end = of_other.grad_h_start.data();
  gradient.grad_c_end = of_other.grad_c_start.data();
  network->backward(view_of(one, of_one), gradient);

  EXPECT_TRUE(all_near(sum_of(of_one.grad_parameters, of_other.grad_parameters), expected.grad_parameters,
                       bound_for(expected.grad_parameters)));
  EXPECT_TRUE(all_near(of_one.grad_h_start, expected.grad_h_start, bound_for(expected.grad_h_start)));
  EXPECT_TRUE(all_near(of_one.grad_c_start, expected.grad_c_start, bound_for(expected.grad_c_start)));
}

struct Activations {
  explicit Activations(std::size_t size) : h(size), c(size), i(size), j(size), f(size), o(size) {}
  ActivationsView view() {
    return {.h = h.data(), .c = c.data(), .i = i.data(), .j = j.data(), .f = f.data(), .o = o.data()};
  }
  std::vector<float> h, c, i, j, f, o;
};

TEST(NetActivations, AreStatesAndGatesOfEveryTickAndLayer) {
  for (const int layers : {1, 2}) {
    NetCase net = random_case({layers, 3, 16, 4, 5, 4, 12, 3, NetInput::planes}, 1, 9, 42);
    net.starts[3] = 1;
    ThreadPool pool(2);
    const auto network = cpu_net_ops().create(pool, net.shape, {0, 0, 9, 1}, {}, nullptr);
    network->load(net.parameters.data());
    NetResult result;
    network->forward(view_of(net, result), true);
    const std::size_t tick = net.h_start.size(), board = tick / static_cast<std::size_t>(layers * net.boards);
    Activations held(3 * tick);
    ASSERT_TRUE(network->activations(held.view()));

    const auto last = [&](const std::vector<float>& values) {
      return std::vector<float>(values.end() - static_cast<std::ptrdiff_t>(tick), values.end());
    };
    EXPECT_EQ(last(held.h), result.h_end);
    EXPECT_EQ(last(held.c), result.c_end);
    for (std::size_t at = 0; at < held.c.size(); ++at) {
      const std::size_t of_board = at / board % static_cast<std::size_t>(net.boards);
      float before = 0;
      if (at >= tick) {
        before = held.c[at - tick];
      } else if (net.starts[of_board] == 0) {
        before = net.c_start[at];
      }
      ASSERT_NEAR(held.c[at], held.f[at] * before + held.i[at] * held.j[at], 1e-5) << at;
      ASSERT_NEAR(held.h[at], held.o[at] * std::tanh(held.c[at]), 1e-5) << at;
    }
    EXPECT_LT(*std::ranges::min_element(held.i), 0) << "the candidate is a tanh";
    EXPECT_GT(*std::ranges::min_element(held.j), 0) << "the input gate is a sigmoid";
    EXPECT_GT(*std::ranges::min_element(held.f), 0) << "the forget gate is a sigmoid";
  }
}

TEST(NetActivations, AreThereAfterAForwardOfOneStepThatKeptThem) {
  const NetCase net = random_case({1, 1, 16, 3, 3, 4, 8, 3, NetInput::planes}, 2, 2, 43);
  ThreadPool pool(1);
  const auto network = cpu_net_ops().create(pool, net.shape, {2, 2, 2, 2}, {}, nullptr);
  network->load(net.parameters.data());
  Activations held(net.h_start.size());
  EXPECT_THROW(network->activations(held.view()), std::logic_error);
  NetResult result;
  network->forward(view_of(net, result), true);
  EXPECT_THROW(network->activations(held.view()), std::logic_error);
}

}  // namespace
}  // namespace boxwarp::test
