// The way back of the fused network against loops in double: random activations (of no forward in particular), so that
// every kernel is met alone, and every element of every gradient is compared.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "emulator/device_executor.hpp"
#include "emulator/memory.hpp"
#include "emulator/net/fused_backward_twin.hpp"
#include "emulator/schedule.hpp"
#include "kernels/net/backward_ops.cuh"
#include "kernels/net/conv_lstm_tile.hpp"
#include "kernels/net/fused_network.cuh"
#include "kernels/net/fused_ops.cuh"

namespace boxwarp::test {
namespace {

using emulator::Buffer;

struct Found {
  std::vector<float> parameters, h, c;
};

Bf16 bits(double x) { return {emulator::rounded_to_bf16(static_cast<float>(x))}; }

Found run_kernels(BackwardTwin& twin, emulator::Schedule schedule) {
  const FusedShape& shape = twin.shape();
  const int T = twin.steps(), B = twin.boards(), C = shape.channels, D = shape.layers, K = shape.ticks;
  emulated::DeviceExecutor executor(schedule);
  const NetLimits limits{.forward_boards = 0, .forward_steps = 0, .training_boards = B, .training_steps = T};
  const auto take = [&](MemoryBlock& memory) {
    struct All {
      FusedMemory memory;
      emulated::HeadsScratch heads;
      BackwardScratch backward;
    };
    return All{take_memory(shape, limits, T, memory), emulated::take_heads_scratch(shape, T * B, true, memory),
               take_backward_scratch(shape, T, T, B, memory)};
  };
  MemoryBlock count(nullptr);
  take(count);
  Buffer<std::byte> block(count.used(), "network");
  block.fill(std::byte{0});
  MemoryBlock dealt(block.data());
  const auto all = take(dealt);
  const FusedActivations& kept = all.memory.kept;

  const ActivationIndex at = twin.index();
  const CellTile tile = shape.state(), encoder = shape.encoder();
  const auto each_cell = [&](auto&& visit) {
    for (int channel = 0; channel < C; ++channel)
      for (int y = 0; y < shape.height; ++y)
        for (int x = 0; x < shape.width; ++x) visit(channel, y, x);
  };
  for (int t = 0; t < T; ++t)
    for (int b = 0; b < B; ++b) {
      const auto step = at.step(t, b);
      each_cell([&](int channel, int y, int x) {
        kept.first[at.first(t, b) + static_cast<std::size_t>(encoder.at(channel, encoder.cell(y, x)))] =
            bits(twin.first[step].at(channel, y, x));
        kept.skip[at.skip(t, b) + static_cast<std::size_t>(tile.at(channel, tile.cell(y, x)))] =
            bits(twin.skip[step].at(channel, y, x));
        kept.features[at.features(t, b) + static_cast<std::size_t>((y * shape.width + x) * C + channel)] =
            bits(twin.features[step].at(channel, y, x));
      });
      for (int u = 0; u < shape.hidden; ++u)
        kept.units[at.units(t, b) + static_cast<std::size_t>(u)] =
            twin.units[step * static_cast<std::size_t>(shape.hidden) + static_cast<std::size_t>(u)];
      for (int d = 0; d < D; ++d)
        for (int k = 0; k <= K; ++k) {
          BackwardMaps &h = twin.hidden_at(t, k, d, b), &c = twin.c_at(t, k, d, b);
          each_cell([&](int channel, int y, int x) {
            kept.hidden[at.hidden(t, k, d, b) + static_cast<std::size_t>(tile.at(channel, tile.cell(y, x)))] =
                bits(h.at(channel, y, x));
            kept.cells[at.cells(t, k, d, b) + static_cast<std::size_t>(shape.state_sums().at(tile.row(y, x), channel, 0))] =
                bits(c.at(channel, y, x));
            if (k == K) return;
            for (int g = 0; g < kGateCount; ++g)
              kept.gates[at.gates(t, k, d, b) + static_cast<std::size_t>(shape.gate_sums().at(tile.row(y, x), channel, g))] =
                  bits(twin.gates_at(t, k, d, b).at(g * C + channel, y, x));
          });
          for (int channel = 0; channel < C && k < K; ++channel) {
            float* pooled = kept.pooled + at.pooled(t, k, d, b) + channel;
            pooled[0] = static_cast<float>(twin.maximum(h, channel));
            pooled[C] = static_cast<float>(twin.mean(h, channel));
            pooled[2 * C] = static_cast<float>(twin.q(h, d, channel));
          }
        }
    }
  emulator::written_by_host(block.data(), block.size());

  Buffer<float> parameters(twin.parameters), grad_logits(twin.grad_logits), grad_values(twin.grad_values);
  Buffer<std::uint8_t> cells(twin.cells), starts(twin.starts);
  const auto states = static_cast<std::size_t>(D * B * shape.features());
  Buffer<float> grad(twin.parameters.size(), "grad_parameters"), grad_h(states, "grad_h_start"),
      grad_c(states, "grad_c_start");
  emulated::pack_weights(executor, shape, parameters.data(), all.memory.weights);
  UnrollView unroll{};
  unroll.steps = T;
  unroll.boards = B;
  unroll.cells = cells.data();
  unroll.episode_starts = starts.data();
  emulated::fused_backward(executor, shape, all.memory.weights, unroll,
                           {grad_logits.data(), grad_values.data(), grad.data(), grad_h.data(), grad_c.data()}, kept,
                           all.heads, all.backward);
  return {grad.values(), grad_h.values(), grad_c.values()};
}

// Gradients of gates are rounded to bf16 once a tick: by 2^-8 of each at most, some 2^-9 in the mean square; tanh(c') errs
// by 2^-11. The roundings of `ticks` ticks after one another are independent of each other and of a sum's terms, so a tensor
// is off by about sqrt(ticks) 2^-9 of itself in the mean square. Twice that is allowed, for what is rounded once more on the
// way to the encoder, and for the worst single element eight times that.
void expect_near(const float* found, const double* expected, std::size_t size, int ticks, const std::string& what) {
  double error = 0, norm = 0, worst = 0;
  for (std::size_t i = 0; i < size; ++i) {
    ASSERT_TRUE(std::isfinite(found[i])) << what << " " << i;
    const double off = found[i] - expected[i];
    error += off * off;
    norm += expected[i] * expected[i];
    worst = std::max(worst, std::abs(off));
  }
  const double share = (2 + 2 * std::sqrt(ticks)) * std::ldexp(1.0, -9), mean = std::sqrt(norm / static_cast<double>(size));
  EXPECT_GT(norm, 0) << what;
  EXPECT_LE(std::sqrt(error), share * std::sqrt(norm)) << what << " of " << size;
  EXPECT_LE(worst, 8 * share * mean) << what << " of " << size;
}

// Layers and ticks from one on, starts inside, all numbers of channels and of m-tiles, both encoders and inputs.
const BackwardCase kCases[] = {
    {{.layers = 2, .ticks = 2, .channels = 16, .height = 3, .width = 5, .hidden = 12}, 2, 1, 1},
    {{.layers = 1,
      .ticks = 2,
      .channels = 16,
      .height = 7,
      .width = 7,
      .actions = 3,
      .hidden = 9,
      .encoder_kernel = 3,
      .input = NetInput::planes},
     2,
     1,
     2},
    {{.layers = 3,
      .ticks = 1,
      .channels = 16,
      .height = 3,
      .width = 4,
      .hidden = 8,
      .encoder_kernel = 3,
      .output_gate = OutputGate::sigmoid},
     1,
     3,
     3},
    {{.layers = 1, .ticks = 1, .channels = 16, .height = 10, .width = 10, .hidden = 8, .input = NetInput::planes}, 1, 1, 4},
    {{.layers = 2, .ticks = 1, .channels = 32, .height = 2, .width = 3, .hidden = 8}, 1, 1, 5},
    {{.layers = 1, .ticks = 1, .channels = 64, .height = 2, .width = 2, .hidden = 8, .encoder_kernel = 3}, 1, 1, 6},
    {{.layers = 2, .ticks = 1, .channels = 32, .height = 8, .width = 8, .hidden = 8}, 2, 5, 7},
};

BackwardTwin& twin_of(std::size_t which) {
  static std::map<std::size_t, BackwardTwin> twins;
  return twins.try_emplace(which, kCases[which]).first->second;
}

void check(std::size_t which, const emulator::Schedule& schedule) {
  const BackwardCase& of = kCases[which];
  BackwardTwin& twin = twin_of(which);
  const Found found = run_kernels(twin, schedule);
  const int ticks = of.steps * of.net.ticks * of.net.layers;
  for (const ParameterTensor& tensor : parameter_tensors(of.net))
    expect_near(found.parameters.data() + tensor.offset, twin.grad.data() + tensor.offset, tensor.size, ticks, tensor.name);
  for (const auto& [name, there, maps] :
       {std::tuple{"h_start", &found.h, &twin.grad_h}, {"c_start", &found.c, &twin.grad_c}}) {
    Doubles expected;
    for (BackwardMaps& map : *maps)
      for (int y = 0; y < map.height; ++y)
        for (int x = 0; x < map.width; ++x)
          for (int channel = 0; channel < map.channels; ++channel) expected.push_back(map.at(channel, y, x));
    expect_near(there->data(), expected.data(), expected.size(), ticks, name);
  }
}

class FusedBackward : public testing::TestWithParam<emulator::Schedule> {};
INSTANTIATE_TEST_SUITE_P(Emulator, FusedBackward, testing::ValuesIn(emulator::every_schedule()));

TEST_P(FusedBackward, EqualsLoopsForTwoLayersTwoTicksAndStartsInside) { check(0, GetParam()); }
TEST_P(FusedBackward, EqualsLoopsForOneLayerWhoseInputsAreOne) { check(1, GetParam()); }
TEST_P(FusedBackward, EqualsLoopsForThreeLayersAndBoards) { check(2, GetParam()); }

// The same text for other sizes: one order of threads will do.
TEST(FusedBackwardSizes, EqualsLoopsForTheLargestBoard) { check(3, emulator::every_schedule()[2]); }
TEST(FusedBackwardSizes, EqualsLoopsForMoreChannels) {
  check(4, emulator::every_schedule()[2]);
  check(5, emulator::every_schedule()[3]);
}
// The last block lacks one of its two boards.
TEST(FusedBackwardSizes, EqualsLoopsForBlocksOfTwoBoards) {
  const BackwardCase& of = kCases[6];
  const DeviceLimits limits = emulated::kLimits;
  ASSERT_EQ(BackBlock{fused_shape(of.net)}.boards(of.boards, limits.multiprocessors, limits.shared_bytes), 2);
  check(6, emulator::every_schedule()[1]);
}

// Two where one each would keep blocks waiting, and there is room for two.
TEST(BackwardBlock, TakesTwoBoardsWhereThereAreEnough) {
  const auto boards = [](const NetShape& shape, int count, std::size_t shared_bytes) {
    return BackBlock{fused_shape(shape)}.boards(count, 132, shared_bytes);
  };
  EXPECT_EQ(boards({}, 264, 227 * 1024), 1) << "two blocks side by side on each of 132";
  EXPECT_EQ(boards({}, 265, 227 * 1024), 2);
  EXPECT_EQ(boards({}, 265, kLeastSharedBytes), 2);
  EXPECT_EQ(boards({.channels = 64}, 133, 227 * 1024), 2);
  EXPECT_EQ(boards({.channels = 64}, 133, kLeastSharedBytes), 1) << "no room";
  EXPECT_EQ(boards({.layers = 1}, 10000, 227 * 1024), 1);
  EXPECT_EQ(boards({.height = 7, .width = 7}, 10000, 227 * 1024), 1);
}

// What a card with 99 KiB for a block has no room for goes layer by layer.
TEST(FusedNetworks, AreThoseWhoseEveryBlockHasRoomOnEveryDevice) {
  const auto fused = [](const NetShape& shape) { return emulated::fused_covers(shape, {.precision = Precision::bf16}); };
  EXPECT_TRUE(fused({}));
  EXPECT_TRUE(fused({.channels = 64}));
  EXPECT_FALSE(fused({.channels = 64, .height = 7, .width = 14})) << "gradients of the layers' weights";
  EXPECT_FALSE(fused({.layers = 1, .channels = 64, .height = 2, .width = 37})) << "way back of the ConvLSTM";
  EXPECT_TRUE(fused({.height = 7, .width = 14}));
}

// Two images of 64 channels are too many for the least shared memory; one has room everywhere.
TEST(SkipBlock, TakesTwoImagesWhereTheyFit) {
  EXPECT_EQ(SkipBlock{fused_shape({})}.images(9, kLeastSharedBytes), 2);
  EXPECT_EQ(SkipBlock{fused_shape({.channels = 64})}.images(9, 227 * 1024), 2);
  EXPECT_EQ(SkipBlock{fused_shape({.channels = 64})}.images(9, kLeastSharedBytes), 1);
  EXPECT_EQ(SkipBlock{fused_shape({})}.images(1, 227 * 1024), 1);
  EXPECT_LE(SkipBlock{fused_shape({.channels = 64})}.bytes(1), kLeastSharedBytes);
  EXPECT_LE(SkipBlock{fused_shape({.channels = 64, .height = 7, .width = 7})}.bytes(2), kLeastSharedBytes);
}

// 132 multiprocessors: a block with twelve warps each for the recurrent weights, two with six for those of the input.
TEST(WeightSlices, FillTheDeviceOnce) {
  const FusedShape published = fused_shape({});
  const Stretch large{.steps = 21, .boards = 1024, .most_steps = 21, .adds = false};
  const WeightBlocks recurrent = weight_blocks(published, published.inputs()), input = weight_blocks(published, 32);
  EXPECT_EQ(recurrent.warps(), 12);
  EXPECT_EQ(input.warps(), 6);
  EXPECT_EQ(recurrent_slices(published, large, 132) * 3 * recurrent.tap_blocks * recurrent.column_blocks, 132);
  EXPECT_EQ(input_slices(published, large, 132) * 3 * input.tap_blocks * input.column_blocks, 264);
  EXPECT_EQ(recurrent_slices(published, large, 108), 18);
  EXPECT_EQ(recurrent_slices(published, large, 2), kFewestSlices);
  EXPECT_EQ(recurrent_slices(published, {.steps = 1, .boards = 1, .most_steps = 1, .adds = false}, 132), 3) << "ticks";
  const WeightBlocks wide = weight_blocks(fused_shape({.channels = 64}), 128);
  EXPECT_EQ(wide.warps(), 8);
  EXPECT_EQ(wide.tap_blocks, 3);
}

}  // namespace
}  // namespace boxwarp::test
