#include <gtest/gtest.h>

#include <cmath>

#include "host/cpu/conv_lstm.hpp"
#include "tests/host/cpu/net_arrays.hpp"
#include "tests/host/cpu/net_instruction_sets.hpp"

namespace boxwarp::test {
namespace {

// Maximum, mean and injection of one tick and the way back.
struct Injection {
  Injection(std::mt19937& random, const Tick& tick, Pooling pooling_)
      : shape{tick.boards, tick.height * tick.width, tick.channels, 1, nullptr},
        pooling(pooling_),
        rows(static_cast<std::size_t>(tick.boards * tick.channels)),
        h(random_floats(random, rows * static_cast<std::size_t>(2 * shape.cells), 1.0f)),
        project(random_floats(random,
                              static_cast<std::size_t>(2 * tick.channels * (pooling == Pooling::full ? tick.channels : 1)),
                              pooling == Pooling::full ? 0.2f : 1.0f)),
        grad_injected(random_floats(random, rows, 1.0f)),
        maximum(rows),
        mean(rows),
        injected(rows),
        grad_maximum(rows),
        grad_mean(rows),
        grad_h(rows * static_cast<std::size_t>(shape.cells)),
        grad_project(project.values().size()) {
    const int C = tick.channels;
    const Pooled pooled{maximum.data(), mean.data(), C}, grad{grad_maximum.data(), grad_mean.data(), C};
    const InjectView view{pooling, project.data(), pooled};
    const Strided own{h.data() + C, 2 * C};
    pool_forward(shape, own, pooled);
    inject_forward(shape, view, injected.data());
    inject_backward(shape, view, grad_injected.data(), grad, grad_project.data());
    pool_backward(shape, own, pooled, grad, {grad_h.data(), C});
  }

  CellShape shape;
  Pooling pooling;
  std::size_t rows;
  Guarded h, project, grad_injected, maximum, mean, injected, grad_maximum, grad_mean, grad_h, grad_project;
};

// The matrix of the full pooling lies input by input, in the oracle output by output.
std::size_t oracle_index(std::size_t i, std::size_t C, Pooling pooling) {
  return pooling == Pooling::full ? i % C * 2 * C + i / C : i;
}

void expect_injection(std::mt19937& random, const Tick& tick, Pooling pooling) {
  const auto [boards, height, width, C] = tick;
  Injection found(random, tick, pooling);
  const auto channels = static_cast<std::size_t>(C);
  const std::vector<float> project = found.project.values();
  oracle::Tensor weights(project.size());
  for (std::size_t i = 0; i < project.size(); ++i) weights[oracle_index(i, channels, pooling)] = project[i];
  std::vector<double> expected, expected_h, expected_project(project.size(), 0.0);
  for (int b = 0; b < boards; ++b) {
    oracle::Map map(C, height, width);
    for (int cell = 0; cell < height * width; ++cell) {
      for (int c = 0; c < C; ++c) {
        map.at(c, cell / width, cell % width) = found.h.data()[(b * height * width + cell) * 2 * C + C + c];
      }
    }
    const auto injected = [&] {
      return pooling == Pooling::full ? oracle::pooled_fully(map, weights) : oracle::pooled(map, weights);
    };
    const auto slope = [&, C = C, b = b](double& moved) {
      constexpr double kStep = 1e-6;
      const double before = moved;
      double loss[2] = {0, 0};
      for (const int side : {0, 1}) {
        moved = before + (side == 0 ? kStep : -kStep);
        const oracle::Map q = injected();
        for (int c = 0; c < C; ++c) loss[side] += q.at(c, 0, 0) * found.grad_injected.data()[b * C + c];
      }
      moved = before;
      return (loss[0] - loss[1]) / (2 * kStep);
    };
    const oracle::Map q = injected();
    for (int c = 0; c < C; ++c) expected.push_back(q.at(c, 0, 0));
    for (std::size_t i = 0; i < weights.size(); ++i) {
      expected_project[i] += slope(weights[oracle_index(i, channels, pooling)]);
    }
    oracle::Map gradient = map;
    for (std::size_t i = 0; i < map.values.size(); ++i) gradient.values[i] = slope(map.values[i]);
    append(gradient, expected_h);
  }
  EXPECT_TRUE(all_near(found.injected.values(), expected, kBound));
  EXPECT_TRUE(all_near(found.grad_h.values(), expected_h, kBound));
  EXPECT_TRUE(all_near(found.grad_project.values(), expected_project, kBound));
}

TEST(NetPool, EqualsTheOracleAndItsDifferences) {
  for_each_instruction_set([] {
    std::mt19937 random(8);
    for (const Tick& tick : kTicks) expect_injection(random, tick, Pooling::per_channel);
  });
}

TEST(NetPool, OfAllChannelsEqualsTheOracleAndItsDifferences) {
  for_each_instruction_set([] {
    std::mt19937 random(9);
    expect_injection(random, {2, 3, 4, 16}, Pooling::full);
    expect_injection(random, {1, 1, 2, 48}, Pooling::full);
  });
}

TEST(NetPool, DividesTheGradientAmongAllEqualCells) {
  for_each_instruction_set([] {
    const CellShape shape{1, 6, 16, 1, nullptr};
    Guarded h(6 * 16, 0.25f), maximum(16), mean(16), grad_maximum(16, 6.0f), grad_mean(16), grad_h(6 * 16);
    const Pooled pooled{maximum.data(), mean.data(), 16};
    pool_forward(shape, {h.data(), 16}, pooled);
    pool_backward(shape, {h.data(), 16}, pooled, {grad_maximum.data(), grad_mean.data(), 16}, {grad_h.data(), 16});
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
