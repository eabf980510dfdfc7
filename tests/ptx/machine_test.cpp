// The machine that runs PTX, on texts short enough to be followed by hand.
#include "tests/ptx/machine.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

namespace boxwarp::ptx {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

// A kernel of one parameter, the address of `out`, which %rd1 holds; %r1 is the thread's number in its block.
std::string kernel_text(const std::string& body) {
  return R"(.version 9.0
.target sm_90
.address_size 64
.extern .shared .align 16 .b8 tile[];
.file 1 "/somewhere/kernels/example.cu"
.visible .entry example(.param .u64 example_param_0)
.maxntid 256, 1, 1
{
  .reg .pred %p<9>;
  .reg .b16 %rs<9>;
  .reg .f32 %f<9>;
  .reg .b32 %r<40>;
  .reg .f64 %fd<9>;
  .reg .b64 %rd<9>;
  .loc 1 7 3
  ld.param.u64 %rd1, [example_param_0];
  mov.u32 %r1, %tid.x;
)" + body +
         "\n  ret;\n}\n";
}

// Each thread's %r9 goes to its place in out.
constexpr const char* kStore = R"(
  mul.wide.u32 %rd8, %r1, 4;
  add.s64 %rd8, %rd1, %rd8;
  st.global.u32 [%rd8], %r9;)";

class Machine : public testing::Test {
 protected:
  // out (words) after the kernel has run for one block.
  std::vector<std::uint32_t> run(const std::string& body, unsigned threads = 32, std::size_t words = 256,
                                 std::size_t shared = 0) {
    const Module module(kernel_text(body), memory_);
    const Kernel* const kernel = module.kernel("example");
    const std::uint64_t out = memory_.take(words * sizeof(std::uint32_t));
    Launch launch{kernel, 1, threads, shared, std::vector<std::byte>(sizeof out)};
    std::memcpy(launch.values.data(), &out, sizeof out);
    std::uint64_t ticks = 0;
    ptx::run(launch, memory_, ticks);
    std::vector<std::uint32_t> values(words);
    std::memcpy(values.data(), memory_.bytes_of(out), words * sizeof(std::uint32_t));
    values.resize(std::min<std::size_t>(words, threads));
    return values;
  }

  // Its text where a kernel fails.
  std::string failure(const std::string& body, unsigned threads = 32, std::size_t shared = 0) {
    try {
      run(body, threads, 256, shared);
    } catch (const Failure& error) {
      return error.what();
    }
    return "";
  }

  // What one thread computes into %r9.
  std::uint32_t value(const std::string& body) { return run(body + kStore, 1)[0]; }

  Memory memory_{64 * kMiB};
};

std::vector<std::uint32_t> each(unsigned count, const std::function<std::uint32_t(std::uint32_t)>& of) {
  std::vector<std::uint32_t> values(count);
  for (std::uint32_t i = 0; i < count; ++i) values[i] = of(i);
  return values;
}

