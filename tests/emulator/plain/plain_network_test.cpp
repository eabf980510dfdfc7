// The plain network's gradients against the oracle's differences, for every option, and all it gives against the published
// code's: only in the plain build, which is quick enough.
#include <gtest/gtest.h>

#include "emulator/device_executor.hpp"
#include "emulator/emulator_memory.hpp"
#include "emulator/ops.hpp"
#include "tests/host/cpu/golden_case.hpp"
#include "tests/kernels/net_checks.hpp"

namespace boxwarp {
namespace test {
namespace {

TEST(PlainNetworkGradient, IsTheOraclesSlopeWithEveryOption) {
  emulated::DeviceExecutor executor;
  NetChecks<EmulatorMemory> checks(emulated::net_ops(), executor);
  std::vector<NetShape> shapes = every_option();
  shapes.push_back({3, 1, 16, 3, 4, 4, 7, 4, NetInput::rgb});  // as published
  for (const NetShape& shape : shapes) {
    SCOPED_TRACE(option_text(shape));
    const NetCase net = checks.random_case_with_state(shape, 2, 1, 51);
    checks.expect_slopes(net, checks.run(net, Direction::forward_and_backward));
  }
}

// Sizes that are awkward: boards fill no group of cells, one layer reads its own state as p, one row of cells.
TEST(PlainNetworkSizes, EqualOracleAndProcessor) {
  emulated::DeviceExecutor executor;
  NetChecks<EmulatorMemory> checks(emulated::net_ops(), executor);
  checks.equals_both({2, 2, 16, 3, 5, 4, 9, 4, NetInput::rgb}, 3, 1, 41);
  checks.equals_both({1, 3, 16, 3, 3, 3, 7, 3, NetInput::planes}, 1, 7, 42);
  checks.equals_both({3, 1, 32, 2, 3, 4, 8, 4, NetInput::rgb}, 3, 1, 43);
  checks.equals_both({1, 1, 16, 1, 6, 5, 4, 4, NetInput::planes}, 2, 2, 44);
}

TEST_F(GoldenNetwork, IsThePublishedOneInThePlainKernels) {
  emulated::DeviceExecutor executor;
  NetChecks<EmulatorMemory> checks(emulated::net_ops(), executor);
  const NetResult result = checks.run(net_, Direction::forward_and_backward);
  expect_golden_outputs(*golden_, result);
  expect_golden_gradients(*golden_, net_, result);
}

}  // namespace
}  // namespace test
}  // namespace boxwarp
