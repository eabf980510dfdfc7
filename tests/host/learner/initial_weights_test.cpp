// How many parameters networks have, and how they are drawn.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <span>

#include "host/learner/initial_weights.hpp"
#include "host/learner/weights.hpp"
#include "tests/host/learner/shapes.hpp"

namespace boxwarp::test {
namespace {

double norm(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(sum);
}

TEST(Parameters, AreAsManyAsPublished) {
  EXPECT_EQ(parameter_count(kPublished), 1'285'125u);
  EXPECT_EQ(parameter_count({.layers = 1, .ticks = 1}), 987'525u);
  EXPECT_EQ(parameter_count(kGuezResNet), 3'068'421u);
}

// Counted by hand from the published network's 1,285,125.
TEST(Parameters, OfEveryOptionAreAsManyAsItsTensorsHold) {
  const std::size_t published = 1'285'125;
  EXPECT_EQ(parameter_count({.output_gate = OutputGate::sigmoid}), published);
  EXPECT_EQ(parameter_count({.boundary = Boundary::rim}), published);
  EXPECT_EQ(parameter_count({.boundary = Boundary::none}), published - 3 * 128 * 9);
  EXPECT_EQ(parameter_count({.pooling = Pooling::full}), published + 3 * (32 * 64 - 64));
  EXPECT_EQ(parameter_count({.pooling = Pooling::none}), published - 3 * (64 + 128 * 32 * 9));
  EXPECT_EQ(parameter_count({.skip = Skip::concatenation}), published + 3200 * 256);
  EXPECT_EQ(parameter_count({.skip = Skip::none}), published);
  EXPECT_EQ(parameter_count({.head = NetHead::pooled}), published - (3200 - 64) * 256);
  EXPECT_EQ(parameter_count({.skip = Skip::concatenation, .head = NetHead::pooled}), published - (3200 - 128) * 256);
  EXPECT_EQ(parameter_count({.encoder_kernel = 3}), published - 7 * (3 * 32 + 32 * 32));
  EXPECT_EQ(parameter_count({.input = NetInput::planes}), published + 4 * 16 * 32);
  EXPECT_EQ(parameter_count({.hidden = 64}), published - 192 * 3201 - 5 * 192);
  NetShape pooled = kGuezResNet;
  pooled.head = NetHead::pooled;
  EXPECT_EQ(parameter_count(pooled), 3'068'421u - (6400 - 128) * 256);
}

TEST(Parameters, FollowEachOtherWithoutGaps) {
  std::size_t at = 0;
  for (const ParameterTensor& tensor : parameter_tensors(kSmall)) {
    EXPECT_EQ(tensor.offset, at) << tensor.name;
    std::size_t size = 1;
    for (const std::int64_t dimension : tensor.shape) size *= static_cast<std::size_t>(dimension);
    EXPECT_EQ(tensor.size, size) << tensor.name;
    at += size;
  }
  EXPECT_EQ(at, parameter_count(kSmall));
}

TEST(InitialWeights, HaveThePublishedNorm) {
  for (const std::uint64_t seed : {0u, 1u, 2u, 3u}) {
    const double found = norm(initial_weights(kPublished, 1.0f, seed));
    EXPECT_GT(found, 39.5) << seed;
    EXPECT_LT(found, 39.7) << seed;
  }
}

TEST(InitialWeights, HaveTheStatedDeviationAndAreCutAtTwoOfTheNormalThatWasCut) {
  const std::vector<float> values = initial_weights(kPublished, 1.0f, 5);
  const std::string cell = "features_extractor.cell_list.1.";
  const std::pair<std::string, double> expected[] = {{"features_extractor.pre_model.0.weight", 48},
                                                     {"features_extractor.pre_model.2.weight", 512},
                                                     {cell + "conv_ih.weight", 864},
                                                     {cell + "conv_hh.weight", 288},
                                                     {cell + "fence_conv.weight", 9},
                                                     {cell + "pool_project", 2},
                                                     {"mlp_extractor.policy_net.fc0.weight", 3200}};
  for (const auto& [name, fan_in] : expected) {
    const auto tensor = part(kPublished, values, name);
    const double deviation = std::sqrt(1 / fan_in), size = static_cast<double>(tensor.size());
    // The standard error of a deviation is about 0.6 / sqrt(n) of it for this distribution; five of them.
    EXPECT_NEAR(norm(tensor) / std::sqrt(size) / deviation, 1.0, 5 * 0.6 / std::sqrt(size)) << name;
    for (const float value : tensor) EXPECT_LE(std::abs(value), 2.0 / 0.8796 * deviation * 1.0001) << name;
    double sum = 0;
    for (const float value : tensor) sum += value;
    EXPECT_NEAR(sum / size / deviation, 0.0, 5 / std::sqrt(size)) << name;
  }
  for (const ParameterTensor& tensor : parameter_tensors(kPublished)) {
    if (!tensor.name.ends_with("bias")) continue;
    EXPECT_EQ(norm(part(kPublished, values, tensor.name)), 0.0) << tensor.name;
  }
}

// Every tensor of every option has the variance 1 / fan_in, fan_in as the published code counts it.
TEST(InitialWeights, OfEveryOptionHaveTheStatedMoments) {
  NetShape guez{.boundary = Boundary::rim, .pooling = Pooling::full};
  guez.skip = Skip::concatenation;
  const NetShape bare{.boundary = Boundary::none, .pooling = Pooling::none, .head = NetHead::pooled};
  const auto sequence = [](int i) { return fmt::format("features_extractor.flatten.0.guez_conv_sequence_{}.", i); };
  const std::string cell = "features_extractor.cell_list.2.", dense = "mlp_extractor.policy_net.fc0.weight";
  struct Expected {
    NetShape shape;
    std::string name;
    double fan_in;
  };
  const Expected expected[] = {{guez, cell + "pool_project.weight", 64},
                               {guez, cell + "fence_conv.weight", 9},
                               {guez, dense, 6400},
                               {bare, cell + "conv_ih.weight", 576},
                               {bare, dense, 64},
                               {kGuezResNet, sequence(0) + "conv.weight", 48},
                               {kGuezResNet, sequence(1) + "resnet1.conv.weight", 512},
                               {kGuezResNet, sequence(2) + "conv.weight", 512},
                               {kGuezResNet, sequence(8) + "resnet0.conv.weight", 1024},
                               {kGuezResNet, dense, 6400}};
  std::vector<float> values;
  NetShape of_values{};
  for (const auto& [shape, name, fan_in] : expected) {
    if (values.empty() || shape != of_values) values = initial_weights(shape, 1.0f, 6);
    of_values = shape;
    const auto tensor = part(shape, values, name);
    const double size = static_cast<double>(tensor.size());
    EXPECT_NEAR(norm(tensor) / std::sqrt(size) * std::sqrt(fan_in), 1.0, 5 * 0.6 / std::sqrt(size)) << name;
    double sum = 0;
    for (const float value : tensor) sum += value;
    EXPECT_NEAR(sum / size * std::sqrt(fan_in), 0.0, 5 / std::sqrt(size)) << name;
  }
}

TEST(InitialWeights, HeadsAreOrthogonalTimesTheGain) {
  for (const float gain : {1.0f, 0.1f}) {
    const std::vector<float> values = initial_weights(kSmall, gain, 7);
    const auto policy = part(kSmall, values, "action_net.weight");
    for (std::size_t a = 0; a < 4; ++a) {
      for (std::size_t b = 0; b < 4; ++b) {
        double product = 0;
        for (std::size_t i = 0; i < 8; ++i) product += static_cast<double>(policy[a * 8 + i] * policy[b * 8 + i]);
        EXPECT_NEAR(product, a == b ? gain * gain : 0.0, 1e-6 * gain * gain);
      }
    }
    EXPECT_NEAR(norm(part(kSmall, values, "value_net.weight")), gain, 1e-6);
  }
}

TEST(InitialWeights, DependOnTheSeedAlone) {
  EXPECT_EQ(initial_weights(kSmall, 1.0f, 3), initial_weights(kSmall, 1.0f, 3));
  EXPECT_NE(initial_weights(kSmall, 1.0f, 3), initial_weights(kSmall, 1.0f, 4));
  const std::vector<float> values = initial_weights(kSmall, 1.0f, 3);
  EXPECT_NE(part(kSmall, values, "features_extractor.cell_list.0.conv_hh.weight")[0],
            part(kSmall, values, "features_extractor.cell_list.1.conv_hh.weight")[0]);
}

}  // namespace
}  // namespace boxwarp::test
