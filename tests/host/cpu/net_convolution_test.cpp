#include <gtest/gtest.h>

#include <cmath>

#include "host/cpu/convolution.hpp"
#include "tests/host/cpu/net_arrays.hpp"

namespace boxwarp::test {
namespace {

const ConvolutionShape kConvolutions[] = {{1, 1, 1, 16, 16, 3},  {3, 5, 4, 16, 64, 3},  {7, 10, 10, 32, 32, 4},
                                          {2, 7, 7, 64, 128, 3}, {1, 3, 13, 48, 16, 4}, {33, 4, 4, 16, 16, 3}};

TEST(NetConvolution, EqualsTheOracle) {
  std::mt19937 random(1);
  for (const ConvolutionShape& shape : kConvolutions) {
    const auto [images, height, width, inputs, outputs, kernel] = shape;
    SCOPED_TRACE(::testing::Message() << images << " images of " << height << " x " << width << ", " << inputs << " to "
                                      << outputs << ", kernel " << kernel);
    const auto cells = static_cast<std::size_t>(images * height * width);
    Guarded x(random_floats(random, cells * static_cast<std::size_t>(inputs), 1.0f));
    Guarded y(cells * static_cast<std::size_t>(outputs));
    const auto weights = random_floats(random, static_cast<std::size_t>(outputs * inputs * kernel * kernel), 0.1f);
    Guarded bias(random_floats(random, static_cast<std::size_t>(outputs), 1.0f));
    ThreadPool pool(1);
    pool.run(1, [&, outputs = outputs, inputs = inputs, kernel = kernel](std::int64_t, int) {
      PackedWeights packed(dense_convolution_weights(outputs, inputs, kernel));
      ConvolutionForward forward(shape, ConvolutionForward::Bias::added);
      const float* address = packed.in(forward.weights_layout());
      packed.load(weights.data());
      forward.run(x.data(), address, bias.data(), y.data());
    });
    std::vector<double> expected;
    for (int image = 0; image < images; ++image) {
      const std::ptrdiff_t at = std::ptrdiff_t{image} * height * width * inputs;
      oracle::Map map =
          oracle::same_convolution(map_of(x.data() + at, height, width, inputs), wide(weights), outputs, kernel);
      oracle::add_bias(map, wide(bias.values()));
      append(map, expected);
    }
    EXPECT_TRUE(all_near(y.values(), expected, kBound));
  }
}

// A convolution is linear in its input and in its weights, so its gradients are known by <y(x), g> = <x, grad_x(g)> and
// <y(x; w), g> = <w, grad_w(x, g)>; with random vectors on both sides nothing wrong can hide.
TEST(NetConvolution, GradientsAreTheTransposedMaps) {
  std::mt19937 random(2);
  for (const ConvolutionShape& shape : kConvolutions) {
    const auto [images, height, width, inputs, outputs, kernel] = shape;
    const auto cells = static_cast<std::size_t>(images * height * width);
    Guarded x(random_floats(random, cells * static_cast<std::size_t>(inputs), 1.0f)), grad_x(x.values().size());
    Guarded y(cells * static_cast<std::size_t>(outputs));
    Guarded grad_y(random_floats(random, cells * static_cast<std::size_t>(outputs), 1.0f));
    const auto weights = random_floats(random, static_cast<std::size_t>(outputs * inputs * kernel * kernel), 0.1f);
    Guarded grad_weights(weights.size());
    ThreadPool pool(1);
    pool.run(1, [&, outputs = outputs, inputs = inputs, kernel = kernel](std::int64_t, int) {
      PackedWeights packed(dense_convolution_weights(outputs, inputs, kernel));
      packed.load(weights.data());
      ConvolutionForward forward(shape, ConvolutionForward::Bias::none);
      ConvolutionBackwardData data(shape);
      ConvolutionBackwardWeights to_weights(shape);
      forward.run(x.data(), packed.in(forward.weights_layout()), nullptr, y.data());
      data.run(grad_y.data(), packed.in(data.weights_layout()), grad_x.data());
      to_weights.run(x.data(), grad_y.data(), grad_weights.data());
    });
    const double product = dot(y.values(), grad_y.values());
    const double scale = std::sqrt(dot(y.values(), y.values()) * dot(grad_y.values(), grad_y.values()));
    EXPECT_NEAR(dot(x.values(), grad_x.values()), product, 1e-6 * scale);
    EXPECT_NEAR(dot(weights, grad_weights.values()), product, 1e-6 * scale);
  }
}

}  // namespace
}  // namespace boxwarp::test
