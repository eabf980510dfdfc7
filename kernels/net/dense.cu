// left * right by tensor cores, operands in any of the orders that a dense layer and its gradients have.
//
// Block = 64 x 64 sums of one slice of the depth, four warps with 32 x 32 each. Operands pass through shared memory in
// planes of eight of the fastest index, [fastest / 8][other][8], so that a phase of ldmatrix reads 128 contiguous bytes;
// between planes lies a gap that keeps the copies' writes apart too. Three stages, one barrier for each 32 of the depth.
// FLOP: 2 * rows * columns * depth; bytes from L2: 2 * depth * (rows * columns / 32).
#include "kernels/net/dense.cuh"

#include <cstddef>

namespace boxwarp::DEVICE {

namespace {

constexpr int kSide = 64;           // rows and columns of a block
constexpr int kWarpSide = 32;       // of a warp
constexpr unsigned kThreads = 128;  // 2 x 2 warps
constexpr int kStages = 3;
constexpr int kChunk = 8;            // elements of one copy
constexpr int kPlane = 66 * kChunk;  // elements from one plane to the next of either order; see plane_stride
constexpr int kEnoughBlocks = 264;   // two for each multiprocessor of the largest device

// 66 cells are 2 mod 8 (four planes of 64 cells side by side), 33 are 1 mod 8 (eight planes of 32 cells).
HOST_DEVICE constexpr int plane_stride(Fastest order) { return order == Fastest::depth ? kPlane : kPlane / 2; }

struct Stage {
  alignas(16) Bf16 left[4 * kPlane];
  alignas(16) Bf16 right[4 * kPlane];
};

struct DenseTile {
  Stage stages[kStages];
};

// A thread's share of one operand's 64 x 32 elements, stage after stage along the depth; what lies beyond the operand
// arrives as zeros.
template <Fastest kOrder>
class Fetch {
 public:
  // from: (outers, depths), or the other way round, rows `stride` apart.
  __device__ Fetch(const Bf16* from, int stride, int outers, int depths, int outer, int depth)
      : from_(from),
        step_(kOrder == Fastest::depth ? kDenseDepth : std::ptrdiff_t{kDenseDepth} * stride),
        depths_(kOrder == Fastest::depth ? stride : depths) {
#pragma unroll
    for (int i = 0; i < kEach; ++i) {
      const int chunk = chunk_of(i) * kChunk, row = row_of(i);
      const int of_outer = outer + (kOrder == Fastest::depth ? row : chunk);
      depth_[i] = depth + (kOrder == Fastest::depth ? chunk : row);
      if (of_outer >= (kOrder == Fastest::depth ? outers : stride)) depth_[i] = depths_;  // beyond, whatever the depth
      const int slow = kOrder == Fastest::depth ? of_outer : depth_[i],
                fast = kOrder == Fastest::depth ? depth_[i] : of_outer;
      at_[i] = static_cast<std::ptrdiff_t>(slow) * stride + fast;
    }
  }

  // Brings the next stage.
  __device__ void next(Bf16* to) {
#pragma unroll
    for (int i = 0; i < kEach; ++i) {
      const bool present = depth_[i] < depths_;
      copy_later(to + chunk_of(i) * plane_stride(kOrder) + row_of(i) * kChunk, from_ + (present ? at_[i] : 0), present);
      at_[i] += step_;
      depth_[i] += kDenseDepth;
    }
  }

 private:
  static constexpr int kFast = kOrder == Fastest::depth ? kDenseDepth : kSide;
  static constexpr int kChunks = kFast / kChunk, kRows = kSide * kDenseDepth / kFast;
  static constexpr int kEach = kChunks * kRows / static_cast<int>(kThreads);

  __device__ static int number(int i) { return static_cast<int>(threadIdx.x) + i * static_cast<int>(kThreads); }
  __device__ static int chunk_of(int i) { return number(i) % kChunks; }
  __device__ static int row_of(int i) { return number(i) / kChunks; }

