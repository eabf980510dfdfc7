// The processor's network against what the published code computes in double.
#include "tests/host/cpu/golden_case.hpp"

namespace boxwarp::test {
namespace {

TEST_F(GoldenNetwork, LogitsAndValuesAreThePublishedOnes) {
  expect_golden_outputs(*golden_, run_network(net_, 2, Direction::forward));
}

TEST_F(GoldenNetwork, StatesAfterEveryStepAreThePublishedOnes) {
  const auto h = golden_->values<float>("out.h"), c = golden_->values<float>("out.c");
  const auto channels = static_cast<std::size_t>(net_.shape.channels);
  const auto cells = static_cast<std::size_t>(net_.shape.height * net_.shape.width), size = net_.h_start.size();
  NetCase until = net_;
  for (int t = 0; t < net_.steps; ++t) {
    until.steps = t + 1;
    const NetResult result = run_network(until, 1, Direction::forward);
    const auto begin = static_cast<std::ptrdiff_t>(static_cast<std::size_t>(t) * size);
    const auto end = begin + static_cast<std::ptrdiff_t>(size);
    EXPECT_TRUE(
        all_near(result.h_end, channels_last({h.begin() + begin, h.begin() + end}, channels, cells), kGoldenStateBound))
        << t;
    EXPECT_TRUE(
        all_near(result.c_end, channels_last({c.begin() + begin, c.begin() + end}, channels, cells), kGoldenStateBound))
        << t;
  }
}

TEST_F(GoldenNetwork, GradientsAreThePublishedOnes) {
  const NetResult result = run_network(net_, 2, Direction::forward_and_backward);
  expect_golden_outputs(*golden_, result);
  expect_golden_gradients(*golden_, net_, result);
}

}  // namespace
}  // namespace boxwarp::test
