#include "bench/model/work.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "bench/model/counted.hpp"
#include "bench/model/instructions.hpp"
#include "kernels/net/backward_blocks.hpp"
#include "kernels/net/conv_lstm_tile.hpp"

namespace boxwarp::model {

namespace {

constexpr double kFloat = 4, kHalf = 2, kLanes = 32;
constexpr double kTileFlop = 2 * 16 * 8 * 16;  // of one mma.sync
constexpr double kTileA = 512, kTileB = 256;   // bytes of its operands
// The left operand of one wgmma.
constexpr double kWarpgroupLeft = kWarpgroupRows * kTileDepth * kHalf;  // bytes
// For each product, of the loops that make them in the kernels of whole boards on sm_90 (tests/kernel_budget.json).
constexpr double kLoopInstructions = 2.2;
// The same of wgmma, of which a warp has a share of N / 8 such products: 1.4 to 1.9 in the machine code for sm_90a.
constexpr double kWarpgroupLoopInstructions = 1.7;
constexpr double kCellTaps = 9, kClasses = 9;  // of a 3x3 kernel; of cells by their distance to the rim

// What the counts of a shape have in common.
struct Sizes {
  Sizes(const NetShape& shape, Precision precision)
      : fused(device_shape(shape, precision)),
        D(shape.layers),
        K(shape.ticks),
        C(shape.channels),
        cells(shape.height * shape.width),
        rows(kTileRows * fused.m_tiles),
        taps(shape.encoder_kernel * shape.encoder_kernel),
        actions(shape.actions),
        hidden(shape.hidden),
        inputs(shape.layers == 1 ? C : 2 * C),
        cell_tile(rows + 2 * (shape.width + 2)) {}

  // Bytes of one cell tile of so many channels, and of so many numbers a row of the products.
  double tile(double channels) const { return cell_tile * channels * kHalf; }
  double fragments(double numbers) const { return rows * numbers * kHalf; }
  // The recurrent weights of a layer: those of p and h, and of q.
  double weights() const { return kCellTaps * (inputs + C) * 4 * C * kHalf; }
  double warps() const { return C / 8; }
  double values() const { return rows * C; }

  double class_sums() const { return kClasses * 4 * C * kFloat; }

