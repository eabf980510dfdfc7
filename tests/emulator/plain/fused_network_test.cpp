// The fused network with several boards a block, and by warpgroups over steps and ticks: too much for the builds that look
// at every access.
#include "emulator/device_executor.hpp"
#include "emulator/emulator_memory.hpp"
#include "emulator/ops.hpp"
#include "emulator/schedule.hpp"
#include "kernels/dialect.cuh"
#include "kernels/net/backward_blocks.hpp"
#include "tests/kernels/bf16_checks.hpp"

namespace boxwarp::test {
namespace {

constexpr NetShape kSmall{.layers = 2, .ticks = 2, .channels = 32, .height = 4, .width = 3, .hidden = 16};

class FusedNetworkWhole : public testing::Test {
 protected:
  emulated::DeviceExecutor executor_{emulator::every_schedule().back()};
  NetChecks<EmulatorMemory> checks_{emulated::net_ops(), executor_};
};

// Five boards are two blocks of two and one of one on the way back, four have a block each.
TEST_F(FusedNetworkWhole, BoardsOfABlockDoNotMatterToOneAnother) {
  const NetShape shape{.layers = 2, .ticks = 1, .height = 8, .width = 8, .hidden = 16};
  const DeviceLimits limits = emulated::kLimits;
  const auto each = [&](int boards) {
    return BackBlock{fused_shape(shape)}.boards(boards, limits.multiprocessors, limits.shared_bytes);
  };
  ASSERT_EQ(each(5), 2);
  ASSERT_EQ(each(4), 1);
  expect_the_same_in_parts(checks_, shape, 1, 5, 4, 33);
}

TEST_F(FusedNetworkWhole, ByWarpgroupsOutputsAreTheOraclesAndGradientsTheProcessors) {
  expect_bf16_drc(checks_, kSmall, {.precision = Precision::bf16_wgmma}, 2, 3, 21);
}

// Two warpgroups a board.
TEST_F(FusedNetworkWhole, ByWarpgroupsSoTheyAreWith64Channels) {
  expect_bf16_drc(checks_, {.layers = 2, .ticks = 1, .channels = 64, .height = 2, .width = 4, .hidden = 16},
                  {.precision = Precision::bf16_wgmma}, 1, 2, 23, Maxima::weigh_nothing);
}

// Both add products in ascending order here.
TEST_F(FusedNetworkWhole, IsTheSameByMmaAndByWarpgroupsBitForBit) {
  NetCase net = random_case(kSmall, 2, 3, 22);
  net.starts = {1, 0, 1, 0, 1, 0};
  const NetResult wgmma = checks_.run(net, Direction::forward_and_backward, {.precision = Precision::bf16_wgmma});
  EXPECT_TRUE(wgmma == checks_.run(net, Direction::forward_and_backward, {}));
}

}  // namespace
}  // namespace boxwarp::test