TEST_F(Machine, CountsAsIntegersOfTheirSizeDo) {
  EXPECT_EQ(value("add.s32 %r9, 2147483647, 1;"), 0x80000000u);
  EXPECT_EQ(value("mul.hi.u32 %r9, -1, -1;"), 0xfffffffeu);
  EXPECT_EQ(value("mul.hi.s32 %r9, -1, -1;"), 0u);
  EXPECT_EQ(value("div.s32 %r9, -7, 2;"), static_cast<std::uint32_t>(-3));
  EXPECT_EQ(value("rem.s32 %r9, -7, 2;"), static_cast<std::uint32_t>(-1));
  EXPECT_EQ(value("div.u32 %r9, 7, 0;"), 0xffffffffu);
  EXPECT_EQ(value("shr.s32 %r9, -8, 1;"), static_cast<std::uint32_t>(-4));
  EXPECT_EQ(value("shr.s32 %r9, -8, 77;"), 0xffffffffu);
  EXPECT_EQ(value("shl.b32 %r9, 1, 32;"), 0u);
  EXPECT_EQ(value("mad.lo.s32 %r9, 7, -6, 50;"), 8u);
  EXPECT_EQ(value("mov.u16 %rs1, -1; mul.wide.u16 %r9, %rs1, %rs1;"), 0xfffe0001u);
  EXPECT_EQ(value("mov.u16 %rs1, -1; cvt.s32.s16 %r9, %rs1;"), 0xffffffffu);
  EXPECT_EQ(value("mov.u32 %r2, 511; cvt.s32.s8 %r9, %r2;"), 0xffffffffu);
  EXPECT_EQ(value("mov.u64 %rd2, 0x1ffffffff; cvt.s64.s32 %rd3, %rd2; cvt.u32.u64 %r9, %rd3;"), 0xffffffffu);
  EXPECT_EQ(value("mov.u64 %rd2, 0xf0f0; popc.b64 %r9, %rd2;"), 8u);
  EXPECT_EQ(value("bfi.b32 %r9, 0xff, 0x12345678, 8, 4;"), 0x12345f78u);
  EXPECT_EQ(value("prmt.b32 %r9, 0x33221100, 0x77665544, 0x7410;"), 0x77441100u);
  EXPECT_EQ(value("mov.b64 %rd2, 0x1122334455667788; mov.b64 {%r8, %r9}, %rd2;"), 0x11223344u);
  EXPECT_EQ(value("min.s64 %rd2, -5, 3; cvt.u32.u64 %r9, %rd2;"), static_cast<std::uint32_t>(-5));
}

TEST_F(Machine, CountsAsFloatsDo) {
  const auto bits = [](float x) { return std::bit_cast<std::uint32_t>(x); };
  const std::string store = " mov.b32 %r9, %f1;";
  EXPECT_EQ(value("add.f32 %f1, 0f3F800000, 0f40000000;" + store), bits(3.0f));
  EXPECT_EQ(value("fma.rn.f32 %f1, 0f3F800001, 0f3F800001, 0fBF800002;" + store), bits(0x1p-46f));
  // Between 12582913 and 12582914 there is nothing: down and to nearest differ.
  EXPECT_EQ(value("fma.rm.f32 %f1, 0f3F400000, 0f3F800000, 0f4B400001;" + store), bits(12582913.0f));
  EXPECT_EQ(value("fma.rn.f32 %f1, 0f3F400000, 0f3F800000, 0f4B400001;" + store), bits(12582914.0f));
  EXPECT_EQ(value("div.rn.f32 %f1, 0f3F800000, 0f40400000;" + store), bits(1.0f / 3.0f));
  EXPECT_EQ(value("max.f32 %f1, 0f7FC00000, 0f40400000;" + store), bits(3.0f));
  EXPECT_EQ(value("copysign.f32 %f1, 0f80000000, 0f40400000;" + store), bits(-3.0f));
  EXPECT_EQ(value("mov.f64 %fd1, 0d3FF8000000000000; cvt.rn.f32.f64 %f1, %fd1;" + store), bits(1.5f));
  EXPECT_EQ(value("cvt.sat.f32.f32 %f1, 0f7FC00000;" + store), 0u);
  EXPECT_EQ(value("mov.f64 %fd1, 0dC004000000000000; cvt.rzi.s64.f64 %rd2, %fd1; cvt.u32.u64 %r9, %rd2;"),
            static_cast<std::uint32_t>(-2));
  EXPECT_EQ(value("cvt.rn.bf16x2.f32 %r9, 0f3F808000, 0f40400000;"), 0x3f804040u);  // half way: to even
  EXPECT_EQ(value("setp.lt.f32 %p1, 0f7FC00000, 0f3F800000; selp.u32 %r9, 1, 0, %p1;"), 0u);
  EXPECT_EQ(value("setp.geu.f32 %p1, 0f7FC00000, 0f3F800000; selp.u32 %r9, 1, 0, %p1;"), 1u);
}