  FusedShape fused;
  double D, K, C, cells, rows, taps, actions, hidden, inputs, cell_tile;
};

// A product of `count` times (rows x k) by (k x columns), of which the mathematics asks for `wanted` rows.
void multiply(Work& work, double count, double rows, double wanted, double k, double columns) {
  const double flop = count * 2 * k * columns;
  work.flop += flop * wanted;
  work.tensor_flop += flop * rows;
  work.instructions += flop * rows / kTileFlop * kProducts.instructions / kProducts.products;
}

// Such a product by warpgroups, in pieces of 64 x `right` x 16. The right operand comes from shared memory, and `left_bytes`
// of the left one by the same way.
void multiply_by_warpgroups(Work& work, double count, double rows, double wanted, double k, double columns, double right,
                            double left_bytes) {
  multiply(work, count, rows, wanted, k, columns);
  const double flop = count * 2 * k * columns * rows;
  work.warpgroup_flop += flop;
  work.shared_bytes += flop / (2 * kWarpgroupRows * right * kTileDepth) * (left_bytes + right * kTileDepth * kHalf);
}

// All that a kernel does was counted while its PTX ran: so many instructions for each product.
void take_counted(Work& work, double instructions_per_product) {
  const double by_warpgroups = work.warpgroup_flop / kTileFlop;
  work.instructions = work.tensor_flop / kTileFlop * instructions_per_product;
  work.product_instructions =
      (work.tensor_flop / kTileFlop - by_warpgroups) * kLoopInstructions + by_warpgroups * kWarpgroupLoopInstructions;
}

// Operands of such a product through shared memory, where each warp makes `m` by `n` tiles of 16 by 8.
double operand_bytes(double count, double rows, double k, double columns, double m, double n) {
  const double tiles = count * 2 * k * columns * rows / kTileFlop;
  return tiles * (kTileA / n + kTileB / m);
}

Work encode(const Sizes& s, double board_steps) {
  constexpr double kImages = 3;  // of a block, which read weights once
  Work work{.kernel = "encode", .blocks = std::ceil(board_steps / kImages), .in_phases = true};
  // First layer: for each tap, channel and cell an addition of what the table holds.
  work.flop += board_steps * s.taps * s.C * s.cells;
  work.shared_bytes += board_steps * kFloat * s.taps * s.C * s.cells;
  multiply(work, board_steps, s.rows, s.cells, s.taps * s.C, s.C);
  multiply(work, board_steps * s.D, s.rows, s.cells, kCellTaps * s.C, 4 * s.C);
  work.shared_bytes += operand_bytes(board_steps, s.rows, s.taps * s.C, s.C, 4, 2);
  work.shared_bytes += operand_bytes(board_steps * s.D, s.rows, kCellTaps * s.C, 4 * s.C, s.rows / 16, 4);
  work.l2_bytes += board_steps / kImages * (s.taps + s.D * kCellTaps * 4) * s.C * s.C * kHalf;
  work.cached_bytes = board_steps * (s.tile(s.C) + s.D * s.fragments(4 * s.C) + s.cells);
  work.l2_bytes += work.cached_bytes;
  work.cached_set = work.cached_bytes;
  take_counted(work, counted::kEncode);
  return work;
}

Work conv_lstm_forward(const Sizes& s, double steps, int boards, bool keeps, const Gpu& gpu) {
  const ConvLstmBlock block = conv_lstm_block(s.fused, boards, gpu.multiprocessors, gpu.shared_capacity);
  const double each = std::max(1, block.boards);
  const double applications = steps * boards * s.K * s.D;
  // Boards that lag behind one another are in different phases.
  Work work{.kernel = s.fused.warpgroups ? "conv_lstm_forward_wgmma" : "conv_lstm_forward",
            .blocks = std::ceil(boards / each),
            .in_phases = block.tile.lag == 0};
  if (s.fused.warpgroups) {
    multiply_by_warpgroups(work, applications, s.rows, s.cells, kCellTaps * s.inputs, 4 * s.C, s.rows, kWarpgroupLeft);
  } else {
    multiply(work, applications, s.rows, s.cells, kCellTaps * s.inputs, 4 * s.C);
    work.shared_bytes += operand_bytes(applications, s.rows, kCellTaps * s.inputs, 4 * s.C, s.rows / 16, 4);
  }
  // What q adds: one m-tile more, whose rows are the spatial classes.
  multiply(work, applications, 16, 0, kCellTaps * s.C, 4 * s.C);
  work.flop += applications * 2 * kClasses * s.C * 4 * s.C;
  work.shared_bytes += applications * (kCellTaps * s.C * 4 * s.C * kHalf + s.tile(s.C));
  // Gates and state of four values a lane.
  const double pieces = applications * s.values() / 4 / kLanes;
  work.special += pieces * kLanes * kGates.special;
  // Weights come once for all boards of a block, c goes through L2 as floats.
  work.l2_bytes += applications * (s.weights() / each + 2 * s.values() * kFloat);
  work.cached_bytes = steps * boards * s.D * s.fragments(4 * s.C);
  work.cached_set = work.cached_bytes;
  work.l2_bytes += work.cached_bytes * s.K;
  if (keeps) {
    const double moments = 1 + 1 / s.K;  // states at the beginning of a step, too
    work.dram_bytes += applications * (s.fragments(4 * s.C) + moments * (s.fragments(s.C) + s.tile(s.C)) + 3 * s.C * kFloat);
    work.l2_bytes += work.dram_bytes;
  }
  take_counted(work, s.fused.warpgroups ? counted::kConvLstmForwardWgmma : counted::kConvLstmForward);
  return work;
}

Work heads(const Sizes& s, double board_steps) {
  Work work{.kernel = "heads"};
  const double flat = s.cells * s.C;
  multiply(work, board_steps / 16, 16, 16, flat, s.hidden);
  work.flop += board_steps * 2 * s.hidden * (s.actions + 1);
  work.instructions += board_steps * s.hidden * (s.actions + 1) / kLanes;
  work.shared_bytes += operand_bytes(board_steps / 16, 16, flat, s.hidden, 4, 4);
  // Tiles of 64 rows read all weights.
  work.l2_bytes += board_steps * 2 * s.tile(s.C) + std::max(1.0, board_steps / 64) * flat * s.hidden * kHalf;
  work.cached_bytes = board_steps * s.tile(s.C);
  work.cached_set = work.cached_bytes;
  return work;
}

Work grad_heads(const Sizes& s, double board_steps) {
  Work work = heads(s, board_steps);
  work.kernel = "grad_heads";
  for (double* twice : {&work.flop, &work.tensor_flop, &work.instructions, &work.shared_bytes, &work.l2_bytes}) *twice *= 2;
  work.dram_bytes = 2 * board_steps * s.tile(s.C);
  work.l2_bytes += work.dram_bytes;
  return work;
}

Work grad_conv_lstm(const Sizes& s, double steps, int boards, const Gpu& gpu) {
  const BackBlock block{s.fused};
  const int each = block.boards(boards, gpu.multiprocessors, gpu.shared_capacity);
  const double fit = std::floor(static_cast<double>(gpu.shared_capacity) / static_cast<double>(block.bytes(each)));
  const double applications = steps * boards * s.K * s.D;
  const bool warpgroups = s.fused.warpgroups_back();
  Work work{.kernel = warpgroups ? "grad_conv_lstm_wgmma" : "grad_conv_lstm",
            .blocks = std::ceil(static_cast<double>(boards) / each),
            .side_by_side = std::max(1.0, std::min(static_cast<double>(block.side_by_side()), fit)),
            .in_phases = true};
  if (warpgroups) {
    // Weights go to registers, once for all boards of a block.
    multiply_by_warpgroups(work, applications, s.rows, s.cells, kCellTaps * 4 * s.C, s.inputs, s.rows,
                           kWarpgroupLeft / each);
  } else {
    multiply(work, applications, s.rows, s.cells, kCellTaps * 4 * s.C, s.inputs);
    work.shared_bytes += operand_bytes(applications, s.rows, kCellTaps * 4 * s.C, s.inputs, s.rows / 16, s.inputs / s.C);
  }
  // Sums over the classes of cells are products, too; from them the gradient of q, by ordinary multiply-adds.
  multiply(work, applications, 16, kClasses, s.rows, 4 * s.C);
  const double of_q = kCellTaps * s.C * 4 * s.C;
  work.flop += applications * 2 * of_q;
  work.shared_bytes += applications * (2 * s.tile(4 * s.C) + of_q * kHalf / each + kCellTaps * 4 * s.C * kFloat * s.warps());
  // Derivatives of the gates take one tanh; what else they need was kept.
  const double pieces = applications * s.values() / 4 / kLanes;
  work.special += pieces * kLanes * kGates.special / 5;
  // Read: gates, c before and after, h. Written: gradients of the gates, for the weights, and their sums by class.
  work.dram_bytes += applications * (s.fragments(6 * s.C) + s.tile(s.C) + s.fragments(4 * s.C) + s.class_sums());
  // Gradients of states as floats, two read and two written; weights for each block.
  work.l2_bytes += work.dram_bytes + applications * (s.weights() / each + 4 * s.values() * kFloat);
  take_counted(work, warpgroups ? counted::kGradConvLstmWgmma : counted::kGradConvLstm);
  return work;
}

// Gradients of weights: `items` of each layer, (inputs x rows) by (rows x columns) for every tap.
Work weight_gradient(std::string kernel, const Sizes& s, double items, double layers, double inputs, double columns,
                     const WeightBlocks& blocks, double slices, bool warpgroups) {
  Work work{.kernel = std::move(kernel),
            .blocks = layers * blocks.tap_blocks * blocks.column_blocks * slices,
            .side_by_side = static_cast<double>(blocks.side_by_side())};
  if (warpgroups) {
    multiply_by_warpgroups(work, layers * items, s.rows, s.cells, kCellTaps * inputs, columns, kWeightColumns,
                           kWarpgroupLeft);
  } else {
    // Each warp of 16 inputs takes a fragment of 64 columns for three taps.
    multiply(work, layers * items, s.rows, s.cells, kCellTaps * inputs, columns);
    work.shared_bytes += operand_bytes(layers * items, s.rows, kCellTaps * inputs, columns, 3, 8);
  }
  // Every block brings all inputs and its columns.
  const double brought = layers * items * blocks.tap_blocks * (blocks.column_blocks * s.tile(inputs) + s.fragments(columns));
  work.shared_bytes += brought;
  work.l2_bytes += brought;
  work.dram_bytes += layers * items * (s.tile(inputs) + s.fragments(columns));
  return work;
}

Work recurrent_weights(const Sizes& s, double steps, int boards, const Gpu& gpu) {
  const int items = static_cast<int>(steps * boards * s.K), inputs = s.fused.inputs();
  const bool warpgroups = s.fused.warpgroup_weights();
  Work work = weight_gradient(warpgroups ? "grad_recurrent_weights_wgmma" : "grad_recurrent_weights", s, items, s.D,
                              s.inputs, 4 * s.C, weight_blocks(s.fused, inputs),
                              weight_slices(s.fused, inputs, items, gpu.multiprocessors), warpgroups);
  take_counted(work, warpgroups ? counted::kRecurrentWeightsWgmma : counted::kRecurrentWeights);
  return work;
}

Work input_weights(const Sizes& s, double steps, int boards, const Gpu& gpu) {
  const int items = static_cast<int>(steps * boards);
  Work work = weight_gradient("grad_input_weights", s, items, s.D, s.C, 4 * s.C, weight_blocks(s.fused, s.fused.channels),
                              weight_slices(s.fused, s.fused.channels, items, gpu.multiprocessors), false);
  take_counted(work, counted::kInputWeights);
  return work;
}

// Of q, bias and fence, from the sums by class.
Work injected_gradient(const Sizes& s, double applications) {
  Work work{.kernel = "grad_injected"};
  multiply(work, applications, 1, 1, s.C, kClasses * 4 * s.C);
  work.dram_bytes = applications * (s.class_sums() + s.C * kFloat);
  work.l2_bytes = work.dram_bytes;
  take_counted(work, counted::kGradInjected);
  return work;
}

// Back through the input parts to e; the gates' gradients of all ticks are read, and their sum is written.
Work grad_skip(const Sizes& s, double board_steps, const Gpu& gpu) {
  const SkipBlock block{s.fused};
  const int each = block.images(static_cast<int>(board_steps), gpu.shared_capacity);
  const double room = std::floor(static_cast<double>(gpu.shared_capacity) / static_cast<double>(block.bytes(each)));
  Work work{
      .kernel = "grad_skip",
      .blocks = std::ceil(board_steps / each),
      .side_by_side = std::max(1.0, std::min(room, std::floor(static_cast<double>(kMostBackThreads) / block.threads()))),
      .in_phases = true};
  multiply(work, board_steps * s.D, s.rows, s.cells, kCellTaps * 4 * s.C, s.C);
  work.shared_bytes += operand_bytes(board_steps * s.D, s.rows, kCellTaps * 4 * s.C, s.C, s.rows / 16, 2);
  work.shared_bytes += board_steps * s.D * s.tile(4 * s.C);
  work.dram_bytes =
      board_steps * (s.D * (s.K + (s.K > 1 ? 1 : 0)) * s.fragments(4 * s.C) + s.fragments(2 * s.C) + s.tile(s.C));
  work.l2_bytes = work.dram_bytes + board_steps * s.D * kCellTaps * 4 * s.C * s.C * kHalf / each;
  take_counted(work, counted::kGradSkip);
  return work;
}

// The second convolution back and its weights; the first layer's table by products with ones.
Work grad_encode(const Sizes& s, double board_steps) {
  Work work{.kernel = "grad_encode"};
  multiply(work, 2 * board_steps, s.rows, s.cells, s.taps * s.C, s.C);
  work.flop += board_steps * s.taps * s.C * s.cells;
  work.shared_bytes += operand_bytes(2 * board_steps, s.rows, s.taps * s.C, s.C, 4, 2);
  work.dram_bytes = board_steps * 5 * s.tile(s.C);
  work.l2_bytes = work.dram_bytes + board_steps * (s.taps * s.C * s.C * kHalf + 2 * s.tile(s.C));
  take_counted(work, counted::kGradEncode);
  return work;
}

Work streaming(std::string kernel, double bytes, double launches = 1) {
  return {.kernel = std::move(kernel), .launches = launches, .l2_bytes = bytes, .cached_bytes = bytes, .cached_set = bytes};
}

// `work` done so many times over, in launches of their own.
std::vector<Work> times(std::vector<Work> works, double count) {
  for (Work& work : works)
    for (double* number : {&work.launches, &work.flop, &work.tensor_flop, &work.warpgroup_flop, &work.special, &work.doubles,
                           &work.instructions, &work.product_instructions, &work.shared_bytes, &work.l2_bytes,
                           &work.dram_bytes, &work.cached_bytes})
      *number *= count;
  return works;
}

void append(std::vector<Work>& all, const std::vector<Work>& more) { all.insert(all.end(), more.begin(), more.end()); }

}  // namespace

bool has_kernels(const Gpu& gpu, const NetShape& shape, Precision precision) {
  return gpu.warpgroup_flop > 0 || !device_shape(shape, precision).warpgroups;
}

std::vector<Work> forward_work(const NetShape& shape, int steps, int boards, bool keeps_activations, const Gpu& gpu,
                               Precision precision) {
  const Sizes s(shape, precision);
  const double board_steps = static_cast<double>(steps) * boards;
  return {encode(s, board_steps), conv_lstm_forward(s, steps, boards, keeps_activations, gpu), heads(s, board_steps)};
}

std::vector<Work> backward_work(const NetShape& shape, int steps, int boards, const Gpu& gpu, Precision precision) {
  const Sizes s(shape, precision);
  const double board_steps = static_cast<double>(steps) * boards;
  // Parts of sums: the slices of the layers' weights, and by class.
  const double parts =
      s.D * kCellTaps * 4 * s.C *
          (most_slices(s.fused, s.fused.inputs()) * s.inputs + most_slices(s.fused, s.fused.channels) * s.C) +
      s.D * kInjectedSlices * kClasses * 4 * s.C * s.C;
  return {grad_heads(s, board_steps),
          grad_conv_lstm(s, steps, boards, gpu),
          recurrent_weights(s, steps, boards, gpu),
          injected_gradient(s, board_steps * s.K * s.D),
          grad_skip(s, board_steps, gpu),
          input_weights(s, steps, boards, gpu),
          grad_encode(s, board_steps),
          streaming("gather_gradient", parts * kFloat)};
}

std::vector<Work> step_work(const NetShape& shape, int boards) {
  const double n = boards, cells = shape.height * shape.width;
  Work sample = streaming("sample", n * (kFloat * shape.actions + 13));
  sample.instructions = n / kLanes * kDraw.instructions;
  sample.special = n * kDraw.special;
  return {sample, streaming("step_and_draw", n * (61 + cells)), streaming("record", n * 13)};
}

std::vector<Work> gradient_step_work(const NetShape& shape, const Batch& batch) {
  const double rows = static_cast<double>(batch.steps) * batch.minibatch, cells = shape.height * shape.width;
  const double parameters = static_cast<double>(batch.parameters);
  const double states = 2.0 * shape.layers * batch.minibatch * cells * shape.channels * kFloat;
  const Piece& piece = batch.bootstrap ? kVtraceSample : kPpoSample;
  Work loss = streaming("losses", rows * (16.0 * shape.actions + 70), batch.bootstrap ? 4 : 2);
  loss.instructions = rows / kLanes * piece.instructions;
  loss.special = rows * piece.special;
  loss.doubles = rows * piece.doubles;
  Work adam = streaming("adam", 28 * parameters, 2);
  adam.instructions = parameters / kLanes * kAdam.instructions;
  adam.special = parameters * kAdam.special;
  return {streaming("gather", 2 * (rows * (cells + 4.0 * shape.actions + 8) + states), 9), loss,
          streaming("norm", 4 * parameters, 2), adam, streaming("pack_weights", 6 * parameters)};
}

std::vector<Work> update_work(const NetShape& shape, const Batch& batch, const Gpu& gpu, Precision precision) {
  std::vector<Work> all;
  append(all, times(forward_work(shape, 1, batch.boards, false, gpu, precision), batch.steps + (batch.bootstrap ? 0 : 1)));
  append(all, times(step_work(shape, batch.boards), batch.steps));
  const int unroll = batch.steps + (batch.bootstrap ? 1 : 0);
  const double count = static_cast<double>(batch.epochs) * batch.boards / batch.minibatch;
  std::vector<Work> learner = forward_work(shape, unroll, batch.minibatch, true, gpu, precision);
  for (Work& work : learner) work.kernel += " (learner)";
  append(learner, backward_work(shape, unroll, batch.minibatch, gpu, precision));
  append(learner, gradient_step_work(shape, batch));
  append(all, times(std::move(learner), count));
  return all;
}

}  // namespace boxwarp::model
