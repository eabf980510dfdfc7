#include "tests/emulator/kernels/warpgroups.hpp"

#include "kernels/net/tiles.hpp"
#include "kernels/warpgroup.cuh"

namespace boxwarp {
namespace {

constexpr int kDepth = 16, kMostColumns = 112, kMostSkip = 13, kPiece = 8;  // numbers of a piece

struct OperandTile {
  alignas(16) Bf16 left[kWarpgroupRows * kDepth];
  alignas(16) Bf16 right[(kMostColumns + kMostSkip) * kDepth];
};

// A dense operand (rows, 16) as it lies in pieces; `rows` of them from eight k to the next, or the other way round.
__device__ void lay(Lie lie, const std::uint16_t* dense, int rows, int stride, Bf16* to) {
  for (int i = static_cast<int>(threadIdx.x); i < rows * kDepth; i += static_cast<int>(blockDim.x)) {
    const int row = i / kDepth, k = i % kDepth;
    const int at =
        lie == Lie::straight ? (k / 8 * stride + row) * kPiece + k % 8 : (row / 8 * stride + k) * kPiece + row % 8;
    to[at] = {dense[i]};
  }
}

// TileA of the warp's 16 rows.
__device__ TileA left_of_warp(const std::uint16_t* dense) {
  const int lane = static_cast<int>(threadIdx.x % kWarpLanes), quad = lane / 4, pair = lane % 4 * 2;
  const int warp = static_cast<int>(threadIdx.x / kWarpLanes);
  TileA tile;
  for (int i = 0; i < 4; i++) {
    const std::uint16_t* two = dense + (16 * warp + quad + i % 2 * 8) * kDepth + pair + i / 2 * 8;
    tile.reg[i] = pack(Bf16{two[0]}, Bf16{two[1]});
  }
  return tile;
}

template <int kColumns>
__global__ void product(LeftOperand left_is, Lie lie, int skip, const std::uint16_t* left, const std::uint16_t* right,
                        float* sums) {
  if constexpr (kWarpgroupsHere) {
    OperandTile& tile = shared<OperandTile>();
    const bool straight = lie == Lie::straight;
    const int left_stride = straight ? kWarpgroupRows : kDepth, right_stride = straight ? kMostColumns + kMostSkip : kDepth;
    Bf16* const right_begin = tile.right + skip * kPiece;
    lay(lie, left, kWarpgroupRows, left_stride, tile.left);
    lay(lie, right, kColumns, right_stride, right_begin);
    WarpgroupSums<kColumns> mine;
    float* const out = sums + static_cast<int>(threadIdx.x) * (kColumns / 2);
    for (int i = 0; i < kColumns / 2; i++) mine.x[i] = out[i];
    const TileA left_registers = left_of_warp(left);
    const int next_left = left_stride * kPiece * 2, next_right = right_stride * kPiece * 2;
    show_to_products();
    __syncthreads();
    for (int group = 0; group < 2; group++) {
      open_products();
      if (straight) {
        const WarpgroupOperand b = operand_at(right_begin, kEightPieces, next_right);
        if (left_is == LeftOperand::registers)
          multiply_later(mine, left_registers, b);
        else
          multiply_later(mine, operand_at(tile.left, kEightPieces, next_left), b);
      } else if constexpr (kColumns == 64) {
        multiply_turned_later(mine, operand_at(tile.left, next_left, kEightPieces),
                              operand_at(right_begin, next_right, kEightPieces));
      }
      close_products();
    }
    wait_for_products<1>();
    wait_for_products<0>();
    touch(mine);
    for (int i = 0; i < kColumns / 2; i++) out[i] = mine.x[i];
  }
}

__global__ void turn(const std::uint32_t* in, std::uint32_t* out) { out[threadIdx.x] = turned(in[threadIdx.x]); }

__global__ void wrong_product(ProductMistake mistake, float* sums) {
  if constexpr (kWarpgroupsHere) {
    OperandTile& tile = shared<OperandTile>();
    for (unsigned i = threadIdx.x; i < kWarpgroupRows * kDepth; i += blockDim.x) tile.left[i] = {0x3f80};
    for (unsigned i = threadIdx.x; i < (kMostColumns + kMostSkip) * kDepth; i += blockDim.x) tile.right[i] = {0x3f80};
    WarpgroupSums<64> mine = {};
    show_to_products();
    __syncthreads();
    const Bf16* right = tile.right;
    if (mistake == ProductMistake::different_operands && threadIdx.x == 5) right += kPiece;
    if (mistake == ProductMistake::beyond_memory) right += (kMostColumns + kMostSkip - 63) * kPiece;
    open_products();
    multiply_later(mine, operand_at(tile.left, kEightPieces, kWarpgroupRows * kPiece * 2),
                   operand_at(right, kEightPieces, (kMostColumns + kMostSkip) * kPiece * 2));
    close_products();
    if (mistake == ProductMistake::written_too_early) {
      __syncthreads();
      tile.right[threadIdx.x] = {0};
      __syncthreads();
    }
    wait_for_products<0>();
    touch(mine);
    sums[threadIdx.x] = mine.x[0];
  }
}

}  // namespace

void launch_warpgroup_product(Executor& executor, LeftOperand left_is, Lie lie, int columns, int skip,
                              const std::uint16_t* left, const std::uint16_t* right, float* sums) {
  DEVICE::launch(executor, "product", columns == 64 ? product<64> : product<112>, {1, 128, sizeof(OperandTile)}, left_is,
                 lie, skip, left, right, sums);
}

void launch_turned(Executor& executor, const std::uint32_t* in, std::uint32_t* out) {
  DEVICE::launch(executor, "turn", turn, {1, 32}, in, out);
}

void launch_wrong_product(Executor& executor, ProductMistake mistake, float* sums) {
  DEVICE::launch(executor, "wrong_product", wrong_product, {1, 128, sizeof(OperandTile)}, mistake, sums);
}

}  // namespace boxwarp
