// What an access costs memory, by hand.
#include "tests/ptx/profile.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace boxwarp::ptx {
namespace {

struct Addresses {
  explicit Addresses(const std::function<std::uint64_t(std::uint64_t)>& of) {
    for (unsigned lane = 0; lane < kLanes; ++lane) at[lane] = of(lane);
  }
  std::uint64_t at[kLanes];
};

std::uint64_t sectors(const Addresses& addresses, std::uint32_t mask, std::size_t bytes) {
  Counters counters;
  count_global(counters, addresses.at, mask, bytes);
  EXPECT_EQ(counters.global_requests, 1u);
  EXPECT_EQ(counters.global_bytes, static_cast<std::uint64_t>(std::popcount(mask)) * bytes);
  return counters.global_sectors;
}

std::uint64_t passes(const Addresses& addresses, std::uint32_t mask, std::size_t bytes) {
  Counters counters;
  count_shared(counters, addresses.at, mask, bytes);
  return counters.shared_passes;
}

TEST(Profile, SectorsAreThoseThatAreTouched) {
  EXPECT_EQ(sectors(Addresses([](std::uint64_t lane) { return 4 * lane; }), kAllLanes, 4), 4u);
  EXPECT_EQ(sectors(Addresses([](std::uint64_t lane) { return 16 * lane; }), kAllLanes, 16), 16u);
  EXPECT_EQ(sectors(Addresses([](std::uint64_t lane) { return 100 * lane / 4 * 4; }), kAllLanes, 4), 32u);
  EXPECT_EQ(sectors(Addresses([](std::uint64_t) { return 8; }), kAllLanes, 4), 1u);
  EXPECT_EQ(sectors(Addresses([](std::uint64_t lane) { return 32 * lane; }), 0x0000000fu, 1), 4u);
}

TEST(Profile, BanksThatAreAskedForSeveralWordsTakeSeveralPasses) {
  EXPECT_EQ(passes(Addresses([](std::uint64_t lane) { return 4 * lane; }), kAllLanes, 4), 1u);
  EXPECT_EQ(passes(Addresses([](std::uint64_t) { return 4; }), kAllLanes, 4), 1u);
  EXPECT_EQ(passes(Addresses([](std::uint64_t lane) { return 128 * lane; }), kAllLanes, 4), 32u);
  EXPECT_EQ(passes(Addresses([](std::uint64_t lane) { return 8 * lane; }), kAllLanes, 4), 2u);
  EXPECT_EQ(passes(Addresses([](std::uint64_t lane) { return 8 * lane; }), kAllLanes, 8), 2u) << "256 bytes in all";
  EXPECT_EQ(passes(Addresses([](std::uint64_t lane) { return 16 * lane; }), kAllLanes, 16), 4u);
  EXPECT_EQ(passes(Addresses([](std::uint64_t lane) { return 32 * lane; }), kAllLanes, 16), 8u);
  EXPECT_EQ(passes(Addresses([](std::uint64_t lane) { return lane; }), kAllLanes, 1), 1u);
}

TEST(Profile, KernelsGoByShortNames) {
  EXPECT_EQ(short_name("_ZN7boxwarp4cuda39_GLOBAL__N__3a8f86f9_7_step_cu_9043b9aa11step_kernelILb0EEEvPKhPy"),
            "step_kernel<false>");
  EXPECT_EQ(short_name("_ZN1a12_GLOBAL__N_1L11norm_kernelEPKdjPd"), "norm_kernel");
  EXPECT_EQ(short_name("plain"), "plain");
}

}  // namespace
}  // namespace boxwarp::ptx