// What is approximate errs, but by no more than the ISA allows.
TEST_F(Machine, ErrsWhereAGpuMay) {
  const auto relative_error = [&](const std::string& op, double (*exact)(double), float x) {
    char text[64];
    std::snprintf(text, sizeof text, "%s %%f1, 0f%08X; mov.b32 %%r9, %%f1;", op.c_str(), std::bit_cast<std::uint32_t>(x));
    return std::fabs(static_cast<double>(std::bit_cast<float>(value(text))) / exact(static_cast<double>(x)) - 1);
  };
  double worst_tanh = 0;
  for (float x = 0.01f; x < 3; x *= 1.1f) {
    worst_tanh = std::max(worst_tanh, relative_error("tanh.approx.f32", std::tanh, x));
    EXPECT_LE(relative_error("ex2.approx.ftz.f32", std::exp2, x), 0x1p-22);
    EXPECT_LE(relative_error(
                  "rcp.approx.ftz.f32", [](double y) { return 1 / y; }, x),
              0x1p-23);
  }
  EXPECT_LE(worst_tanh, 0x1p-11);
  EXPECT_GE(worst_tanh, 0x1p-13);
}

TEST_F(Machine, LanesThatPartMeetAgain) {
  // Even lanes go round a loop as often as their number says; then all shuffle.
  const auto seen = run(std::string(R"(
  mov.u32 %r9, 0;
  and.b32 %r2, %r1, 1;
  setp.ne.s32 %p1, %r2, 0;
  @%p1 bra $odd;
$again:
  add.s32 %r9, %r9, 1;
  setp.lt.u32 %p2, %r9, %r1;
  @%p2 bra $again;
  bra.uni $joined;
$odd:
  mov.u32 %r9, 100;
$joined:
  shfl.sync.bfly.b32 %r9|%p3, %r9, 1, 31, -1;)") +
                        kStore);
  EXPECT_EQ(seen, each(32, [](std::uint32_t lane) { return lane % 2 == 0 ? 100 : std::max(lane - 1, 1u); }));
}

TEST_F(Machine, LanesMeetAgainWhereTheTextGoesBack) {
  // Odd lanes reach the shuffle, which stands before, by a jump backwards.
  const auto seen = run(std::string(R"(
  mov.u32 %r9, %r1;
  and.b32 %r2, %r1, 1;
  setp.ne.s32 %p1, %r2, 0;
  @%p1 bra $odd;
$joined:
  shfl.sync.idx.b32 %r9, %r9, 31, 31, -1;
  bra.uni $end;
$odd:
  add.s32 %r9, %r9, 1000;
  bra.uni $joined;
$end:)") + kStore);
  EXPECT_EQ(seen, each(32, [](std::uint32_t) { return 1031; }));
}

TEST_F(Machine, ShufflesWithinSegments) {
  // c = 0x1807: segments of 8 lanes, the last of each is 7.
  const auto down = run(std::string("shfl.sync.down.b32 %r9, %r1, 1, 0x1807, -1;") + kStore);
  EXPECT_EQ(down, each(32, [](std::uint32_t lane) { return lane % 8 == 7 ? lane : lane + 1; }));
  const auto up = run(std::string("shfl.sync.up.b32 %r9, %r1, 2, 0, -1;") + kStore);
  EXPECT_EQ(up, each(32, [](std::uint32_t lane) { return lane < 2 ? lane : lane - 2; }));
  const auto votes = run(std::string("setp.lt.u32 %p1, %r1, 5; vote.sync.ballot.b32 %r9, %p1, -1;") + kStore);
  EXPECT_EQ(votes, each(32, [](std::uint32_t) { return 31; }));
}

constexpr const char* kSharedPlace = R"(
  mov.u32 %r2, tile;
  shl.b32 %r3, %r1, 2;
  add.s32 %r3, %r2, %r3;)";

TEST_F(Machine, WarpsMeetAtBarriers) {
  const auto seen = run(std::string(kSharedPlace) + R"(
  st.shared.u32 [%r3], %r1;
  bar.sync 0;
  xor.b32 %r4, %r1, 64;
  shl.b32 %r4, %r4, 2;
  add.s32 %r4, %r2, %r4;
  ld.shared.u32 %r9, [%r4];
  setp.lt.u32 %p1, %r9, 127;
  bar.red.and.pred %p2, 0, %p1;
  @%p2 add.s32 %r9, %r9, 1000;
  setp.eq.s32 %p1, %r1, 3;
  bar.red.or.pred %p2, 0, %p1;
  @%p2 add.s32 %r9, %r9, 2000;)" +
                            kStore,
                        128, 256, 512);
  EXPECT_EQ(seen, each(128, [](std::uint32_t thread) { return (thread ^ 64) + 2000; }));
}

