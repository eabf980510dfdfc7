// The plain float32 network's kernels on the emulator, in every order of threads.
#include <gtest/gtest.h>

#include "emulator/device_executor.hpp"
#include "emulator/memory.hpp"
#include "emulator/schedule.hpp"
#include "kernels/fault.hpp"
#include "tests/kernels/net_checks.hpp"

namespace boxwarp {
namespace emulated {
const NetOps& net_ops();
}

namespace test {
namespace {

struct EmulatorMemory {
  template <class T>
  using Buffer = emulator::Buffer<T>;
};

class PlainNetwork : public testing::TestWithParam<emulator::Schedule> {
 protected:
  emulator::Buffer<FaultWord> fault_{{kNoFault}, "fault"};
  emulated::DeviceExecutor executor_{GetParam(), fault_.data()};
  NetChecks<EmulatorMemory> checks_{emulated::net_ops(), executor_};
};
INSTANTIATE_TEST_SUITE_P(Emulator, PlainNetwork, testing::ValuesIn(emulator::every_schedule()));

TEST_P(PlainNetwork, EqualsOracleAndProcessor) {
  checks_.equals_both({2, 2, 16, 3, 5, 4, 9, 4, NetInput::rgb}, 3, 2, 41);
  EXPECT_EQ(fault_.values()[0], kNoFault);
}

}  // namespace
}  // namespace test
}  // namespace boxwarp
