// Mistakes that the address sanitizer finds; the emulator adds whose they are. Such a program ends at its first mistake.
#include <gtest/gtest.h>

#include <vector>

#include "emulator/device_executor.hpp"
#include "emulator/kernels/wrong.hpp"
#include "emulator/memory.hpp"

namespace boxwarp {
namespace {

using emulator::Buffer;

TEST(EmulatorDeathTest, ReadPastTheEndNamesKernelAndThread) {
  emulated::DeviceExecutor executor;
  Buffer<int> values(std::vector<int>(64, 1));
  Buffer<int> out(64);
  EXPECT_DEATH(launch_read_past_end(executor, values.data(), out.data()), "in kernel read_past_end, block 0, thread 63");
}

TEST(EmulatorDeathTest, LargeCopyPastTheEndNamesKernelAndThread) {
  emulated::DeviceExecutor executor;
  Buffer<int> values(std::vector<int>(40, 1));
  EXPECT_DEATH(launch_large_copy(executor, values.data()), "in kernel large_copy, block 0, thread 0");
}

TEST(EmulatorDeathTest, WritePastTheEndNamesKernelAndThread) {
  emulated::DeviceExecutor executor;
  Buffer<int> values(std::vector<int>(64, 1));
  EXPECT_DEATH(launch_write_past_end(executor, values.data()), "in kernel write_past_end, block 0, thread 63");
}

TEST(EmulatorDeathTest, WritePastSharedMemoryNamesKernelAndThread) {
  emulated::DeviceExecutor executor;
  Buffer<int> out(64);
  EXPECT_DEATH(launch_past_shared(executor, out.data()), "in kernel past_shared, block 0, thread 63");
}

TEST(EmulatorDeathTest, MisalignedReadNamesKernelAndThread) {
  emulated::DeviceExecutor executor;
  Buffer<unsigned char> bytes(std::vector<unsigned char>(8, 1));
  Buffer<int> out(1);
  EXPECT_DEATH(launch_misaligned(executor, bytes.data(), out.data()), "in kernel misaligned, block 0, thread 0");
}

}  // namespace
}  // namespace boxwarp
