// The performance model's counts against those of design arithmetic worked out by hand, and its times against limits that no
// kernel can pass.
#include <gtest/gtest.h>

#include <stdexcept>

#include "bench/model/compare.hpp"
#include "bench/model/instructions.hpp"
#include "bench/model/predict.hpp"
#include "tests/oracle/close.hpp"

namespace boxwarp::model {
namespace {

const Work& named(const std::vector<Work>& works, const std::string& name) {
  for (const Work& work : works)
    if (work.kernel == name) return work;
  ADD_FAILURE() << "no " << name;
  return works.front();
}

const Gpu& gpu_named(const std::string& name) {
  for (const Gpu& gpu : gpus())
    if (gpu.name == name) return gpu;
  ADD_FAILURE() << "no " << name;
  return gpus().front();
}

const Gpu& h200() { return gpu_named("H200"); }

constexpr Batch kPaper{.boards = 256, .steps = 20, .minibatch = 32, .epochs = 1, .bootstrap = true, .parameters = 1285125};

TEST(PerformanceModel, CountsTheForwardPassOfDrc33) {
  double flop = 0;
  for (const Work& work : forward_work({}, 1, 1, false, h200())) flop += work.flop;
  // In M multiply-adds: encoder 1.64, e part 3 x 3.69, cells 9 x 7.37, pooled 0.33, dense and heads 0.82; the first layer is
  // a table here, 0.05 M additions.
  EXPECT_TRUE(oracle::close(flop, 160.5e6, 0, 0.003));
}

TEST(PerformanceModel, CountsWhatTensorCoresExecute) {
  // A cell application: 112 rows, K = 9 x 64, N = 128 are 4,032 products of 16x8x16; q adds 16 rows, K = 9 x 32.
  const Work cells = named(forward_work({}, 1, 1, false, h200()), "conv_lstm_forward");
  EXPECT_EQ(cells.tensor_flop, 9 * (4032.0 + 288) * 4096);
  // One layer of 16 channels: p and h are the same, so K = 9 x 16, N = 64; 7x7 cells in 64 rows, 8x8 in 112.
  NetShape small{.layers = 1, .ticks = 1, .channels = 16, .height = 7, .width = 7};
  EXPECT_EQ(named(forward_work(small, 1, 1, false, h200()), "conv_lstm_forward").tensor_flop, 2.0 * (64 + 16) * 9 * 16 * 64);
  small.height = small.width = 8;
  EXPECT_EQ(named(forward_work(small, 1, 1, false, h200()), "conv_lstm_forward").tensor_flop,
            2.0 * (112 + 16) * 9 * 16 * 64);
}

TEST(PerformanceModel, CountsSpecialFunctionsOfEveryCellAndChannel) {
  const Work cells = named(forward_work({}, 1, 1, false, h200()), "conv_lstm_forward");
  EXPECT_EQ(cells.special, 9 * 112 * 32 * 5) << "i, j, f, o and tanh(c), one each";
}

TEST(PerformanceModel, KeepsTheActivationsThatBackwardNeeds) {
  const Work cells = named(forward_work({}, 1, 1, true, h200()), "conv_lstm_forward");
  // Nine times gates of 112 rows, maximum, mean and q; twelve times c of 112 rows and h as a tile of 136 cells.
  EXPECT_TRUE(
      oracle::close(cells.dram_bytes, 9 * (112 * 128 * 2 + 3 * 32 * 4.0) + 12 * (112 * 32 * 2 + 136 * 32 * 2.0), 0, 1e-12));
  EXPECT_EQ(named(forward_work({}, 1, 1, false, h200()), "conv_lstm_forward").dram_bytes, 0);
}

TEST(PerformanceModel, GrowsWithBoardsStepsAndMinibatches) {
  const double once = named(forward_work({}, 1, 7, true, h200()), "conv_lstm_forward").l2_bytes;
  EXPECT_EQ(named(forward_work({}, 5, 7, true, h200()), "conv_lstm_forward").l2_bytes, 5 * once);
  const std::vector<Work> update = update_work({}, kPaper, h200());
  EXPECT_EQ(named(update, "conv_lstm_forward").launches, 20);
  EXPECT_EQ(named(update, "grad_conv_lstm").launches, 8);
  // Backward's products of p and h are as many as forward's, twice: of data and of weights.
  const double applications = 256.0 * 21 * 9;
  EXPECT_EQ(named(update, "grad_recurrent_weights").tensor_flop, applications * 4032 * 4096);
  EXPECT_EQ(named(update, "grad_conv_lstm").tensor_flop, applications * (4032 + 112) * 4096);
}

TEST(PerformanceModel, NamesTheResourceThatTakesLongest) {
  const Gpu& gpu = gpu_named("H200");
  const double clocks = gpu.multiprocessors * gpu.clock_hz;
  const auto limit = [&](const Work& work) { return std::string(predict(work, gpu).limit); };
  EXPECT_EQ(limit({.kernel = "x", .launches = 0, .tensor_flop = 1e12}), "tensor cores");
  EXPECT_EQ(limit({.kernel = "x", .launches = 0, .special = 1e12}), "special functions");
  EXPECT_EQ(limit({.kernel = "x", .launches = 0, .instructions = 1e12}), "instructions");
  EXPECT_EQ(limit({.kernel = "x", .launches = 0, .dram_bytes = 1e12}), "DRAM");
  EXPECT_EQ(limit({.kernel = "x", .launches = 3}), "launches");
  EXPECT_TRUE(oracle::close(predict({.kernel = "x", .special = clocks * 16}, gpu).seconds, 1, 0, 1e-12));
}

TEST(PerformanceModel, WhatDoesNotFitTheCacheGoesToMemory) {
  const Gpu& gpu = gpu_named("H200");
  const Work fits{.kernel = "x", .cached_bytes = 4.3e12, .cached_set = gpu.l2_bytes / 4};
  Work exceeds = fits;
  exceeds.cached_set = gpu.l2_bytes;
  EXPECT_EQ(predict(fits, gpu).dram, 0);
  EXPECT_TRUE(oracle::close(predict(exceeds, gpu).dram, 1, 0, 1e-12));
}

// 133 boards on 132 multiprocessors take as long as 264: in two blocks, or in one of two.
TEST(PerformanceModel, BoardsAreWhole) {
  const auto tensor = [&](int boards) { return predict(forward_work({}, 1, boards, false, h200())[1], h200()).tensor; };
  EXPECT_TRUE(oracle::close(tensor(132), tensor(1), 0, 1e-12));
  EXPECT_TRUE(oracle::close(tensor(264), 2 * tensor(132), 0, 1e-12));
  EXPECT_TRUE(oracle::close(tensor(263), tensor(264), 0, 0.004)) << "the last block's second board is not counted";
}

TEST(PerformanceModel, BlocksAreDealtOutWhole) {
  const auto seconds = [&](double blocks, double side_by_side) {
    return predict(
               {.kernel = "x", .launches = 0, .instructions = blocks * 1e9, .blocks = blocks, .side_by_side = side_by_side},
               h200())
        .seconds;
  };
  EXPECT_TRUE(oracle::close(seconds(132, 1), seconds(1, 1), 0, 1e-12));
  EXPECT_TRUE(oracle::close(seconds(144, 1), 2 * seconds(132, 1), 0, 1e-12));
  EXPECT_TRUE(oracle::close(seconds(144, 2), 2 * seconds(132, 2), 0, 1e-12)) << "two share a multiprocessor";
  EXPECT_TRUE(oracle::close(seconds(265, 2), 3 * seconds(132, 2), 0, 1e-12));
}

// Products, then as many other instructions: only a second block fills the gaps.
TEST(PerformanceModel, PhasesOfABlockFollowOneAnother) {
  const double clocks = h200().multiprocessors * h200().clock_hz;
  Work work{.kernel = "x",
            .launches = 0,
            .tensor_flop = clocks * h200().tensor_flop,
            .instructions = clocks * h200().instructions,
            .blocks = 132,
            .in_phases = true};
  EXPECT_TRUE(oracle::close(predict(work, h200()).seconds, 2, 0, 1e-12));
  EXPECT_EQ(std::string(predict(work, h200()).limit), "phases of a block");
  work.blocks = 264;
  work.side_by_side = 2;
  EXPECT_TRUE(oracle::close(predict(work, h200()).seconds, 1, 0, 1e-12));
}

// Boards of a block read weights once: three of 32 channels, one where shared memory has room for no more.
TEST(PerformanceModel, BoardsOfABlockShareWeights) {
  const auto cells = [&](const Gpu& gpu) { return forward_work({}, 1, 900 * 1000, false, gpu)[1]; };
  const Gpu &large = h200(), &small = gpu_named("RTX 4090");
  EXPECT_EQ(cells(large).blocks, 300 * 1000);
  EXPECT_EQ(cells(small).blocks, 900 * 1000);
  const double weights = 9.0 * 96 * 128 * 2, applications = 900e3 * 9;
  EXPECT_TRUE(oracle::close(cells(small).l2_bytes - cells(large).l2_bytes, applications * weights * 2 / 3, 0, 1e-9));
}

// The bound of design arithmetic for dense bf16 at 790 TFLOP/s: nothing counted here may pass it.
TEST(PerformanceModel, StaysBelowWhatTheGpuCanDo) {
  const Gpu& gpu = gpu_named("H200");
  for (const Precision precision : {Precision::bf16, Precision::bf16_wgmma})
    for (const int boards : {256, 8192}) {
      Batch batch = kPaper;
      batch.boards = boards;
      batch.minibatch = boards / 8;
      double seconds = 0, flop = 0;
      for (const Work& work : update_work({}, batch, gpu, precision)) {
        const Prediction time = predict(work, gpu);
        seconds += time.seconds;
        flop += work.flop;
        for (const double part : {time.tensor, time.special, time.doubles, time.instructions, time.shared, time.l2,
                                  time.dram, time.serial, time.launches})
          EXPECT_LE(part, time.seconds) << work.kernel;
      }
      EXPECT_LT(boards * 20 / seconds, 1.23e6);
      EXPECT_GT(flop / (boards * 20), 0.98 * 643e6) << "work of a training frame";
    }
}

// The works of a step of so many boards, as kept for the way back.
std::vector<Work> step(int boards, Precision precision, const NetShape& shape = {}) {
  std::vector<Work> works = forward_work(shape, 1, boards, true, h200(), precision);
  for (const Work& work : backward_work(shape, 1, boards, h200(), precision)) works.push_back(work);
  return works;
}

// The work of a kernel by mma.sync, and by warpgroups.
struct Ways {
  Work mma, wgmma;
  Ways(const std::string& kernel, int boards)
      : mma(named(step(boards, Precision::bf16), kernel)),
        wgmma(named(step(boards, Precision::bf16_wgmma), kernel + "_wgmma")) {}
  double bytes_saved() const { return mma.shared_bytes - wgmma.shared_bytes; }
};

TEST(PerformanceModel, WarpgroupsMultiplyAtTheFullRate) {
  for (const char* kernel : {"conv_lstm_forward", "grad_conv_lstm", "grad_recurrent_weights"}) {
    const Ways ways(kernel, 264);
    EXPECT_EQ(ways.wgmma.flop, ways.mma.flop) << kernel;
    EXPECT_EQ(ways.wgmma.tensor_flop, ways.mma.tensor_flop) << kernel;
    EXPECT_EQ(ways.wgmma.warpgroup_flop, 264 * 9 * 4032.0 * 4096) << kernel << ": products of p and h";
    const double by_mma = 1 - ways.wgmma.warpgroup_flop / ways.wgmma.tensor_flop;  // for q and classes
    const double share = predict(ways.wgmma, h200()).tensor / predict(ways.mma, h200()).tensor;
    EXPECT_TRUE(oracle::close(share, by_mma + 0.6 * (1 - by_mma), 0, 1e-12)) << kernel;
    EXPECT_LT(ways.wgmma.instructions, ways.mma.instructions) << kernel;
  }
}

// A cell application: 4,032 products of 16x8x16 are 72 of 64x112x16, or for gradients of weights 126 of 64x64x16.
TEST(PerformanceModel, WarpgroupsReadTheirOperandsFromSharedMemory) {
  const auto close = [](double bytes, double applications, double mma, double wgmma) {
    return oracle::close(bytes, applications * (mma - wgmma), 0, 1e-12);
  };
  EXPECT_TRUE(
      close(Ways("conv_lstm_forward", 1).bytes_saved(), 9, 4032 * (512 / 4.0 + 256 / 7.0), 72 * (2048 + 112 * 32.0)));
  EXPECT_TRUE(close(Ways("grad_recurrent_weights", 1).bytes_saved(), 9, 4032 * (512 / 8.0 + 256 / 3.0), 126 * 4096.0));
  // Back, weights go to registers by way of L1, where two boards of a block share them.
  const double back = 4032 * (512 / 2.0 + 256 / 7.0);
  EXPECT_TRUE(close(Ways("grad_conv_lstm", 1).bytes_saved(), 9, back, 72 * (2048 + 112 * 32.0)));
  EXPECT_TRUE(close(Ways("grad_conv_lstm", 1000).bytes_saved(), 9000, back, 72 * (1024 + 112 * 32.0)));
}

TEST(PerformanceModel, CountsByWarpgroupsWhatTheyMultiply) {
  const auto by_warpgroups = [](const NetShape& shape) {
    std::vector<std::string> kernels;
    for (const Work& work : step(1, Precision::bf16_wgmma, shape))
      if (work.warpgroup_flop > 0) kernels.push_back(work.kernel);
    return kernels;
  };
  using Names = std::vector<std::string>;
  const Names all{"conv_lstm_forward_wgmma", "grad_conv_lstm_wgmma", "grad_recurrent_weights_wgmma"};
  EXPECT_EQ(by_warpgroups({}), all);
  EXPECT_EQ(by_warpgroups({.layers = 2, .channels = 64, .height = 6, .width = 6}), all);
  EXPECT_EQ(by_warpgroups({.layers = 1}), Names{all[0]}) << "32 inputs";
  EXPECT_EQ(by_warpgroups({.channels = 16}), Names{});
}

TEST(PerformanceModel, OnlyHopperHasWarpgroups) {
  const Gpu& gpu = gpu_named("A100");
  EXPECT_TRUE(has_kernels(h200(), {}, Precision::bf16_wgmma));
  EXPECT_TRUE(has_kernels(gpu, {}, Precision::bf16));
  EXPECT_FALSE(has_kernels(gpu, {}, Precision::bf16_wgmma));
  EXPECT_TRUE(has_kernels(gpu, {.channels = 16}, Precision::bf16_wgmma)) << "which are those of bf16";
  EXPECT_THROW(predict(forward_work({}, 1, 1, false, gpu, Precision::bf16_wgmma)[1], gpu), std::invalid_argument);
}

// Launches that the model counts as one, and play and learning, come together; what it leaves out stands last.
TEST(Comparison, LaysLaunchesBesidePredictions) {
  const auto prediction = [](const char* kernel, double seconds) {
    Prediction of{};
    of.kernel = kernel;
    of.seconds = seconds;
    return of;
  };
  const Prediction predicted[] = {prediction("encode", 1), prediction("heads", 2), prediction("encode (learner)", 4)};
  const Measured measured[] = {{"dense_forward", 3, 0.5}, {"encode", 8, 6}, {"shuffle", 1, 0.25}, {"heads", 2, 0.125}};
  const std::vector<Compared> rows = compared(measured, predicted);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].part, "encode");
  EXPECT_EQ(rows[0].predicted_seconds, 5.0);
  EXPECT_EQ(rows[0].measured_seconds, 6.0);
  EXPECT_EQ(rows[1].part, "heads");
  EXPECT_EQ(rows[1].launches, 5);
  EXPECT_EQ(rows[1].measured_seconds, 0.625);
  EXPECT_EQ(rows[2].part, "shuffle");
  EXPECT_FALSE(rows[2].predicted_seconds.has_value());
}

TEST(Comparison, KnowsAGpuByItsName) {
  EXPECT_EQ(gpu_of("cuda:0 (NVIDIA H200)"), &h200());
  EXPECT_EQ(gpu_of("cuda:1 (NVIDIA GeForce RTX 4090)"), &gpu_named("RTX 4090"));
  EXPECT_EQ(gpu_of("cpu (2 threads)"), nullptr);
}

}  // namespace
}  // namespace boxwarp::model
