// The signature of the rules, played by the kernels: boards, players, rewards, flags and level ids of 4,096 boards. Only in
// the plain build, whose kernels may touch any memory, so that the engine's own arrays serve.
#include "host/engine/signature.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "emulator/device_executor.hpp"
#include "emulator/ops.hpp"
#include "host/engine/device.hpp"

namespace boxwarp {
namespace {

TEST(EmulatedSignature, IsTheProcessorsInBothTiers) {
  Device device = open_device("cpu", 1);
  const std::uint64_t processor = rules_signature(device, kSignatureBoards);
  device.executor = std::make_shared<emulated::DeviceExecutor>(emulator::Schedule{emulator::Order::shuffled});
  device.env = &emulated::env_ops();
  EXPECT_EQ(rules_signature(device, kSignatureBoards), processor);
  EXPECT_EQ(rules_signature(device, 1000, Tier::large), processor);
}

}  // namespace
}  // namespace boxwarp
