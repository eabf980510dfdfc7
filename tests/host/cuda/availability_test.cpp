// What is said about GPUs and their memory, from every answer that CUDA can give.
#include "host/cuda/availability.hpp"

#include <gtest/gtest.h>

#include "host/cuda/memory.hpp"

namespace boxwarp::test {
namespace {

constexpr int kInsufficientDriver = 35, kNoDevice = 100, kUnknown = 999;

CudaStatus status(int error, int driver_version, int devices = 0) {
  return {.error = error,
          .error_text = "cudaErrorX: words of CUDA",
          .driver_version = driver_version,
          .runtime_version = 13000,
          .devices = devices};
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

GpuInfo gpu(int major, int minor) {
  GpuInfo info{};
  info.name = "Test GPU";
  info.major = major;
  info.minor = minor;
  return info;
}

CudaReport report_of(const std::string& architectures, std::vector<GpuInfo> gpus) {
  return {.built = true,
          .architectures = architectures,
          .status = status(0, 13000, static_cast<int>(gpus.size())),
          .gpus = std::move(gpus)};
}

TEST(WhyNoGpu, NothingWhereThereIsOne) { EXPECT_EQ(why_no_gpu(status(0, 13000, 1)), ""); }

TEST(WhyNoGpu, NoDriverNamesTheOneThatIsNeeded) {
  EXPECT_EQ(why_no_gpu(status(kInsufficientDriver, 0)),
            "no NVIDIA driver is installed; this program needs one for CUDA 13.0 (driver 580 or newer)");
}

TEST(WhyNoGpu, ADriverThatIsTooOldIsToldWithBothVersions) {
  EXPECT_EQ(why_no_gpu(status(kInsufficientDriver, 12020)),
            "the NVIDIA driver is too old: it supports CUDA 12.2, this program was built with CUDA 13.0 and needs CUDA 13.0 "
            "(driver 580 or newer)");
}

TEST(WhyNoGpu, TheNeededDriverIsTheFirstOfTheMajorVersion) {
  CudaStatus old = status(kInsufficientDriver, 11080);
  old.runtime_version = 12080;
  EXPECT_TRUE(has(why_no_gpu(old), "built with CUDA 12.8 and needs CUDA 12.0 (driver 525 or newer)")) << why_no_gpu(old);
  old.runtime_version = 21030;  // of a time that knows no number of its driver yet
  EXPECT_TRUE(why_no_gpu(old).ends_with("built with CUDA 21.3 and needs CUDA 21.0")) << why_no_gpu(old);
}

TEST(WhyNoGpu, ADriverWithoutAGpuIsNoMissingDriver) {
  const std::string expected =
      "the NVIDIA driver (for CUDA 13.0) is installed but finds no GPU, or CUDA_VISIBLE_DEVICES hides it";
  EXPECT_EQ(why_no_gpu(status(kNoDevice, 13000)), expected);
  EXPECT_EQ(why_no_gpu(status(0, 13000, 0)), expected);
}

TEST(WhyNoGpu, AnythingElseIsToldInTheWordsOfCuda) {
  EXPECT_EQ(why_no_gpu(status(kUnknown, 13000)), "CUDA finds no GPU: cudaErrorX: words of CUDA");
}

TEST(Versions, AreWrittenAsPeopleWriteThem) {
  EXPECT_EQ(version_text(13000), "13.0");
  EXPECT_EQ(version_text(12080), "12.8");
  EXPECT_EQ(version_text(11000), "11.0");
}

TEST(Architectures, AreToldAsCodeAndPtx) {
  EXPECT_EQ(architectures_text("80-real,90a-real,120-real,120-virtual"), "sm_80, sm_90a, sm_120, PTX of compute_120");
  EXPECT_EQ(architectures_text("90"), "sm_90, PTX of compute_90");
  EXPECT_EQ(architectures_text(""), "");
}

TEST(Architectures, CodeRunsWithinItsMajorVersionFromItsMinorOn) {
  EXPECT_TRUE(runs_on("80-real", 8, 0));
  EXPECT_TRUE(runs_on("80-real", 8, 9));
  EXPECT_FALSE(runs_on("80-real", 7, 5));
  EXPECT_FALSE(runs_on("80-real", 9, 0));
  EXPECT_FALSE(runs_on("89-real", 8, 6));
  EXPECT_TRUE(runs_on("75-real,89-real", 8, 9));
  EXPECT_TRUE(runs_on("100-real", 10, 3));
  EXPECT_FALSE(runs_on("100-real", 12, 0));
}

TEST(Architectures, PtxRunsOnEverythingNewer) {
  EXPECT_TRUE(runs_on("80-virtual", 8, 0));
  EXPECT_TRUE(runs_on("80-virtual", 12, 1));
  EXPECT_FALSE(runs_on("90-virtual", 8, 9));
  EXPECT_TRUE(runs_on("90", 10, 0));
}

TEST(Architectures, ALetterHoldsToOneCapability) {
  EXPECT_TRUE(runs_on("90a-real", 9, 0));
  EXPECT_TRUE(runs_on("90a-virtual", 9, 0));
  EXPECT_FALSE(runs_on("90a-virtual", 10, 0));
  EXPECT_FALSE(runs_on("100a-real", 10, 3));
}

TEST(WhyNotUsable, NothingForAGpuThatIsThereAndWasBuiltFor) {
  EXPECT_EQ(why_not_usable(report_of("80-real,90-real", {gpu(8, 0), gpu(9, 0)}), 1), "");
}

TEST(WhyNotUsable, AProgramWithoutCudaSaysSo) { EXPECT_EQ(why_not_usable({}, 0), "this program was built without CUDA"); }

TEST(WhyNotUsable, AMissingNumberIsToldWithThoseThatThereAre) {
  EXPECT_EQ(why_not_usable(report_of("90-real", {gpu(9, 0)}), 1), "there is one GPU, cuda:0");
  EXPECT_EQ(why_not_usable(report_of("90-real", {gpu(9, 0), gpu(9, 0)}), 99), "there are 2 GPUs, cuda:0 to cuda:1");
}

TEST(WhyNotUsable, AGpuThatNothingWasBuiltForIsToldWithTheRemedy) {
  EXPECT_EQ(why_not_usable(report_of("80-real,90-real", {gpu(7, 5)}), 0),
            "Test GPU is sm_75, and this program was built for sm_80, sm_90; build it with -DCMAKE_CUDA_ARCHITECTURES=75");
}

TEST(MemoryText, SizesHaveTheirUnit) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(std::size_t{12} << 20), "12.0 MiB");
  EXPECT_EQ(bytes_text(std::size_t{80} << 30), "80.00 GiB");
}

TEST(MemoryText, WhatDoesNotFitIsToldWithNeededAndFreeMemory) {
  constexpr std::size_t gib = std::size_t{1} << 30;
  EXPECT_EQ(does_not_fit_text("rollout", 3 * gib, {{"boards", gib}, {"states", 2 * gib}}, {gib / 2, 24 * gib}),
            "rollout: 3.00 GiB of device memory needed (boards 1.00 GiB, states 2.00 GiB), 512.0 MiB of 24.00 GiB free");
  EXPECT_EQ(does_not_fit_text("buffer", gib, {}, {0, gib}),
            "buffer: 1.00 GiB of device memory needed, 0 B of 1.00 GiB free");
}

}  // namespace
}  // namespace boxwarp::test
