// Networks on a GPU, held to what the emulator holds them to, and to sizes that are too much for that.
#include "host/cuda/graph.hpp"
#include "tests/host/cpu/golden_case.hpp"
#include "tests/host/cuda/gpu_arrays.hpp"
#include "tests/host/cuda/gpu_fixture.hpp"
#include "tests/kernels/bf16_checks.hpp"

namespace boxwarp {
namespace cuda {
const NetOps& net_ops();
}

namespace test {
namespace {

class GpuPlainNetwork : public GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    current = executor.get();
    checks_ = std::make_unique<NetChecks<GpuMemory>>(cuda::net_ops(), *executor);
  }

  static constexpr int kBoards = 4;

  // Nothing is taken, copied by the host or waited for, and it gives the same bits every time.
  void expect_same_bits_when_recorded(const NetMode& mode) {
    const NetCase net = random_case({2, 2, 32, 10, 10, 4, 64, 4, NetInput::rgb}, 3, kBoards, 45);
    const NetResult expected = checks_->run(net, Direction::forward_and_backward, mode);
    auto device = checks_->on_device(
        net, {.forward_boards = 0, .forward_steps = 0, .training_boards = kBoards, .training_steps = 3}, mode);
    const CudaGraph graph("network", queue(), [&] {
      device.load();
      device.network().forward(device.unroll(), true);
      device.network().backward(device.unroll(), device.gradient());
    });
    for (int repetition = 0; repetition < 2; ++repetition) {
      graph.launch(queue());
      executor->synchronize();
      EXPECT_TRUE(device.result(Direction::forward_and_backward) == expected);
    }
  }

