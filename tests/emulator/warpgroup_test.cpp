// Products of a warpgroup on the emulator, and the mistakes with them that it finds.
#include <string>

#include "emulator/device_executor.hpp"
#include "emulator/emulator_memory.hpp"
#include "emulator/fault.hpp"
#include "emulator/schedule.hpp"
#include "tests/kernels/warpgroup_checks.hpp"

namespace boxwarp::test {
namespace {

class Warpgroup : public testing::TestWithParam<emulator::Schedule> {
 protected:
  emulated::DeviceExecutor executor_{GetParam()};
  WarpgroupChecks<EmulatorMemory> checks_{executor_};
};
INSTANTIATE_TEST_SUITE_P(Emulator, Warpgroup, testing::ValuesIn(emulator::every_schedule()));

TEST_P(Warpgroup, MultipliesOperandsInSharedMemoryFromAnyPieceOn) {
  checks_.multiplies_operands_in_shared_memory_from_any_piece_on();
}
TEST_P(Warpgroup, MultipliesByALeftOperandInRegisters) { checks_.multiplies_by_a_left_operand_in_registers(); }
TEST_P(Warpgroup, MultipliesOperandsThatLieTheOtherWay) { checks_.multiplies_operands_that_lie_the_other_way(); }
TEST_P(Warpgroup, TurnsATile) { checks_.turns_a_tile(); }

TEST_P(Warpgroup, MistakesAreReported) {
  const auto text_of = [&](ProductMistake mistake) -> std::string {
    emulator::Buffer<float> sums(128);
    try {
      launch_wrong_product(executor_, mistake, sums.data());
    } catch (const emulator::Fault& fault) {
      return fault.what();
    }
    return "no fault";
  };
  // A build that looks at every access may tell the first as a race, before the wait does.
  const std::string early = text_of(ProductMistake::written_too_early);
  EXPECT_NE(early.find("warpgroups.cu"), std::string::npos) << early;
  const std::string different = text_of(ProductMistake::different_operands);
  EXPECT_NE(different.find("different operands"), std::string::npos) << different;
  const std::string beyond = text_of(ProductMistake::beyond_memory);
  EXPECT_NE(beyond.find("outside of shared memory"), std::string::npos) << beyond;
}

}  // namespace
}  // namespace boxwarp::test
