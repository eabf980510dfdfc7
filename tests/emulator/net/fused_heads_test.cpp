// The dense layer and the heads of the fused network against loops in double over the same rounded operands.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "emulator/device_executor.hpp"
#include "emulator/memory.hpp"
#include "emulator/schedule.hpp"
#include "kernels/net/heads.cuh"

namespace boxwarp {
namespace {

using emulator::Buffer;
using emulator::rounded;

// Operands are exact in bf16, sums are taken in float: 2^-24 of the magnitudes for each of n additions at the very worst.
// What has been rounded to bf16 on the way (2^-8 at most) stands in `rounding`.
void expect_near(float found, double expected, double magnitude, double n, double rounding, const char* what,
                 std::size_t i) {
  ASSERT_TRUE(std::isfinite(found)) << what << " " << i;
  EXPECT_LE(std::abs(found - expected), magnitude * (n * std::ldexp(1.0, -24) + rounding) + 1e-30) << what << " " << i;
}

class FusedHeads : public testing::TestWithParam<emulator::Schedule> {
 protected:
  emulated::DeviceExecutor executor_{GetParam()};
  std::mt19937 random_{7};

  std::vector<float> numbers(int count, bool to_bf16) {
    std::vector<float> result(static_cast<std::size_t>(count));
    for (float& x : result) {
      x = static_cast<float>(random_() >> 8) / 8388608.0f - 1.0f;
      if (to_bf16) x = rounded(x);
    }
    return result;
  }
  static std::vector<Bf16> bits(const std::vector<float>& numbers) {
    std::vector<Bf16> result;
    for (const float x : numbers) result.push_back({emulator::rounded_to_bf16(x)});
    return result;
  }

