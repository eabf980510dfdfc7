#include <gtest/gtest.h>

#include <cmath>

#include "host/cpu/network_parts.hpp"
#include "tests/host/cpu/net_arrays.hpp"

namespace boxwarp::test {
namespace {

TEST(NetParts, GradientIsTheTransposedMap) {
  std::mt19937 random(5);
  NetShape guez{1, 1, 16, 5, 6, 4, 8, 3, NetInput::rgb};
  guez.boundary = Boundary::rim;
  guez.pooling = Pooling::full;
  guez.skip = Skip::concatenation;
  NetShape bare{2, 1, 16, 4, 3, 4, 8, 3, NetInput::planes};
  bare.boundary = Boundary::none;
  bare.pooling = Pooling::none;
  bare.head = NetHead::pooled;
  for (const NetShape& net :
       {NetShape{1, 1, 16, 3, 3, 4, 8, 3, NetInput::planes}, NetShape{2, 1, 16, 1, 5, 3, 7, 4, NetInput::rgb}, guez, bare}) {
    const NetworkParts layout = network_parts(net);
    const std::vector<float> parameters = random_floats(random, parameter_count(net), 1.0f);
    std::vector<float> parts(layout.size), grad_parts = random_floats(random, layout.size, 1.0f), grad(parameters.size());
    regroup(layout, parameters.data(), parts.data());
    regroup_gradient(layout, grad_parts.data(), grad.data());
    const double expected = dot(parts, grad_parts);
    EXPECT_NEAR(dot(parameters, grad), expected, 1e-6 * std::sqrt(dot(parts, parts) * dot(grad_parts, grad_parts)));
  }
}

}  // namespace
}  // namespace boxwarp::test