TEST_F(Machine, WarpsMeetFromDifferentPlaces) {
  const auto seen = run(std::string(kSharedPlace) + R"(
  setp.ge.u32 %p1, %r1, 64;
  @%p1 bra $others;
  st.shared.u32 [%r3], %r1;
  barrier.sync 0;
  bra $rest;
$others:
  mov.u32 %r4, 500;
  st.shared.u32 [%r3], %r4;
  barrier.sync 0;
$rest:
  xor.b32 %r4, %r1, 64;
  shl.b32 %r4, %r4, 2;
  add.s32 %r4, %r2, %r4;
  ld.shared.u32 %r9, [%r4];)" +
                            kStore,
                        128, 256, 512);
  EXPECT_EQ(seen, each(128, [](std::uint32_t thread) { return thread < 64 ? 500 : thread - 64; }));
}

TEST_F(Machine, AddsAtomically) {
  const auto seen = run(std::string(R"(
  mov.u32 %r2, tile;
  mov.u32 %r3, 0;
  st.shared.u32 [%r2], %r3;
  bar.sync 0;
  atom.shared.add.u32 %r4, [%r2], 2;
  bar.sync 0;
  ld.shared.u32 %r9, [%r2];)") +
                            kStore,
                        70, 256, 16);
  EXPECT_EQ(seen, each(70, [](std::uint32_t) { return 140; }));
}

// out (32 words) lies in global memory; 16 bytes of it go to the tile.
TEST_F(Machine, CopiesArriveWhenTheyAreWaitedFor) {
  const auto copied = [&](const std::string& wait) {
    return run(std::string(kStore).replace(0, 0, "add.s32 %r9, %r1, 5;") + R"(
  mov.u32 %r2, tile;
  setp.ne.s32 %p1, %r1, 0;
  @%p1 bra $rest;
  cp.async.cg.shared.global [%r2], [%rd1], 16, 16;
  cp.async.commit_group;
$rest:)" + wait + R"(
  bar.sync 0;
  ld.shared.u32 %r9, [%r2+8];)" +
                   kStore,
               32, 256, 16);
  };
  EXPECT_EQ(copied("cp.async.wait_group 0;"), each(32, [](std::uint32_t) { return 7; }));
  EXPECT_EQ(copied("cp.async.wait_group 1;"), each(32, [](std::uint32_t) { return 0xa5a5a5a5u; }));
}

// The product of a matrix of rows with the identity is that matrix: where each fragment lies shows.
TEST_F(Machine, MultipliesTilesByTheLayoutOfTheIsa) {
  // A: each lane's four registers hold bf16 of 1 in lane 0's first register only. B: ones.
  const auto seen = run(std::string(R"(
  mov.u32 %r2, 0;
  setp.eq.s32 %p1, %r1, 6;
  selp.b32 %r3, 0x40003f80, 0, %p1;
  mov.u32 %r4, 0x40403f80;
  mov.f32 %f1, 0f00000000;
  mov.f32 %f2, 0f3F800000;
  mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f3, %f4, %f5, %f6}, {%r2, %r3, %r2, %r2}, {%r4, %r2}, {%f1, %f2, %f1, %f1};
  cvt.rzi.s64.f64 %rd2, 0d0000000000000000;
  add.f32 %f7, %f5, %f6;
  cvt.f64.f32 %fd1, %f7;
  cvt.rzi.s64.f64 %rd2, %fd1;
  cvt.u32.u64 %r9, %rd2;)") +
                        kStore);
  // Lane 6 (quad 1, pair 4) holds a[9][4] = 1 and a[9][5] = 2; b[4][c] = 1, b[5][c] = 3 for every column: 7 in row 9, of
  // which lanes 4 to 7 hold two columns each.
  EXPECT_EQ(seen, each(32, [](std::uint32_t lane) { return lane / 4 == 1 ? 14 : 0; }));
}

