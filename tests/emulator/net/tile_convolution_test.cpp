// Convolutions on tensor cores against loops in double over the same rounded operands, and whole networks that have no fused
// kernels.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "emulator/device_executor.hpp"
#include "emulator/emulator_memory.hpp"
#include "emulator/ops.hpp"
#include "emulator/schedule.hpp"
#include "kernels/collective.cuh"
#include "kernels/net/plain_ops.cuh"
#include "tests/kernels/bf16_checks.hpp"

namespace boxwarp {
namespace test {
namespace {

using emulator::Buffer;
using emulator::rounded;
namespace plain = emulated::plain;

// A sum in double, and the magnitudes of what it adds up.
struct Sum {
  double value = 0, magnitude = 0;

  void add(double term) {
    value += term;
    magnitude += std::abs(term);
  }
};

// Sums of float: each of `additions` loses 2^-24 of the magnitudes at the very worst.
void expect_near(const Buffer<float>& found, const std::vector<Sum>& expected, double additions, const char* what) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_TRUE(std::isfinite(found[i])) << what << ' ' << i;
    ASSERT_NEAR(found[i], expected[i].value, expected[i].magnitude * additions * std::ldexp(1.0, -24)) << what << ' ' << i;
  }
}

class TileConvolution : public testing::TestWithParam<emulator::Schedule> {
 protected:
  // Forward, back and weights of one convolution with awkward or plain sizes.
  void check(const plain::Images& images, int kernel, int inputs, int outputs) {
    SCOPED_TRACE(testing::Message() << images.count << " boards of " << images.height << 'x' << images.width << ", kernel "
                                    << kernel << ", " << inputs << " to " << outputs << " channels");
    const auto rows = static_cast<std::size_t>(images.rows()), I = static_cast<std::size_t>(inputs),
               O = static_cast<std::size_t>(outputs), taps = static_cast<std::size_t>(kernel * kernel);
    std::mt19937 random(5);
    const std::vector<float> x = random_floats(random, rows * I, 1), grad_y = random_floats(random, rows * O, 1),
                             parameters = random_floats(random, taps * I * O, 1), bias = random_floats(random, O, 1),
                             before = random_floats(random, rows * I, 1), gradient = random_floats(random, taps * I * O, 1);
    std::vector<Sum> y(rows * O), grad_x(rows * I), grad_weights(parameters.size());
    for (std::size_t i = 0; i < y.size(); ++i) y[i].add(bias[i % O]);
    for (std::size_t i = 0; i < grad_x.size(); ++i) grad_x[i].add(before[i]);
    for (std::size_t i = 0; i < gradient.size(); ++i) grad_weights[i].add(gradient[i]);
    for (std::size_t tap = 0; tap < taps; ++tap) {
      const int dy = static_cast<int>(tap) / kernel - (kernel - 1) / 2,
                dx = static_cast<int>(tap) % kernel - (kernel - 1) / 2;
      for (int row = 0; row < static_cast<int>(rows); ++row) {
        const int column = row % images.width + dx, line = row / images.width % images.height + dy;
        if (column < 0 || column >= images.width || line < 0 || line >= images.height) continue;
        const auto to = static_cast<std::size_t>(row), from = static_cast<std::size_t>(row + dy * images.width + dx);
        for (std::size_t i = 0; i < I; ++i) {
          for (std::size_t o = 0; o < O; ++o) {
            const double w = rounded(parameters[(o * I + i) * taps + tap]), in = rounded(x[from * I + i]),
                         grad = rounded(grad_y[to * O + o]);
            y[to * O + o].add(w * in);
            grad_x[from * I + i].add(w * grad);
            grad_weights[(tap * I + i) * O + o].add(in * grad);
          }
        }
      }
    }

    plain::ConvolutionWeights convolution{
        .kernel = kernel, .inputs = inputs, .outputs = outputs, .precision = Precision::bf16};
    ASSERT_TRUE(convolution.on_tiles());
    Buffer<float> x_there(x, "x"), grad_y_there(grad_y, "grad_y"), parameters_there(parameters, "parameters"),
        gradient_there(gradient, "gradient"), bias_there(bias, "bias"), y_there(rows * O, "y"),
        grad_x_there(before, "grad_x"), partials(plain::partial_floats(images.rows(), parameters.size()), "partials");
    Buffer<Bf16> forward(convolution.forward_order().elements(), "weights"),
        backward(convolution.backward_order().elements(), "weights, last tap first");
    forward.fill({0});
    backward.fill({0});
    convolution.forward_tiles = forward.data();
    convolution.backward_tiles = backward.data();
    convolution.gradient = gradient_there.data();
    emulated::DeviceExecutor executor(GetParam());
    plain::pack_weights(executor, parameters_there.data(),
                        {.offset = 0,
                         .outputs = outputs,
                         .taps = kernel * kernel,
                         .published_inputs = inputs,
                         .first_input = 0,
                         .inputs = inputs,
                         .to_input = 0,
                         .to_output = 0},
                        convolution);
    plain::convolve(executor, images, convolution, x_there.data(), {.rows = bias_there.data()}, y_there.data());
    plain::convolve_back(executor, images, convolution, grad_y_there.data(),
                         {.rows = grad_x_there.data(), .period = images.rows()}, grad_x_there.data());
    plain::convolution_weight_gradient(executor, images, convolution, x_there.data(), grad_y_there.data(), partials.data());
    expect_near(y_there, y, static_cast<double>(taps * I + 1), "y");
    expect_near(grad_x_there, grad_x, static_cast<double>(taps * O + 1), "grad_x");
    expect_near(gradient_there, grad_weights, static_cast<double>(rows + 33), "gradient");  // and the slices
  }
};
INSTANTIATE_TEST_SUITE_P(Emulator, TileConvolution, testing::ValuesIn(emulator::every_schedule()));

// Rows that fill no block and no warp, channels that fill no plane, no tile and no stage, even kernels, one more than a
// block's 64 columns and inputs.
TEST_P(TileConvolution, EqualsLoopsInDoubleForAwkwardSizes) {
  check({1, 1, 1}, 1, 16, 16);
  check({3, 2, 5}, 3, 20, 16);
  check({1, 5, 3}, 4, 16, 36);
  check({2, 1, 33}, 1, 68, 68);
}

// The other pairs of kernel and columns. Boards that go on in the next block, more than one stage of inputs.
TEST_P(TileConvolution, EqualsLoopsInDoubleAcrossBlocksAndStages) {
  check({2, 9, 10}, 3, 36, 36);
  check({1, 3, 64}, 4, 16, 16);
}

// Slices of the rows: 260 rows each, which begin inside of a board.
TEST_P(TileConvolution, AddsUpTheSlicesOfManyRows) {
  check({5, 13, 8}, 1, 16, 16);
  check({5, 13, 8}, 3, 16, 16);
}

class TileNetwork : public testing::Test {
 protected:
  emulated::DeviceExecutor executor_{emulator::every_schedule().back()};
  NetChecks<EmulatorMemory> checks_{emulated::net_ops(), executor_};
};

TEST_F(TileNetwork, OutputsAreTheOraclesAndGradientsTheProcessorsWithEveryOption) {
  for (NetShape shape : every_option()) {
    shape.hidden = 20;
    if (shape.kind == NetKind::drc) {
      expect_bf16_drc(checks_, shape, {}, 1, 2, 31);
      shape.head = NetHead::flatten;
      expect_bf16_drc(checks_, shape, {}, 1, 2, 31);
    }
    if (shape.kind == NetKind::resnet) expect_bf16_resnet(checks_, shape, {}, 3, 31);
  }
}

TEST_F(TileNetwork, ComputingActivationsAgainChangesNothing) {
  const NetCase net = checks_.random_case_with_state(every_option().front(), 2, 1, 32);
  EXPECT_TRUE(checks_.run(net, Direction::forward_and_backward, {.recompute = true}) ==
              checks_.run(net, Direction::forward_and_backward, {}));
}

TEST_F(TileNetwork, ComputesWhatHasNoFusedKernelsAndSaysSo) {
  const auto kernels = [](const NetShape& shape, Precision precision) {
    return std::string(emulated::net_ops().kernels(shape, {.precision = precision}));
  };
  EXPECT_EQ(kernels({.height = 32, .width = 32}, Precision::bf16), "bf16 tensor cores, layer by layer");
  EXPECT_EQ(kernels(kGuezResNet, Precision::bf16), "bf16 tensor cores, layer by layer");
  EXPECT_EQ(kernels(kGuezResNet, Precision::float32), "float32, plain kernels");
}

}  // namespace
}  // namespace test
}  // namespace boxwarp
