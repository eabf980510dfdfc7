// Products of a warpgroup on a GPU that has them.
#include <memory>

#include "tests/host/cuda/gpu_arrays.hpp"
#include "tests/host/cuda/gpu_fixture.hpp"
#include "tests/kernels/warpgroup_checks.hpp"

namespace boxwarp::test {
namespace {

class GpuWarpgroup : public GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    if (!executor->limits().warpgroups) GTEST_SKIP() << "no GPU of compute capability 9.0, or no code for 90a";
    current = executor.get();
    checks_ = std::make_unique<WarpgroupChecks<GpuMemory>>(*executor);
  }

  std::unique_ptr<WarpgroupChecks<GpuMemory>> checks_;
};

TEST_F(GpuWarpgroup, MultipliesOperandsInSharedMemoryFromAnyPieceOn) {
  checks_->multiplies_operands_in_shared_memory_from_any_piece_on();
}
TEST_F(GpuWarpgroup, MultipliesByALeftOperandInRegisters) { checks_->multiplies_by_a_left_operand_in_registers(); }
TEST_F(GpuWarpgroup, MultipliesOperandsThatLieTheOtherWay) { checks_->multiplies_operands_that_lie_the_other_way(); }
TEST_F(GpuWarpgroup, TurnsATile) { checks_->turns_a_tile(); }

}  // namespace
}  // namespace boxwarp::test