  void check(int rows, int height, int width, int actions, int hidden) {
    const FusedShape shape = fused_shape(
        {.layers = 1, .ticks = 1, .channels = 16, .height = height, .width = width, .actions = actions, .hidden = hidden});
    const int R = rows, F = shape.features(), U = hidden, O = actions + 1;
    const auto size = [](int a, int b) { return static_cast<std::size_t>(a * b); };
    const std::vector<float> z = numbers(R * F, true), dense = numbers(U * F, true), dense_bias = numbers(U, false),
                             heads = numbers(O * U, false), head_bias = numbers(O, false),
                             grad_logits = numbers(R * actions, false), grad_values = numbers(R, false);
    Buffer<Bf16> z_there(bits(z)), dense_there(bits(dense));
    Buffer<float> dense_bias_there(dense_bias), heads_there(heads), head_bias_there(head_bias), units(size(R, U), "units"),
        logits(size(R, actions), "logits"), values(size(R, 1), "values"), grad_logits_there(grad_logits),
        grad_values_there(grad_values), grad_z(size(R, F), "grad_z"), grad_dense(size(U, F), "grad_dense"),
        grad_dense_bias(size(U, 1), "grad_dense_bias"), grad_policy(size(actions, U), "grad_policy"),
        grad_policy_bias(size(actions, 1), "grad_policy_bias"), grad_value(size(U, 1), "grad_value"), grad_value_bias(1);
    FusedWeights weights{};
    weights.dense = dense_there.data();
    weights.dense_bias = dense_bias_there.data();
    weights.heads = heads_there.data();
    weights.head_bias = head_bias_there.data();
    MemoryBlock count(nullptr);
    emulated::take_heads_scratch(shape, R, true, count);
    Buffer<std::byte> block(count.used(), "scratch");
    MemoryBlock memory(block.data());
    const emulated::HeadsScratch scratch = emulated::take_heads_scratch(shape, R, true, memory);
    emulated::heads_forward(executor_, shape, weights, scratch, R, z_there.data(), units.data(), logits.data(),
                            values.data());

    std::vector<double> unit(size(R, U)), grad_unit(size(R, U));
    for (int r = 0; r < R; ++r) {
      for (int u = 0; u < U; ++u) {
        double sum = dense_bias[static_cast<std::size_t>(u)], magnitude = std::abs(sum);
        for (int f = 0; f < F; ++f) {
          const double term = static_cast<double>(z[size(r, F) + static_cast<std::size_t>(f)]) *
                              dense[size(u, F) + static_cast<std::size_t>(f)];
          sum += term;
          magnitude += std::abs(term);
        }
        const std::size_t at = size(r, U) + static_cast<std::size_t>(u);
        expect_near(units.values()[at], std::max(sum, 0.0), magnitude, F + 1, 0, "unit", at);
        unit[at] = std::as_const(units)[at];  // the way back starts from what is there
      }
      for (int o = 0; o < O; ++o) {
        double sum = head_bias[static_cast<std::size_t>(o)], magnitude = std::abs(sum);
        for (int u = 0; u < U; ++u) {
          const double term =
              unit[size(r, U) + static_cast<std::size_t>(u)] * heads[size(o, U) + static_cast<std::size_t>(u)];
          sum += term;
          magnitude += std::abs(term);
        }
        const float found = o < actions ? std::as_const(logits)[size(r, actions) + static_cast<std::size_t>(o)]
                                        : std::as_const(values)[static_cast<std::size_t>(r)];
        expect_near(found, sum, magnitude, U + 1, 0, "output", size(r, O) + static_cast<std::size_t>(o));
      }
    }

    emulated::heads_backward(
        executor_, shape, weights, scratch, R, z_there.data(), units.data(),
        {grad_logits_there.data(), grad_values_there.data(), grad_z.data(), grad_dense.data(), grad_dense_bias.data(),
         grad_policy.data(), grad_policy_bias.data(), grad_value.data(), grad_value_bias.data()});
    const auto grad_output = [&](int r, int o) {
      return static_cast<double>(o < actions ? grad_logits[size(r, actions) + static_cast<std::size_t>(o)]
                                             : grad_values[static_cast<std::size_t>(r)]);
    };
    const double bf16 = std::ldexp(1.0, -8);
    for (int o = 0; o < O; ++o) {
      double bias = 0, bias_magnitude = 0;
      for (int r = 0; r < R; ++r) {
        bias += grad_output(r, o);
        bias_magnitude += std::abs(grad_output(r, o));
      }
      expect_near(
          o < actions ? std::as_const(grad_policy_bias)[static_cast<std::size_t>(o)] : std::as_const(grad_value_bias)[0],
          bias, bias_magnitude, R, 0, "head bias", static_cast<std::size_t>(o));
      for (int u = 0; u < U; ++u) {
        double sum = 0, magnitude = 0;
        for (int r = 0; r < R; ++r) {
          const double term = grad_output(r, o) * unit[size(r, U) + static_cast<std::size_t>(u)];
          sum += term;
          magnitude += std::abs(term);
        }
        const std::size_t at = size(o, U) + static_cast<std::size_t>(u);
        expect_near(o < actions ? std::as_const(grad_policy)[at] : std::as_const(grad_value)[static_cast<std::size_t>(u)],
                    sum, magnitude, R + 1, 0, "head", at);
      }
    }
    for (int r = 0; r < R; ++r) {
      for (int u = 0; u < U; ++u) {
        double& grad = grad_unit[size(r, U) + static_cast<std::size_t>(u)];
        for (int o = 0; o < O && unit[size(r, U) + static_cast<std::size_t>(u)] > 0; ++o)
          grad += grad_output(r, o) * heads[size(o, U) + static_cast<std::size_t>(u)];
      }
    }
    for (int u = 0; u < U; ++u) {
      double bias = 0, bias_magnitude = 0;
      for (int r = 0; r < R; ++r) {
        bias += grad_unit[size(r, U) + static_cast<std::size_t>(u)];
        bias_magnitude += std::abs(grad_unit[size(r, U) + static_cast<std::size_t>(u)]) + 1e-6;
      }
      expect_near(std::as_const(grad_dense_bias)[static_cast<std::size_t>(u)], bias, bias_magnitude, R + O, bf16,
                  "dense bias", static_cast<std::size_t>(u));
      for (int f = 0; f < F; ++f) {
        double sum = 0, magnitude = 1e-6;
        for (int r = 0; r < R; ++r) {
          const double term =
              grad_unit[size(r, U) + static_cast<std::size_t>(u)] * z[size(r, F) + static_cast<std::size_t>(f)];
          sum += term;
          magnitude += std::abs(term);
        }
        const std::size_t at = size(u, F) + static_cast<std::size_t>(f);
        expect_near(std::as_const(grad_dense)[at], sum, magnitude, R + O, bf16, "dense", at);
      }
    }
    for (int r = 0; r < R; ++r) {
      for (int f = 0; f < F; ++f) {
        double sum = 0, magnitude = 1e-6;
        for (int u = 0; u < U; ++u) {
          const double term =
              grad_unit[size(r, U) + static_cast<std::size_t>(u)] * dense[size(u, F) + static_cast<std::size_t>(f)];
          sum += term;
          magnitude += std::abs(term);
        }
        const std::size_t at = size(r, F) + static_cast<std::size_t>(f);
        expect_near(std::as_const(grad_z)[at], sum, magnitude, U + O, bf16, "features", at);
      }
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Emulator, FusedHeads, testing::ValuesIn(emulator::every_schedule()));

TEST_P(FusedHeads, EqualLoopsInDoubleAtAwkwardSizes) {
  check(1, 3, 5, 4, 7);
  check(7, 2, 2, 1, 64);
  check(66, 3, 2, 4, 65);
}

}  // namespace
}  // namespace boxwarp
