// From cell codes to e and to what e adds to the gates of every layer, once for each board and step.
//
//   first = bias + sum of one row of a table for each tap     (an image of one-hot cells through a convolution is a look-up)
//   e = conv(first) + bias                                     E x E, SAME
//   input[d] = conv3x3(e)                                      C -> 4C, of each layer d
//
// Block = a few images, C / 8 warps for each; a warp has eight channels of e and of every gate. Images of a block take the
// same weights at about the same time, so most of them come out of L1.
//
// FLOP per image of DRC(3,3): 3.6 M for e, 22 M for the input parts. Bytes: 100 cell codes read, 8.7 KB of e and 86 KB of
// input parts written; weights of 254 KB come from L2 once for a block.
#include "kernels/fault.cuh"
#include "kernels/net/encoder_products.cuh"
#include "kernels/net/fragments.cuh"
#include "kernels/net/fused_ops.cuh"

namespace boxwarp::DEVICE {

namespace {

constexpr int kEncoderWarps = 12;  // of a block, at most

struct Encoding {
  FusedShape shape;
  FusedWeights weights;
  const std::uint8_t* cells;
  int images;   // T * B
  int boards;   // B, to tell who had a bad cell
  Bf16* first;  // as FusedActivations
  Bf16* skip;
  Bf16* input;  // as FusedScratch
  FaultWord* fault;
};

// One board's shared memory: both tiles, then the codes of the cells of the first, margins included.
HOST_DEVICE constexpr int tile_elements(const FusedShape& shape) {
  return shape.encoder().elements(shape.channels) + shape.state().elements(shape.channels);
}
HOST_DEVICE constexpr int image_elements(const FusedShape& shape) {
  return tile_elements(shape) + (shape.encoder().cells() + 15) / 16 * 8;
}

// A block's thread: of which image, and which part of its work.
struct Part {
  int thread, threads;  // of the image
  int warp, lane;       // of the image
};

// The image's codes with their margin: outside of the board, and where a code is none, the table has zeros. What is none is
// told once.
__device__ void take_codes(const Encoding& work, const std::uint8_t* cells, std::size_t image, bool here, const Part& part,
                           std::uint8_t* codes) {
  const CellTile place = work.shape.encoder();
  for (int i = part.thread; i < place.cells(); i += part.threads) {
    const int row = i - place.origin();
    const bool on_board = row >= 0 && place.on_board(row);
    const int code = on_board ? cells[place.y_of(row) * place.width + place.x_of(row)] : kOutsideCode;
    codes[i] = static_cast<std::uint8_t>(code < kCellCodes ? code : kOutsideCode);
    if (!on_board || !here || code < kCellCodes) continue;
    const auto board = static_cast<std::uint32_t>(image % static_cast<std::size_t>(work.boards));
    report(work.fault, {.kind = FaultKind::bad_cell, .environment = board, .value = code});
  }
}

// Lane = cell, warp = eight channels.
__device__ void look_up(const Encoding& work, const std::uint8_t* codes, const Part& part, Bf16* tile, Bf16* kept) {
  const FusedShape& shape = work.shape;
  const CellTile place = shape.encoder();
  const int channel = part.warp * kPlaneChannels;
  const auto row_of = [&](const float* rows, float4(&eight)[2]) {
    const auto* from = reinterpret_cast<const float4*>(rows + channel);
    eight[0] = from[0];
    eight[1] = from[1];
  };
  for (int cell = part.lane; cell < shape.cells(); cell += static_cast<int>(kWarpLanes)) {
    const int center = place.cell(cell / shape.width, cell % shape.width);
    const std::uint8_t* under = codes + center - place.before * (place.pitch() + 1);  // the first tap
    const float* table = work.weights.table;
    float4 sum[2], add[2];
    row_of(work.weights.encoder_bias, sum);
    for (int y = 0; y < shape.encoder_kernel; ++y, under += place.pitch()) {
      for (int x = 0; x < shape.encoder_kernel; ++x, table += kTableCodes * shape.channels) {
        row_of(table + under[x] * shape.channels, add);
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          sum[half].x += add[half].x;
          sum[half].y += add[half].y;
          sum[half].z += add[half].z;
          sum[half].w += add[half].w;
        }
      }
    }
    const uint4 packed{pack(sum[0].x, sum[0].y), pack(sum[0].z, sum[0].w), pack(sum[1].x, sum[1].y),
                       pack(sum[1].z, sum[1].w)};
    const int at = place.at(channel, center);
    *reinterpret_cast<uint4*>(tile + at) = packed;
    if (kept != nullptr) *reinterpret_cast<uint4*>(kept + at) = packed;
  }
}

// e = conv(first) + bias.
__device__ void convolve(const Encoding& work, const Part& part, const Bf16* first, Bf16* tile, Bf16* kept) {
  const FusedShape& shape = work.shape;
  const CellTile from = shape.encoder(), to = shape.state();
  const EncoderPart mine(shape.channels, part.warp);
  for (int begin = mine.begin; begin < from.m_tiles; begin += kEncoderStep) {
    TileC sum[kEncoderGroup][2] = {};
    encoder_products<Taps::forward>(shape, from, from.before, first, work.weights.encoder, mine.pair, part.lane, begin, sum);
#pragma unroll
    for (int j = 0; j < 2; ++j) {
      const int channel = sum_channel(2 * mine.pair + j, part.lane, 0);
      const float2 bias = *reinterpret_cast<const float2*>(work.weights.skip_bias + channel);
#pragma unroll
      for (int i = 0; i < kEncoderGroup; ++i) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          const int row = sum_row(begin + i, part.lane, 2 * half);
          if (begin + i >= from.m_tiles || !from.on_board(row)) continue;
          const Bf16x2 e = pack(sum[i][j].x[2 * half] + bias.x, sum[i][j].x[2 * half + 1] + bias.y);
          const int at = to.at(channel, to.cell(from.y_of(row), from.x_of(row)));
          *reinterpret_cast<Bf16x2*>(tile + at) = e;
          if (kept != nullptr) *reinterpret_cast<Bf16x2*>(kept + at) = e;
        }
      }
    }
  }
}

