#include <gtest/gtest.h>

#include <cmath>

#include "host/cpu/conv_lstm.hpp"
#include "host/cpu/spatial_classes.hpp"
#include "tests/host/cpu/net_arrays.hpp"
#include "tests/host/cpu/net_instruction_sets.hpp"

namespace boxwarp::test {
namespace {

TEST(NetGates, EqualTheOracleAndGoWhereTheyShould) {
  for_each_instruction_set([] {
    std::mt19937 random(6);
    for (const Tick& tick : kTicks) {
      const auto [boards, height, width, C] = tick;
      const OutputGate output_gate = boards == 3 ? OutputGate::sigmoid : OutputGate::tanh;
      const SpatialClasses classes = spatial_classes(height, width, Boundary::fence);
      const int cells = height * width, stride = 2 * C, input_stride = 12 * C;
      const auto state = static_cast<std::size_t>(boards * cells * C);
      const std::vector<float> before = random_floats(random, 4 * state, 4.0f);
      Guarded gates(before), input(random_floats(random, 12 * state, 2.0f)), c(random_floats(random, state, 2.0f));
      Guarded class_sums(random_floats(random, classes.classes.size() * static_cast<std::size_t>(boards * 4 * C), 2.0f));
      Guarded c_next(state), h_next(2 * state, kUntouched), h_above(2 * state, kUntouched),
          skip(random_floats(random, state, 1.0f)), head(state);
      std::vector<std::uint8_t> erased(static_cast<std::size_t>(boards), 0);
      erased.back() = 1;
      const CellShape shape{boards, cells, C, classes.count(), classes.of_cell.data(), output_gate};
      gates_forward(shape, {.gates = gates.data(),
                            .input_part = {input.data() + 4 * C, input_stride},
                            .class_sums = class_sums.data(),
                            .c = c.data(),
                            .c_next = c_next.data(),
                            .h_next = {h_next.data() + C, stride},
                            .h_above = {h_above.data(), stride},
                            .erased = erased.data(),
                            .erases_above = false,
                            .head_input = {head.data(), C},
                            .skip = skip.data()});
      std::vector<double> expected_c, expected_h, expected_next, expected_above, expected_head;
      for (int b = 0; b < boards; ++b) {
        oracle::Map sums(4 * C, height, width);
        oracle::State old{oracle::Map(C, height, width), map_of(c.data() + b * cells * C, height, width, C)};
        for (int cell = 0; cell < cells; ++cell) {
          for (int g = 0; g < 4 * C; ++g) {
            const int at = b * cells + cell;
            const int sum = (b * classes.count() + classes.of_cell[static_cast<std::size_t>(cell)]) * 4 * C + g;
            sums.at(g, cell / width, cell % width) = static_cast<double>(before[static_cast<std::size_t>(at * 4 * C + g)]) +
                                                     input.data()[at * input_stride + 4 * C + g] + class_sums.data()[sum];
          }
        }
        oracle::State next = oracle::next_state(sums, old, output_gate == OutputGate::sigmoid);
        append(next.h, expected_h);
        if (erased[static_cast<std::size_t>(b)] != 0) std::ranges::fill(next.c.values, 0.0);
        append(next.c, expected_c);
      }
      for (std::size_t i = 0; i < state; ++i) {
        const auto channel = i % static_cast<std::size_t>(C);
        if (channel == 0) {
          expected_next.insert(expected_next.end(), static_cast<std::size_t>(C), kUntouched);
          if (i > 0) expected_above.insert(expected_above.end(), static_cast<std::size_t>(C), kUntouched);
        }
        expected_next.push_back(
            i >= state / static_cast<std::size_t>(boards) * static_cast<std::size_t>(boards - 1) ? 0.0 : expected_h[i]);
        expected_above.push_back(expected_h[i]);
        expected_head.push_back(expected_h[i] + static_cast<double>(skip.data()[i]));
      }
      expected_above.insert(expected_above.end(), static_cast<std::size_t>(C), kUntouched);
      EXPECT_TRUE(all_near(c_next.values(), expected_c, kBound));
      EXPECT_TRUE(all_near(h_next.values(), expected_next, kBound));
      EXPECT_TRUE(all_near(h_above.values(), expected_above, kBound));
      EXPECT_TRUE(all_near(head.values(), expected_head, kBound));
    }
  });
}

// The gates that gates_forward leaves are tanh and sigmoid of its input: within 3e-7 of the true values, and tanh within
// that share of them, so that it is right for small numbers too.
TEST(NetGates, NonlinearitiesAreGoodToFloat) {
  for_each_instruction_set([] {
    constexpr std::size_t kCells = 40001;
    const std::vector<std::uint8_t> one_class(kCells, 0);
    AlignedFloats gates(kCells * 64), zeros(kCells * 64), c(kCells * 16), h(kCells * 16);
    std::vector<float> inputs;
    for (std::size_t i = 0; i < kCells; ++i) {
      const double wide_range = (static_cast<double>(i) - 20000) / 1000;  // -20..20
      inputs.push_back(static_cast<float>(i % 2 == 0 ? wide_range : std::pow(wide_range / 20, 9)));
      std::fill_n(gates.data() + i * 64, 64, inputs.back());
    }
    gates_forward({1, kCells, 16, 1, one_class.data()}, {.gates = gates.data(),
                                                         .input_part = {zeros.data(), 64},
                                                         .class_sums = zeros.data(),
                                                         .c = c.data(),
                                                         .c_next = c.data(),
                                                         .h_next = {h.data(), 16},
                                                         .h_above = {nullptr, 0},
                                                         .erased = nullptr,
                                                         .erases_above = false,
                                                         .head_input = {nullptr, 0},
                                                         .skip = nullptr});
    double tanh_error = 0, sigmoid_error = 0;
    for (std::size_t i = 0; i < kCells; ++i) {
      const double x = inputs[i], truth = std::tanh(x);
      const double i_gate = gates.data()[i * 64], j_gate = gates.data()[i * 64 + 16];
      ASSERT_TRUE(std::isfinite(i_gate) && std::isfinite(j_gate)) << x;
      if (x != 0) tanh_error = std::max(tanh_error, std::abs(i_gate - truth) / std::abs(truth));
      sigmoid_error = std::max(sigmoid_error, std::abs(j_gate - oracle::sigmoid(x)));
      EXPECT_EQ(gates.data()[i * 64 + 32], gates.data()[i * 64 + 16]);
      EXPECT_EQ(gates.data()[i * 64 + 48], gates.data()[i * 64]);
    }
    EXPECT_LE(tanh_error, 3e-7);
    EXPECT_LE(sigmoid_error, 3e-7);
  });
}

void expect_gradients(OutputGate output_gate) {
  for_each_instruction_set([output_gate] {
    std::mt19937 random(7);
    const int C = 16, height = 3, width = 4, cells = 12, boards = 2;
    const SpatialClasses classes = spatial_classes(height, width, Boundary::fence);
    const CellShape shape{boards, cells, C, classes.count(), classes.of_cell.data(), output_gate};
    const auto state = static_cast<std::size_t>(boards * cells * C);
    const std::vector<float> before = random_floats(random, 4 * state, 3.0f), c = random_floats(random, state, 2.0f);
    const std::vector<float> grad_h = random_floats(random, state, 1.0f), grad_c = random_floats(random, state, 1.0f);
    Guarded gates(4 * state), c_before(c), c_gradient(grad_c), h_gradient(grad_h);
    Guarded class_gradient(classes.classes.size() * static_cast<std::size_t>(boards * 4 * C)),
        input_gradient(8 * state, 1.0f);
    for (std::size_t i = 0; i < 4 * state; ++i) {
      const double x = before[i];
      const std::size_t gate = i / 16 % 4;
      gates.data()[i] = static_cast<float>(gate == 0 || (gate == 3 && output_gate == OutputGate::tanh) ? std::tanh(x)
                                                                                                       : oracle::sigmoid(x));
    }
    gates_backward(shape, {.gates = gates.data(),
                           .c = c_before.data(),
                           .grad_h = h_gradient.data(),
                           .grad_c = c_gradient.data(),
                           .grad_class_sums = class_gradient.data(),
                           .grad_input = {input_gradient.data() + 4 * C, 8 * C},
                           .adds_to_input = true});
    // Cells do not mix, so one map of two columns, moved and not moved, is enough for each number.
    std::vector<double> expected(4 * state), expected_c(state), expected_sums(class_gradient.values().size(), 0.0);
    for (std::size_t at = 0; at < state; ++at) {
      const std::size_t cell = at / 16, channel = at % 16;
      const auto loss = [&](int moved, double by) {
        oracle::Map sums(4, 1, 1);
        oracle::State old{oracle::Map(1, 1, 1), oracle::Map(1, 1, 1)};
        for (int g = 0; g < 4; ++g) {
          sums.at(g, 0, 0) = before[cell * 64 + static_cast<std::size_t>(g) * 16 + channel] + (g == moved ? by : 0.0);
        }
        old.c.at(0, 0, 0) = c[at] + (moved == 4 ? by : 0.0);
        const oracle::State next = oracle::next_state(sums, old, output_gate == OutputGate::sigmoid);
        return next.h.at(0, 0, 0) * grad_h[at] + next.c.at(0, 0, 0) * grad_c[at];
      };
      constexpr double kStep = 1e-5;
      for (int moved = 0; moved < 5; ++moved) {
        const double slope = (loss(moved, kStep) - loss(moved, -kStep)) / (2 * kStep);
        if (moved == 4) {
          expected_c[at] = slope;
          continue;
        }
        const std::size_t gate = static_cast<std::size_t>(moved) * 16 + channel;
        expected[cell * 64 + gate] = slope;
        const std::size_t board = cell / 12, of_cell = classes.of_cell[cell % 12];
        expected_sums[(board * static_cast<std::size_t>(classes.count()) + of_cell) * 64 + gate] += slope;
      }
    }
    EXPECT_TRUE(all_near(gates.values(), expected, kBound));
    EXPECT_TRUE(all_near(c_gradient.values(), expected_c, kBound));
    EXPECT_TRUE(all_near(class_gradient.values(), expected_sums, kBound));
    std::vector<double> expected_input(8 * state, 1.0);
    for (std::size_t i = 0; i < 4 * state; ++i) expected_input[i / 64 * 128 + 64 + i % 64] += expected[i];
    EXPECT_TRUE(all_near(input_gradient.values(), expected_input, kBound));
  });
}

TEST(NetGates, GradientsEqualDifferencesOfTheOracle) { expect_gradients(OutputGate::tanh); }

TEST(NetGates, GradientsWithASigmoidForTheOutputEqualDifferencesOfTheOracle) { expect_gradients(OutputGate::sigmoid); }

}  // namespace
}  // namespace boxwarp::test
