#include <gtest/gtest.h>

#include <cmath>

#include "host/cpu/encoder.hpp"
#include "host/cpu/network_parts.hpp"
#include "tests/host/cpu/net_arrays.hpp"
#include "tests/host/cpu/net_instruction_sets.hpp"

namespace boxwarp::test {
namespace {

TEST(NetEncoder, EqualsDrawingTheImageAndConvolvingIt) {
  for_each_instruction_set([] {
    std::mt19937 random(3);
    for (const NetInput input : {NetInput::rgb, NetInput::planes}) {
      for (const int kernel : {3, 4}) {
        const NetShape net{1, 1, 48, 5, 3, 4, 8, kernel, input};
        const NetCase example = random_case(net, 1, 7, 40 + static_cast<unsigned>(kernel));
        const NetworkParts layout = network_parts(net);
        AlignedFloats parts(layout.size);
        regroup(layout, example.parameters.data(), parts.data());
        Guarded y(7 * 15 * 48);
        encoder_forward({7, 5, 3, 48, kernel}, example.cells.data(), parts.data() + layout.table.offset,
                        parts.data() + layout.encoder_bias.offset, y.data());
        const OracleInputs inputs = oracle_inputs(example);
        const oracle::Drc drc{1, 1, 48, 5, 3, kernel, input == NetInput::rgb, inputs.parameters};
        std::vector<double> expected;
        for (int image = 0; image < 7; ++image) {
          oracle::Map map = oracle::same_convolution(oracle::observed(example.cells.data() + image * 15, 5, 3, drc.rgb),
                                                     drc.parameter("features_extractor.pre_model.0.weight"), 48, kernel);
          oracle::add_bias(map, drc.parameter("features_extractor.pre_model.0.bias"));
          append(map, expected);
        }
        EXPECT_TRUE(all_near(y.values(), expected, kBound));
      }
    }
  });
}

TEST(NetEncoder, GradientIsTheTransposedMap) {
  for_each_instruction_set([] {
    std::mt19937 random(4);
    const std::size_t rows = 16 * kTableCodes * 16;
    std::vector<std::uint8_t> cells(3 * 20);
    for (std::uint8_t& cell : cells) cell = static_cast<std::uint8_t>(random() % 7);
    Guarded table(random_floats(random, rows, 1.0f)), bias(random_floats(random, 16, 1.0f)), y(3 * 20 * 16);
    for (std::size_t tap = 0; tap < 16; ++tap) std::fill_n(table.data() + (tap * kTableCodes + kOutsideCode) * 16, 16, 0.0f);
    Guarded grad_y(random_floats(random, 3 * 20 * 16, 1.0f)), grad_table(rows), grad_bias(16);
    const EncoderShape shape{3, 4, 5, 16, 4};
    encoder_forward(shape, cells.data(), table.data(), bias.data(), y.data());
    encoder_backward(shape, cells.data(), grad_y.data(), grad_table.data(), grad_bias.data());
    const double expected = dot(y.values(), grad_y.values());
    EXPECT_NEAR(dot(table.values(), grad_table.values()) + dot(bias.values(), grad_bias.values()), expected, 1e-3);
    encoder_backward(shape, cells.data(), grad_y.data(), grad_table.data(), grad_bias.data());
    EXPECT_NEAR(dot(table.values(), grad_table.values()) + dot(bias.values(), grad_bias.values()), 2 * expected, 2e-3);
  });
}

}  // namespace
}  // namespace boxwarp::test
