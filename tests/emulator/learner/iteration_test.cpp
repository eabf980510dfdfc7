// A whole iteration on the emulator beside the processor's.
#include <gtest/gtest.h>

#include "emulator/far_memory.hpp"
#include "emulator/ops.hpp"
#include "tests/host/learner/iteration_checks.hpp"

namespace boxwarp {
namespace test {
namespace {

Device whole_device() {
  Device device = emulated_device(emulator::Schedule{});
  device.net = &emulated::net_ops();
  device.learn = &emulated::learn_ops();
  return device;
}

struct Whole {
  Algorithm algorithm;
  PrecisionChoice precision;
};

class WholeIteration : public testing::TestWithParam<Whole> {};
INSTANTIATE_TEST_SUITE_P(Emulator, WholeIteration,
                         testing::Values(Whole{Algorithm::vtrace, PrecisionChoice::float32},
                                         Whole{Algorithm::ppo, PrecisionChoice::float32},
                                         Whole{Algorithm::vtrace, PrecisionChoice::bf16},
                                         Whole{Algorithm::ppo, PrecisionChoice::bf16}));

TEST_P(WholeIteration, EqualsTheProcessors) {
  expect_whole_iteration(whole_device(), GetParam().algorithm, GetParam().precision);
}

TEST(SeriesOfIterations, EachUpdateIsTheProcessorsFromTheSameWeights) { expect_series_of_iterations(whole_device()); }

class SeriesOfPrecision : public testing::TestWithParam<PrecisionChoice> {};
INSTANTIATE_TEST_SUITE_P(Emulator, SeriesOfPrecision, testing::Values(PrecisionChoice::float32, PrecisionChoice::bf16));

TEST_P(SeriesOfPrecision, HalvesTheLossAsTheProcessorsDoes) { expect_falling_loss(whole_device(), GetParam()); }

}  // namespace
}  // namespace test
}  // namespace boxwarp
