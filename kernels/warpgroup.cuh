// Products of a warpgroup on Hopper's tensor cores (wgmma: compute capability 9.0, code for sm_90a), whose operands are read
// from shared memory while the threads go on. A warpgroup is four warps, the first of which has a number that is a multiple
// of four; all of its threads come to each of these words together, with the same operands.
//
//   show_to_products()                what this thread has written to shared memory may be read by products after a barrier
//   open_products()                   before the first product after sums, or a left operand in registers, were touched
//   multiply_later(sums, a, b)        sums += a * b, bf16 times bf16 summed as float, some time until the wait
//   multiply_turned_later(sums, a, b) the same, of operands that lie the other way
//   close_products()                  the products asked for since the last one become a group
//   wait_for_products<N>()            until no more than N groups are under way; their operands and sums are free then
//   touch(sums)                       after the wait, before sums are read
//   turned(two)                       an 8x8 tile of 16-bit numbers transposed (movmatrix)
//
// PTX ISA, "Asynchronous warpgroup level matrix instructions".
#pragma once

#include <cstdint>

#include "kernels/collective.cuh"

namespace boxwarp {

// Only sm_90a has the instructions. A kernel's text for other devices must leave these words out:
//   if constexpr (kWarpgroupsHere) ...
#if defined(__CUDA_ARCH__) && !defined(__CUDA_ARCH_FEAT_SM90_ALL)
inline constexpr bool kWarpgroupsHere = false;
#else
inline constexpr bool kWarpgroupsHere = true;
#endif

// ---- operands

// 64 rows of the left operand, N columns of the right one, each 16 deep (k), in pieces of 16 bytes, without a swizzle. For
// multiply_later a piece is eight k of one row, and eight rows' pieces follow one another; for multiply_turned_later a piece
// is eight rows of one k, and eight k's pieces follow one another. Everything is a multiple of 16 bytes.
struct WarpgroupOperand {
  std::uint64_t descriptor;
};

// next_rows, next_k: bytes from eight rows to the next, and from eight k to the next.
HOST_DEVICE constexpr WarpgroupOperand operand_of(std::uint32_t shared_address, std::uint32_t next_rows,
                                                  std::uint32_t next_k) {
  const auto field = [](std::uint32_t bytes) { return std::uint64_t{(bytes & 0x3ffffu) >> 4}; };
  return {field(shared_address) | field(next_k) << 16 | field(next_rows) << 32};
}

#if defined(__CUDACC__)
__device__ inline WarpgroupOperand operand_at(const Bf16* begin, int next_rows, int next_k) {
  return operand_of(shared_address(begin), static_cast<std::uint32_t>(next_rows), static_cast<std::uint32_t>(next_k));
}
#else
inline WarpgroupOperand operand_at(const Bf16* begin, int next_rows, int next_k,
                                   emulator::Site site = emulator::Site::here()) {
  emulator::require_shared("wgmma operand", begin, 16, site);
  return operand_of(emulator::offset_in_shared(begin), static_cast<std::uint32_t>(next_rows),
                    static_cast<std::uint32_t>(next_k));
}
#endif

inline constexpr int kEightPieces = 8 * 16;  // bytes of eight pieces that follow one another

// ---- sums

// 64 x N floats of a warpgroup; quad = lane / 4, pair = lane % 4 * 2. Warp w has rows 16 w to 16 w + 15:
//   x[4 * j], x[4 * j + 1]      row 16 w + quad,      columns 8 j + pair, 8 j + pair + 1
//   x[4 * j + 2], x[4 * j + 3]  row 16 w + quad + 8,  the same columns
// A left operand in registers is a TileA of each warp: its 16 rows.
template <int N>
struct WarpgroupSums {
  float x[N / 2];
};

#if defined(__CUDACC__)

// What a compiler may not keep in registers of its own, or move across this.
template <int N>
__device__ inline void touch(WarpgroupSums<N>& sums) {
#pragma unroll
  for (int i = 0; i < N / 2; ++i) asm volatile("" : "+f"(sums.x[i])::"memory");
}

__device__ inline void show_to_products() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

__device__ inline void open_products() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ inline void close_products() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int kStillUnderWay>
__device__ inline void wait_for_products() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kStillUnderWay) : "memory");
}

// Sums as operands of an asm statement, and their names.
#define BOXWARP_SUMS_8(i)                                                                                                   \
  "+f"(sums.x[i]), "+f"(sums.x[i + 1]), "+f"(sums.x[i + 2]), "+f"(sums.x[i + 3]), "+f"(sums.x[i + 4]), "+f"(sums.x[i + 5]), \
      "+f"(sums.x[i + 6]), "+f"(sums.x[i + 7])