  const Bf16* from_;
  std::ptrdiff_t step_, at_[kEach];
  int depths_, depth_[kEach];
};

// 16 rows from `row` on and 16 depths from `depth` on.
template <Fastest kOrder>
__device__ TileA left_tile(const Bf16* left, int row, int depth, int lane) {
  FourTiles four;
  if (kOrder == Fastest::depth)
    four = load_tiles(left + (depth / kChunk + lane / 16) * kPlane + (row + lane % 16) * kChunk);
  else
    four = load_tiles_transposed(left + (row / kChunk + lane / 8 % 2) * (kPlane / 2) +
                                 (depth + lane % 8 + lane / 16 * 8) * kChunk);
  return {{four.reg[0], four.reg[1], four.reg[2], four.reg[3]}};
}

// 16 depths from `depth` on, two tiles of eight columns from `column` on.
template <Fastest kOrder>
__device__ void right_tiles(const Bf16* right, int column, int depth, int lane, TileB (&two)[2]) {
  FourTiles four;
  if (kOrder == Fastest::depth)
    four = load_tiles(right + (depth / kChunk + lane / 8 % 2) * kPlane + (column + lane % 8 + lane / 16 * 8) * kChunk);
  else
    four = load_tiles_transposed(right + (column / kChunk + lane / 16) * (kPlane / 2) + (depth + lane % 16) * kChunk);
  two[0] = {{four.reg[0], four.reg[1]}};
  two[1] = {{four.reg[2], four.reg[3]}};
}

template <Fastest kLeft, Fastest kRight>
__global__ void __launch_bounds__(kThreads, 4) dense_kernel(const __grid_constant__ DenseProduct product) {
  DenseTile& tile = shared<DenseTile>();
  const int across = (product.columns + kSide - 1) / kSide, down = (product.rows + kSide - 1) / kSide;
  const int block = static_cast<int>(blockIdx.x), slice = block / (across * down);
  const int row = block / across % down * kSide, column = block % across * kSide;
  const int tiles = dense_depth_tiles(product.depth);
  const int begin = static_cast<int>(std::int64_t{tiles} * slice / product.slices);
  const int end = static_cast<int>(std::int64_t{tiles} * (slice + 1) / product.slices);
  const int lane = static_cast<int>(threadIdx.x % kWarpLanes), warp = static_cast<int>(threadIdx.x / kWarpLanes);
  const int warp_row = warp / 2 * kWarpSide, warp_column = warp % 2 * kWarpSide;

  Fetch<kLeft> left(product.left, product.left_stride, product.rows, product.depth, row, begin * kDenseDepth);
  Fetch<kRight> right(product.right, product.right_stride, product.columns, product.depth, column, begin * kDenseDepth);
  // A group is closed for every tile, even behind the last, so that the wait always means the same one.
  const auto start = [&](int at) {
    if (at < end) {
      Stage& stage = tile.stages[(at - begin) % kStages];
      left.next(stage.left);
      right.next(stage.right);
    }
    close_copies();
  };

  TileC sums[2][4] = {};
  start(begin);
  start(begin + 1);
  for (int at = begin; at < end; ++at) {
    wait_for_copies<1>();
    __syncthreads();
    start(at + 2);  // into the stage that was read before this barrier
    const Stage& stage = tile.stages[(at - begin) % kStages];
#pragma unroll
    for (int depth = 0; depth < kDenseDepth; depth += 16) {
      TileB b[2][2];
#pragma unroll
      for (int j = 0; j < 2; ++j) right_tiles<kRight>(stage.right, warp_column + 16 * j, depth, lane, b[j]);
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        const TileA a = left_tile<kLeft>(stage.left, warp_row + 16 * i, depth, lane);
#pragma unroll
        for (int j = 0; j < 4; ++j) multiply_tiles(sums[i][j], a, b[j / 2][j % 2]);
      }
    }
  }

  float* to = product.partial + static_cast<std::size_t>(slice) * static_cast<std::size_t>(product.rows) *
                                    static_cast<std::size_t>(product.columns);
#pragma unroll
  for (int i = 0; i < 2; ++i) {
#pragma unroll
    for (int j = 0; j < 4; ++j) {
#pragma unroll
      for (int value = 0; value < 4; ++value) {
        const int r = row + warp_row + 16 * i + value / 2 * 8 + lane / 4;
        const int c = column + warp_column + 8 * j + lane % 4 * 2 + value % 2;
        if (r < product.rows && c < product.columns)
          to[static_cast<std::size_t>(r) * static_cast<std::size_t>(product.columns) + static_cast<std::size_t>(c)] =
              sums[i][j].x[value];
      }
    }
  }
}

int blocks_of(int rows, int columns) { return ((rows + kSide - 1) / kSide) * ((columns + kSide - 1) / kSide); }

}  // namespace

int dense_slices(int rows, int columns, int depth) {
  const int wanted = kEnoughBlocks / blocks_of(rows, columns), most = dense_depth_tiles(depth);
  return wanted < 1 ? 1 : wanted < most ? wanted : most;
}

void dense_product(Executor& executor, const char* name, Fastest left, Fastest right, const DenseProduct& product) {
  const Geometry geometry{.blocks = static_cast<unsigned>(blocks_of(product.rows, product.columns) * product.slices),
                          .threads = kThreads,
                          .shared_bytes = sizeof(DenseTile)};
  if (left == Fastest::outer)
    launch(executor, name, dense_kernel<Fastest::outer, Fastest::outer>, geometry, product);
  else if (right == Fastest::outer)
    launch(executor, name, dense_kernel<Fastest::depth, Fastest::outer>, geometry, product);
  else
    launch(executor, name, dense_kernel<Fastest::depth, Fastest::depth>, geometry, product);
}

}  // namespace boxwarp::DEVICE
