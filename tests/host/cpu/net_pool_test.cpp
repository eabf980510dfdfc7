#include <gtest/gtest.h>

#include <cmath>

#include "host/cpu/conv_lstm.hpp"
#include "tests/host/cpu/net_arrays.hpp"
#include "tests/host/cpu/net_instruction_sets.hpp"

namespace boxwarp::test {
namespace {

TEST(NetPool, EqualsTheOracleAndItsDifferences) {
  for_each_instruction_set([] {
    std::mt19937 random(8);
    for (const Tick& tick : kTicks) {
      const auto [boards, height, width, C] = tick;
      const auto channels = static_cast<std::size_t>(C), pooled = static_cast<std::size_t>(boards) * channels;
      const int cells = height * width;
      const CellShape shape{boards, cells, C, 1, nullptr};
      Guarded h(random_floats(random, pooled * static_cast<std::size_t>(2 * cells), 1.0f)),
          project(random_floats(random, 2 * channels, 1.0f));
      Guarded maximum(pooled), mean(pooled), injected(pooled), grad_h(pooled * static_cast<std::size_t>(cells)),
          grad_project(2 * channels);
      Guarded grad_injected(random_floats(random, pooled, 1.0f));
      const PoolView view{{h.data() + C, 2 * C}, project.data(), maximum.data(), mean.data(), injected.data()};
      pool_forward(shape, view);
      pool_backward(shape, view, grad_injected.data(), grad_h.data(), grad_project.data());

      std::vector<double> expected, expected_h, expected_project(2 * channels, 0.0);
      for (int b = 0; b < boards; ++b) {
        oracle::Map map(C, height, width);
        for (int cell = 0; cell < cells; ++cell) {
          for (int c = 0; c < C; ++c) map.at(c, cell / width, cell % width) = h.data()[(b * cells + cell) * 2 * C + C + c];
        }
        oracle::Tensor weights = wide(project.values());
        const auto loss = [&, C = C] {
          const oracle::Map q = oracle::pooled(map, weights);
          double sum = 0;
          for (int c = 0; c < C; ++c) sum += q.at(c, 0, 0) * grad_injected.data()[b * C + c];
          return sum;
        };
        const auto slope = [&](double& moved) {
          constexpr double kStep = 1e-6;
          const double before = moved;
          moved = before + kStep;
          const double above = loss();
          moved = before - kStep;
          const double below = loss();
          moved = before;
          return (above - below) / (2 * kStep);
        };
        const oracle::Map q = oracle::pooled(map, weights);
        for (int c = 0; c < C; ++c) expected.push_back(q.at(c, 0, 0));
        for (std::size_t i = 0; i < 2 * channels; ++i) expected_project[i] += slope(weights[i]);
        oracle::Map gradient = map;
        for (std::size_t i = 0; i < map.values.size(); ++i) gradient.values[i] = slope(map.values[i]);
        append(gradient, expected_h);
      }
      EXPECT_TRUE(all_near(injected.values(), expected, kBound));
      EXPECT_TRUE(all_near(grad_h.values(), expected_h, kBound));
      EXPECT_TRUE(all_near(grad_project.values(), expected_project, kBound));
    }
  });
}

TEST(NetPool, DividesTheGradientAmongAllEqualCells) {
  for_each_instruction_set([] {
    const CellShape shape{1, 6, 16, 1, nullptr};
    Guarded h(6 * 16, 0.25f), project(32), maximum(16), mean(16), injected(16), grad_injected(16, 3.0f), grad_h(6 * 16),
        grad_project(32);
    std::fill_n(project.data(), 16, 2.0f);  // of the maximum only
    const PoolView view{{h.data(), 16}, project.data(), maximum.data(), mean.data(), injected.data()};
    pool_forward(shape, view);
    pool_backward(shape, view, grad_injected.data(), grad_h.data(), grad_project.data());
    EXPECT_TRUE(all_near(grad_h.values(), std::vector<double>(6 * 16, 1.0), 1e-6));
  });
}

TEST(NetClassSums, AreAProductAndItsTransposes) {
  for_each_instruction_set([] {
    std::mt19937 random(9);
    for (const int boards : {1, 3, 4, 5, 8}) {
      const int C = 32, classes = 9, sums = classes * 4 * C;
      const auto count = static_cast<std::size_t>(boards);
      const CellShape shape{boards, 25, C, classes, nullptr};
      Guarded injected(random_floats(random, count * 32, 1.0f)), weights(random_floats(random, 32 * 1152, 0.3f));
      Guarded constant(random_floats(random, 1152, 1.0f)), result(count * 1152),
          grad(random_floats(random, count * 1152, 0.3f));
      Guarded grad_injected(count * 32);
      class_sums_forward(shape, injected.data(), weights.data(), constant.data(), result.data());
      class_sums_backward(shape, grad.data(), weights.data(), grad_injected.data());
      std::vector<double> expected, expected_injected(count * 32, 0.0);
      for (int b = 0; b < boards; ++b) {
        for (int s = 0; s < sums; ++s) {
          double sum = constant.data()[s];
          for (int c = 0; c < C; ++c) {
            sum += static_cast<double>(injected.data()[b * C + c]) * weights.data()[c * sums + s];
            expected_injected[static_cast<std::size_t>(b * C + c)] +=
                static_cast<double>(grad.data()[b * sums + s]) * weights.data()[c * sums + s];
          }
          expected.push_back(sum);
        }
      }
      EXPECT_TRUE(all_near(result.values(), expected, kBound));
      EXPECT_TRUE(all_near(grad_injected.values(), expected_injected, kBound));
    }
  });
}

}  // namespace
}  // namespace boxwarp::test