#define BOXWARP_SUMS_32 BOXWARP_SUMS_8(0), BOXWARP_SUMS_8(8), BOXWARP_SUMS_8(16), BOXWARP_SUMS_8(24)
#define BOXWARP_SUMS_56 BOXWARP_SUMS_32, BOXWARP_SUMS_8(32), BOXWARP_SUMS_8(40), BOXWARP_SUMS_8(48)
#define BOXWARP_NAMES_32                                                                                                \
  "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24, " \
  "%25, "                                                                                                               \
  "%26, %27, %28, %29, %30, %31"
#define BOXWARP_NAMES_56                                                                                                  \
  BOXWARP_NAMES_32                                                                                                        \
  ", %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, " \
  "%55"
// The sums are added to, and nothing is negated.
#define BOXWARP_WGMMA(columns, names, operands, turned) \
  "{.reg .pred adds; setp.eq.u32 adds, 0, 0;\n"         \
  "wgmma.mma_async.sync.aligned.m64n" columns "k16.f32.bf16.bf16 {" names "}, " operands ", adds, 1, 1" turned ";}"

__device__ inline void multiply_later(WarpgroupSums<64>& sums, WarpgroupOperand a, WarpgroupOperand b) {
  asm volatile(BOXWARP_WGMMA("64", BOXWARP_NAMES_32, "%32, %33", ", 0, 0")
               : BOXWARP_SUMS_32
               : "l"(a.descriptor), "l"(b.descriptor)
               : "memory");
}
__device__ inline void multiply_later(WarpgroupSums<112>& sums, WarpgroupOperand a, WarpgroupOperand b) {
  asm volatile(BOXWARP_WGMMA("112", BOXWARP_NAMES_56, "%56, %57", ", 0, 0")
               : BOXWARP_SUMS_56
               : "l"(a.descriptor), "l"(b.descriptor)
               : "memory");
}
__device__ inline void multiply_turned_later(WarpgroupSums<64>& sums, WarpgroupOperand a, WarpgroupOperand b) {
  asm volatile(BOXWARP_WGMMA("64", BOXWARP_NAMES_32, "%32, %33", ", 1, 1")
               : BOXWARP_SUMS_32
               : "l"(a.descriptor), "l"(b.descriptor)
               : "memory");
}
__device__ inline void multiply_later(WarpgroupSums<64>& sums, const TileA& a, WarpgroupOperand b) {
  asm volatile(BOXWARP_WGMMA("64", BOXWARP_NAMES_32, "{%32, %33, %34, %35}, %36", ", 0")
               : BOXWARP_SUMS_32
               : "r"(a.reg[0]), "r"(a.reg[1]), "r"(a.reg[2]), "r"(a.reg[3]), "l"(b.descriptor)
               : "memory");
}
__device__ inline void multiply_later(WarpgroupSums<112>& sums, const TileA& a, WarpgroupOperand b) {
  asm volatile(BOXWARP_WGMMA("112", BOXWARP_NAMES_56, "{%56, %57, %58, %59}, %60", ", 0")
               : BOXWARP_SUMS_56
               : "r"(a.reg[0]), "r"(a.reg[1]), "r"(a.reg[2]), "r"(a.reg[3]), "l"(b.descriptor)
               : "memory");
}

#undef BOXWARP_WGMMA
#undef BOXWARP_NAMES_56
#undef BOXWARP_NAMES_32
#undef BOXWARP_SUMS_56
#undef BOXWARP_SUMS_32
#undef BOXWARP_SUMS_8

__device__ inline Bf16x2 turned(Bf16x2 two) {
  Bf16x2 columns;
  asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(columns) : "r"(two));
  return columns;
}

#else

template <int N>
void touch(WarpgroupSums<N>&) {}
inline void show_to_products() {}

inline void open_products() {}
inline void close_products() { emulator::close_product_group(); }
template <int kStillUnderWay>
void wait_for_products() {
  emulator::deliver_product_groups(kStillUnderWay);
}
template <int N>
void multiply_later(WarpgroupSums<N>& sums, WarpgroupOperand a, WarpgroupOperand b,
                    emulator::Site site = emulator::Site::here()) {
  emulator::start_product({.sums = sums.x, .columns = N, .a = a.descriptor, .b = b.descriptor}, site);
}
template <int N>
void multiply_turned_later(WarpgroupSums<N>& sums, WarpgroupOperand a, WarpgroupOperand b,
                           emulator::Site site = emulator::Site::here()) {
  emulator::start_product({.sums = sums.x, .columns = N, .a = a.descriptor, .b = b.descriptor, .turned = true}, site);
}
template <int N>
void multiply_later(WarpgroupSums<N>& sums, const TileA& a, WarpgroupOperand b,
                    emulator::Site site = emulator::Site::here()) {
  emulator::start_product({.sums = sums.x, .columns = N, .registers = a.reg, .b = b.descriptor}, site);
}

inline Bf16x2 turned(Bf16x2 two, emulator::Site site = emulator::Site::here()) { return emulator::turned(two, site); }

#endif

}  // namespace boxwarp