// input[d] = conv3x3(e).
template <int M>
__device__ void add_inputs(const Encoding& work, const Part& part, const Bf16* e, Bf16* input) {
  const FusedShape& shape = work.shape;
  const CellTile tile = shape.state();
  const SumOrder order{M, kGateCount};
  const int start = lane_start(tile, part.lane), k_tiles = shape.channels / kTileDepth;
  const int tile_elements = gate_order(shape).tile_elements();
  const Bf16* weights = work.weights.input;
  for (int d = 0; d < shape.layers; ++d) {
    GateSums<M> sums{};
    for (int tap = 0; tap < kTapCount; ++tap) {
      for (int k_tile = 0; k_tile < k_tiles; ++k_tile, weights += tile_elements) {
        const Bf16* rows = e + start + (k_tile * 2 * tile.cells() + tile.offset(tap)) * kPlaneChannels;
        add_products(sums, rows, load_gate_operand(weights, part.warp, part.lane));
      }
    }
    if (input == nullptr) continue;
    Bf16* to = input + d * order.elements(shape.channels);
#pragma unroll
    for (int m = 0; m < M; ++m) {
      auto* lane = reinterpret_cast<uint4*>(to + order.lane_at(part.warp, m, part.lane));
      const auto two_gates = [&](int gate) {
        const TileC &a = sums.sum[m][gate], &b = sums.sum[m][gate + 1];
        return uint4{pack(a.x[0], a.x[1]), pack(a.x[2], a.x[3]), pack(b.x[0], b.x[1]), pack(b.x[2], b.x[3])};
      };
      lane[0] = two_gates(0);
      lane[1] = two_gates(2);
    }
  }
}

template <int M>
__global__ void __launch_bounds__(kEncoderWarps* kWarpLanes, 1) encode_kernel(const __grid_constant__ Encoding work) {
  const FusedShape& shape = work.shape;
  const int lanes = static_cast<int>(kWarpLanes), threads = shape.warps() * lanes;
  const int slots = static_cast<int>(blockDim.x) / threads, slot = static_cast<int>(threadIdx.x) / threads;
  const int thread = static_cast<int>(threadIdx.x) % threads, asked = static_cast<int>(blockIdx.x) * slots + slot;
  const Part part{thread, threads, thread / lanes, thread % lanes};
  // Behind the last image a slot computes that one again and writes nothing.
  const bool here = asked < work.images;
  const auto image = static_cast<std::size_t>(here ? asked : work.images - 1);
  const ActivationIndex at{shape, 1};
  const auto kept = [&](Bf16* array, std::size_t offset) { return here && array != nullptr ? array + offset : nullptr; };

  const std::uint8_t* cells = work.cells + image * static_cast<std::size_t>(shape.cells());
  Bf16* const first = &shared<Bf16>() + slot * image_elements(shape);
  Bf16* const e = first + shape.encoder().elements(shape.channels);
  auto* const codes = reinterpret_cast<std::uint8_t*>(first + tile_elements(shape));
  clear(first, tile_elements(shape), part.thread, part.threads);
  take_codes(work, cells, image, here, part, codes);
  __syncthreads();
  look_up(work, codes, part, first, kept(work.first, image * at.first(1, 0)));
  __syncthreads();
  convolve(work, part, first, e, kept(work.skip, image * at.skip(1, 0)));
  __syncthreads();
  add_inputs<M>(work, part, e, kept(work.input, image * at.input(1, 0, 0)));
}

}  // namespace

void encode(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const UnrollView& unroll,
            const FusedScratch& scratch, const FusedActivations& activations) {
  const int slots = kEncoderWarps / shape.warps() > 3 ? 3 : kEncoderWarps / shape.warps();
  const int images = unroll.steps * unroll.boards;
  const Geometry geometry{.blocks = static_cast<unsigned>((images + slots - 1) / slots),
                          .threads = static_cast<unsigned>(slots * shape.warps()) * kWarpLanes,
                          .shared_bytes = static_cast<std::size_t>(slots * image_elements(shape)) * sizeof(Bf16)};
  const Encoding work{.shape = shape,
                      .weights = weights,
                      .cells = unroll.cells,
                      .images = images,
                      .boards = unroll.boards,
                      .first = activations.first,
                      .skip = activations.skip,
                      .input = scratch.input,
                      .fault = static_cast<DeviceExecutor&>(executor).fault()};
  launch(executor, "encode", shape.m_tiles == kMTiles[0] ? encode_kernel<kMTiles[0]> : encode_kernel<kMTiles[1]>, geometry,
         work);
}

}  // namespace boxwarp::DEVICE