  std::unique_ptr<NetChecks<GpuMemory>> checks_;
};

// Short, for compute-sanitizer.
TEST_F(GpuPlainNetwork, EqualsOracleAndProcessorForAwkwardSizes) {
  checks_->equals_both({2, 2, 16, 3, 5, 4, 9, 4, NetInput::rgb}, 2, 1, 41);
  checks_->equals_both({1, 3, 16, 3, 3, 3, 7, 3, NetInput::planes}, 1, 7, 42);
}

TEST_F(GpuPlainNetwork, EqualsOracleAndProcessorAsPublished) {
  checks_->equals_both({.layers = 3, .ticks = 3, .channels = 32, .height = 10, .width = 10}, 2, 3, 43);
}

TEST_F(GpuPlainNetwork, EqualsOracleAndProcessorOnManyBoards) {
  checks_->equals_both({.layers = 3, .ticks = 3, .channels = 32, .height = 10, .width = 10}, 3, 33, 44);
}

TEST_F(GpuPlainNetwork, EqualsOracleAndProcessorOnLargeBoards) {
  checks_->equals_both({.layers = 1, .ticks = 1, .channels = 16, .height = 40, .width = 64, .hidden = 12}, 1, 2, 44);
}

TEST_F(GpuPlainNetwork, EqualsOracleAndProcessorWithEveryOption) {
  for (const NetShape& shape : every_option()) {
    SCOPED_TRACE(option_text(shape));
    const NetCase net = checks_->random_case_with_state(shape, 2, 1, 51);
    checks_->expect_gradients(shape, checks_->run_every_way(net), run_network(net, 1, Direction::forward_and_backward));
  }
}

TEST_F(GpuPlainNetwork, IsThePublishedOne) {
  if (!std::filesystem::exists(golden_path())) GTEST_SKIP() << golden_path() << " is not there";
  const Golden golden(read_safetensors(golden_path()));
  const NetCase net = golden_case(golden);
  const NetResult result = checks_->run(net, Direction::forward_and_backward);
  expect_golden_outputs(golden, result);
  expect_golden_gradients(golden, net, result);
}

TEST_F(GpuPlainNetwork, CanBeRecordedAndRepeatsItself) { expect_same_bits_when_recorded({.precision = Precision::float32}); }

class GpuBf16Network : public GpuPlainNetwork {};

constexpr NetShape kSmall{.layers = 2, .ticks = 2, .channels = 16, .height = 4, .width = 3, .hidden = 16};

// Short, for compute-sanitizer.
TEST_F(GpuBf16Network, IsCloseToOracleAndProcessorForAwkwardSizes) {
  expect_bf16_drc(*checks_, kSmall, {}, 2, 2, 21);
  expect_bf16_drc(*checks_, kSmall, {.recompute = true}, 2, 2, 21);
  expect_bf16_drc(*checks_, every_option().front(), {}, 2, 2, 23);
}

TEST_F(GpuBf16Network, IsCloseToOracleAndProcessorAsPublished) {
  expect_bf16_drc(*checks_, {}, {}, 2, 9, 24, Maxima::weigh_nothing);  // the oracle is slow
  expect_bf16_drc(*checks_, {.layers = 1, .ticks = 2, .channels = 64, .height = 7, .width = 8}, {}, 2, 5, 25,
                  Maxima::weigh_nothing);
  expect_bf16_drc(*checks_, {.channels = 16, .output_gate = OutputGate::sigmoid}, {.recompute = true}, 2, 5, 26,
                  Maxima::weigh_nothing);
}

TEST_F(GpuBf16Network, IsCloseToOracleAndProcessorLayerByLayer) {
  for (NetShape shape : every_option()) {
    shape.hidden = 20;
    shape.head = NetHead::flatten;
    if (shape.kind == NetKind::drc) expect_bf16_drc(*checks_, shape, {}, 2, 3, 27, Maxima::weigh_nothing);
  }
  expect_bf16_drc(*checks_, {.layers = 2, .ticks = 1, .height = 32, .width = 32, .hidden = 32}, {}, 1, 2, 28,
                  Maxima::weigh_nothing);
  expect_bf16_resnet(*checks_, kGuezResNet, {}, 3, 29);
}

// One board more than there are blocks side by side: the way back takes two a block.
TEST_F(GpuBf16Network, BoardsOfABlockDoNotMatterToOneAnother) {
  const int blocks = 2 * cuda_report().gpus.front().multiprocessors;
  expect_the_same_in_parts(*checks_, {.layers = 2, .ticks = 1, .hidden = 16}, 2, blocks + 1, blocks, 33);
}

TEST_F(GpuBf16Network, CanBeRecordedAndRepeatsItself) { expect_same_bits_when_recorded({}); }

// Where the device has warpgroups.
class GpuWgmmaNetwork : public GpuPlainNetwork {
 protected:
  void SetUp() override {
    GpuPlainNetwork::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    if (!executor->limits().warpgroups) GTEST_SKIP() << "no GPU of compute capability 9.0, or no code for 90a";
  }

  static constexpr NetMode kMode{.precision = Precision::bf16_wgmma};
};

// Short, for compute-sanitizer.
TEST_F(GpuWgmmaNetwork, IsCloseToOracleAndProcessorForAwkwardSizes) {
  const NetShape small{.layers = 2, .ticks = 2, .channels = 32, .height = 4, .width = 3, .hidden = 16};
  expect_bf16_drc(*checks_, small, kMode, 2, 2, 21, Maxima::weigh_nothing);
  expect_bf16_drc(*checks_, small, {.precision = Precision::bf16_wgmma, .recompute = true}, 2, 2, 21, Maxima::weigh_nothing);
}

TEST_F(GpuWgmmaNetwork, IsCloseToOracleAndProcessorAsPublished) {
  expect_bf16_drc(*checks_, {}, kMode, 2, 9, 24, Maxima::weigh_nothing);
  expect_bf16_drc(*checks_, {.layers = 2, .ticks = 1, .channels = 64, .height = 7, .width = 8}, kMode, 2, 5, 25,
                  Maxima::weigh_nothing);
}

TEST_F(GpuWgmmaNetwork, CanBeRecordedAndRepeatsItself) { expect_same_bits_when_recorded(kMode); }

}  // namespace
}  // namespace test
}  // namespace boxwarp
