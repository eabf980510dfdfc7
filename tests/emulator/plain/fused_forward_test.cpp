// The published network, DRC(3,3), forward in the fused kernels: too much for the builds that look at every access.
#include "emulator/net/fused_run.hpp"

namespace boxwarp::test {
namespace {

TEST(FusedForward, ThePublishedNetworkIsTheOraclesWithinBf16) {
  const NetCase net = random_case({.hidden = 8}, 1, 1, 7);
  expect_oracle(net, emulator::every_schedule().back());
}

}  // namespace
}  // namespace boxwarp::test