TEST_F(Machine, TellsWhatAGpuWouldStopAt) {
  const auto expect = [&](const std::string& told, const std::string& body, unsigned threads = 32) {
    const std::string text = failure(body, threads, 64);
    EXPECT_TRUE(text.starts_with(told)) << text;
    EXPECT_NE(text.find("(kernels/example.cu:7, block 0, thread "), std::string::npos) << text;
    EXPECT_NE(text.find("kernel example)"), std::string::npos) << text;
  };
  expect("illegal address: 8 bytes at 1020 of a block of 1024", "ld.global.v2.u32 {%r8, %r9}, [%rd1+1020];");
  expect("illegal address", "ld.global.u32 %r9, [%rd1+1024];");
  expect("illegal address", "ld.global.u32 %r9, [%rd1+-4];");
  expect("misaligned address: 8 bytes", "ld.global.v2.u32 {%r8, %r9}, [%rd1+4];");
  expect("illegal address: 4 bytes at 64 of 64 bytes of shared memory", "mov.u32 %r2, tile; ld.shared.u32 %r9, [%r2+64];");
  expect("waits for ever", "setp.lt.u32 %p1, %r1, 16; @%p1 bra $end; bar.warp.sync -1; $end: bar.sync 0;");
  expect("waits for ever", "setp.lt.u32 %p1, %r1, 16; @%p1 bra $end; shfl.sync.idx.b32 %r9, %r1, 0, 31, -1; $end:");
  expect("waits at a barrier for threads that have ended", "setp.lt.u32 %p1, %r1, 32; @%p1 bra $end; bar.sync 0; $end:", 64);
  expect("waits at another barrier",
         "setp.lt.u32 %p1, %r1, 32; @%p1 bra $far; bar.sync 0; bra $end; $far: bar.sync 0; $end:", 64);
  expect("waits at a barrier of another kind",
         "setp.lt.u32 %p1, %r1, 32; @%p1 bra $far; bar.sync 0; bra $end; $far: barrier.sync 0; $end:", 64);
  expect("a shuffle from lane 20",
         "setp.ge.u32 %p1, %r1, 16; @%p1 bra $end; shfl.sync.idx.b32 %r9, %r1, 20, 31, 0xffff; $end:");
  expect("trap", "trap;");
}

TEST_F(Machine, MemoryThatWasGivenBackIsNone) {
  const std::uint64_t address = memory_.take(64);
  ASSERT_NE(address, 0u);
  EXPECT_NE(memory_.checked(address + 60, 4), nullptr);
  EXPECT_EQ(memory_.checked(address + 60, 5), nullptr);
  EXPECT_TRUE(memory_.give_back(address));
  EXPECT_FALSE(memory_.give_back(address));
  EXPECT_EQ(memory_.checked(address, 4), nullptr);
  EXPECT_NE(memory_.take(64), address);
  EXPECT_EQ(memory_.take(65 * kMiB), 0u);
}

TEST_F(Machine, RefusesWhatItDoesNotUnderstand) {
  const auto refusal = [&](const std::string& body) {
    try {
      run(body);
    } catch (const BadText& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(refusal("sin.approx.f32 %f1, %f2;"), "example: sin.approx.f32 %f1 %f2: an instruction that is not understood");
  EXPECT_EQ(refusal("add.s32 %r1, %r2, %rd1;"), "example: add.s32 %r1 %r2 %rd1: a register of another size: %rd1");
  EXPECT_EQ(refusal("@%p1 bar.sync 0;"), "example: bar.sync 0: lanes that meet under a predicate, which is not here");
  EXPECT_EQ(refusal("bra $nowhere;"), "example: bra $nowhere: no label $nowhere");
  EXPECT_EQ(refusal("mov.u32 %none, 1;"), "example: mov.u32 %none 1: no register %none");
}

}  // namespace
}  // namespace boxwarp::ptx
