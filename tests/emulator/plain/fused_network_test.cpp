// The fused network by warpgroups over steps and ticks, and against products by mma.sync: too much for the builds that look at
// every access.
#include "emulator/device_executor.hpp"
#include "emulator/emulator_memory.hpp"
#include "emulator/ops.hpp"
#include "emulator/schedule.hpp"
#include "tests/kernels/bf16_checks.hpp"

namespace boxwarp::test {
namespace {

constexpr NetShape kSmall{.layers = 2, .ticks = 2, .channels = 32, .height = 4, .width = 3, .hidden = 16};

class FusedNetworkByWarpgroups : public testing::Test {
 protected:
  emulated::DeviceExecutor executor_{emulator::every_schedule().back()};
  NetChecks<EmulatorMemory> checks_{emulated::net_ops(), executor_};
};

TEST_F(FusedNetworkByWarpgroups, OutputsAreTheOraclesAndGradientsTheProcessors) {
  expect_bf16_drc(checks_, kSmall, {.precision = Precision::bf16_wgmma}, 2, 3, 21);
}

// Two warpgroups a board.
TEST_F(FusedNetworkByWarpgroups, SoTheyAreWith64Channels) {
  expect_bf16_drc(checks_, {.layers = 2, .ticks = 1, .channels = 64, .height = 2, .width = 4, .hidden = 16},
                  {.precision = Precision::bf16_wgmma}, 1, 2, 23, Maxima::weigh_nothing);
}

// Both add products in ascending order here.
TEST_F(FusedNetworkByWarpgroups, IsTheSameAsByMmaBitForBit) {
  NetCase net = random_case(kSmall, 2, 3, 22);
  net.starts = {1, 0, 1, 0, 1, 0};
  const NetResult wgmma = checks_.run(net, Direction::forward_and_backward, {.precision = Precision::bf16_wgmma});
  EXPECT_TRUE(wgmma == checks_.run(net, Direction::forward_and_backward, {}));
}

}  // namespace
}  // namespace boxwarp::test
