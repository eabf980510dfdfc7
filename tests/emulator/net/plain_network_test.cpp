// The plain float32 network's kernels on the emulator: small cases, because the shadow looks at every byte. The plain build
// has larger ones of its own.
#include <gtest/gtest.h>

#include "emulator/device_executor.hpp"
#include "emulator/emulator_memory.hpp"
#include "emulator/ops.hpp"
#include "emulator/schedule.hpp"
#include "kernels/fault.hpp"
#include "tests/kernels/net_checks.hpp"

namespace boxwarp {
namespace test {
namespace {

class PlainNetwork : public testing::Test {
 protected:
  explicit PlainNetwork(emulator::Schedule schedule = {emulator::Order::shuffled, emulator::Order::shuffled, 3})
      : executor_(schedule, fault_.data()) {}

  emulator::Buffer<FaultWord> fault_{{kNoFault}, "fault"};
  emulated::DeviceExecutor executor_;
  NetChecks<EmulatorMemory> checks_{emulated::net_ops(), executor_};
};

// The kernels have no barriers, so that orders of threads have little to show: the published network goes through all, the
// rest through one.
class PlainNetworkInEveryOrder : public PlainNetwork, public testing::WithParamInterface<emulator::Schedule> {
 protected:
  PlainNetworkInEveryOrder() : PlainNetwork(GetParam()) {}
};
INSTANTIATE_TEST_SUITE_P(Emulator, PlainNetworkInEveryOrder, testing::ValuesIn(emulator::every_schedule()));

TEST_P(PlainNetworkInEveryOrder, EqualsOracleAndProcessor) {
  checks_.equals_both({2, 1, 16, 2, 3, 4, 5, 4, NetInput::rgb}, 2, 1, 41);
  EXPECT_EQ(fault_.values()[0], kNoFault);
}

// Where two cells share the maximum, so that the gradient is divided between them.
TEST_F(PlainNetwork, DividesTheGradientOfASharedMaximumAsTheProcessor) {
  NetCase net = random_case({1, 1, 16, 3, 3, 4, 8, 3, NetInput::planes}, 1, 1, 43);
  net.starts = {0};
  for (std::size_t c = 0; c < 16; ++c) net.h_start[2 * 16 + c] = net.h_start[7 * 16 + c] = 0.95f;
  checks_.expect_gradients(net.shape, checks_.run(net, Direction::forward_and_backward),
                           run_network(net, 1, Direction::forward_and_backward));
}

TEST_F(PlainNetwork, EqualsOracleAndProcessorWithEveryOption) {
  for (const NetShape& shape : every_option()) {
    SCOPED_TRACE(option_text(shape));
    const NetCase net = checks_.random_case_with_state(shape, 1, 1, 44);
    checks_.expect_gradients(shape, checks_.run_every_way(net), run_network(net, 1, Direction::forward_and_backward));
  }
}

TEST_F(PlainNetwork, KeepsActivationsThroughForwardsInBetween) {
  const NetCase net = random_case({1, 1, 16, 2, 2, 4, 5, 3, NetInput::planes}, 2, 2, 45);
  const NetResult expected = checks_.run(net, Direction::forward_and_backward);
  auto device = checks_.on_device(net, {.forward_boards = 3, .forward_steps = 2, .training_boards = 4, .training_steps = 3});
  device.load();
  device.network().forward(device.unroll(), true);
  device.network().forward(device.unroll(), false);
  device.network().backward(device.unroll(), device.gradient());
  EXPECT_TRUE(device.result(Direction::forward_and_backward) == expected);
}

// The state may be updated in place, and results nobody wants may be left out.
TEST_F(PlainNetwork, UpdatesTheStateInPlace) {
  const NetCase net = random_case({2, 1, 16, 2, 2, 4, 5, 3, NetInput::planes}, 2, 2, 46);
  const NetResult expected = checks_.run(net, Direction::forward_and_backward);
  auto device = checks_.on_device(net, {.forward_boards = 0, .forward_steps = 0, .training_boards = 2, .training_steps = 2});
  device.load();
  UnrollView unroll = device.unroll();
  unroll.h_end = const_cast<float*>(unroll.h_start);
  unroll.c_end = nullptr;
  UnrollGradientView gradient = device.gradient();
  gradient.grad_h_start = nullptr;
  device.network().forward(unroll, true);
  device.network().backward(unroll, gradient);
  EXPECT_EQ(device.h_start(), expected.h_end);
  EXPECT_EQ(device.grad_parameters(), expected.grad_parameters);
}

TEST_F(PlainNetwork, ReportsWhatIsNoCellCode) {
  NetCase net = random_case({1, 1, 16, 2, 2, 4, 5, 3, NetInput::planes}, 1, 3, 47);
  net.cells[2 * 4 + 3] = 7;
  checks_.run(net, Direction::forward);
  const Fault fault = unpacked(fault_.values()[0]);
  EXPECT_EQ(fault.kind, FaultKind::bad_cell);
  EXPECT_EQ(fault.environment, 2u);
  EXPECT_EQ(fault.value, 7);
}

TEST_F(PlainNetwork, RefusesWhatItWasNotMadeFor) {
  const NetCase net = random_case({1, 1, 16, 2, 2, 4, 5, 3, NetInput::planes}, 2, 2, 48);
  auto device = checks_.on_device(net, {.forward_boards = 1, .forward_steps = 2, .training_boards = 2, .training_steps = 2});
  EXPECT_THROW(device.network().forward(device.unroll(), true), std::logic_error) << "nothing was loaded";
  device.load();
  EXPECT_THROW(device.network().forward(device.unroll(), false), std::invalid_argument);
  EXPECT_THROW(device.network().backward(device.unroll(), device.gradient()), std::logic_error);
  device.network().forward(device.unroll(), true);
  UnrollGradientView from_the_end = device.gradient();
  from_the_end.grad_h_end = device.unroll().h_start;
  EXPECT_THROW(device.network().backward(device.unroll(), from_the_end), std::invalid_argument) << "for processors";
  EXPECT_FALSE(device.network().activations({})) << "for processors";
  device.network().backward(device.unroll(), device.gradient());
  EXPECT_THROW(device.network().backward(device.unroll(), device.gradient()), std::logic_error) << "used up";
  NetShape shape = net.shape;
  shape.channels = 24;
  EXPECT_THROW(emulated::net_ops().memory_bytes(shape, {1, 1, 0, 0}, {}), std::invalid_argument);
}

}  // namespace
}  // namespace test
}  // namespace boxwarp
