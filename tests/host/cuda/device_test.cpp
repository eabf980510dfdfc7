// --device: which names are taken, what they open, and the exit status of the command.
#include "host/engine/device.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "host/cuda/backend.hpp"
#include "levels/error.hpp"
#include "tests/tools/run_command.hpp"

namespace boxwarp::test {
namespace {

constexpr const char* kNoDevices = "CUDA_VISIBLE_DEVICES=";  // hides every GPU from the command

std::string why_not() { return why_not_usable(cuda_report(), 0); }

Output eval_on(const std::string& device, const Environment& environment = {}) {
  return boxwarp({"eval", "--weights", "none.safetensors", "--levels", "none.txt", "--device", device}, environment);
}

template <class Work>
std::string refusal(const Work& work) {
  try {
    work();
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "";
}

TEST(DeviceName, WhatIsNoNumberOfAGpuIsBadInput) {
  for (const char* name : {"", "gpu", "CUDA", "cuda:", "cuda:x", "cuda:-1", "cuda:0x", "cuda: 0", "cuda:00000", "cuda0",
                           "auto:0", "cpu:0", "cuda:99999999999999999999"}) {
    EXPECT_THROW(open_device(name), BadInput) << name;
  }
}

TEST(DeviceName, TheCommandEndsWithTwoForABadName) {
  const Output output = eval_on("cuda:x");
  EXPECT_EQ(output.status, 2);
  EXPECT_NE(output.err.find("'cuda:x'"), std::string::npos) << output.err;
  EXPECT_NE(output.err.find("cuda:N"), std::string::npos) << output.err;
}

TEST(CudaDevice, WithoutAGpuTheReasonIsTold) {
  const std::string reason = why_not();
  if (reason.empty()) GTEST_SKIP() << "there is a GPU here";
  for (const char* name : {"cuda", "cuda:0", "cuda:99"}) {
    const std::string text = refusal([&] { open_device(name); });
    EXPECT_TRUE(text.starts_with(std::string("--device ") + name + ": " + reason)) << text;
    EXPECT_NE(text.find("--device cpu"), std::string::npos) << text;
  }
}

TEST(CudaDevice, WithoutAGpuTheCommandEndsWithThree) {
  for (const char* name : {"cuda", "cuda:0", "cuda:99"}) {
    const Output output = eval_on(name, {kNoDevices});
    EXPECT_EQ(output.status, 3) << name;
    EXPECT_EQ(output.out, "") << name;
    EXPECT_EQ(lines_of(output.err).size(), 1u) << output.err;
    EXPECT_TRUE(output.err.starts_with(std::string("boxwarp: --device ") + name + ": ")) << output.err;
  }
}

TEST(CudaDevice, ANumberBeyondTheLastGpuEndsWithThree) { EXPECT_EQ(eval_on("cuda:9999").status, 3); }

TEST(CudaDevice, TrainingEndsWithThreeTooAndLeavesNoFolder) {
  const Folder folder;
  const std::string out = folder / "run";
  const Output output = boxwarp(
      {"train", "--preset", "quick", "--levels", "generated:size=6x6,boxes=1,count=4", "--out", out, "--device", "cuda:0"},
      {kNoDevices});
  EXPECT_EQ(output.status, 3) << output.err;
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST(AutoDevice, WithoutAGpuItIsTheProcessorAndANoteSaysWhy) {
  const std::string reason = why_not();
  if (reason.empty()) GTEST_SKIP() << "there is a GPU here";
  const Device device = open_device("auto", 2), processor = open_device("cpu", 2);
  EXPECT_EQ(device.name, processor.name);
  EXPECT_EQ(device.env, processor.env);
  EXPECT_EQ(device.net, processor.net);
  EXPECT_EQ(device.learn, processor.learn);
  EXPECT_EQ(processor.note, "");
  EXPECT_EQ(device.note, cuda_report().built ? "no GPU is used: " + reason : "");
}

TEST(AutoDevice, HasEveryTable) {
  const Device device = open_device("auto");
  EXPECT_NE(device.env, nullptr);
  EXPECT_NE(device.net, nullptr);
  EXPECT_NE(device.learn, nullptr);
}

#ifdef BOXWARP_FAKE_DRIVER  // the command as it runs beside drivers that this machine does not have

Environment driver_of(const std::string& version) {
  const char* path = std::getenv("LD_LIBRARY_PATH");
  return {std::string("LD_LIBRARY_PATH=") + BOXWARP_FAKE_DRIVER + (path == nullptr ? "" : std::string(":") + path),
          "FAKE_DRIVER_VERSION=" + version};
}

TEST(FakeDriver, OneThatIsTooOldIsToldWithBothVersions) {
  const Output output = eval_on("cuda", driver_of("11040"));
  EXPECT_EQ(output.status, 3);
  EXPECT_NE(output.err.find("too old: it supports CUDA 11.4, this program was built with CUDA "), std::string::npos)
      << output.err;
  const Output info = boxwarp({"info"}, driver_of("11040"));
  EXPECT_EQ(info.status, 0);
  EXPECT_NE(info.out.find("driver for CUDA 11.4"), std::string::npos) << info.out;
  EXPECT_NE(info.out.find("no GPU is used: the NVIDIA driver is too old"), std::string::npos) << info.out;
}

TEST(FakeDriver, OneWithoutAGpuIsNeitherMissingNorTooOld) {
  const std::string version = std::to_string(cuda_report().status.runtime_version);
  const Output output = eval_on("cuda:0", driver_of(version));
  EXPECT_EQ(output.status, 3);
  EXPECT_NE(output.err.find("is installed but finds no GPU"), std::string::npos) << output.err;
  const auto cuda = nlohmann::json::parse(boxwarp({"info", "--json"}, driver_of(version)).out)["cuda"];
  EXPECT_EQ(cuda["driver"], cuda["runtime"]);
}

#endif

TEST(CudaInfo, JsonTellsHowItWasBuiltAndWhyThereIsNoGpu) {
  const Output output = boxwarp({"info", "--json"});
  ASSERT_EQ(output.status, 0) << output.err;
  const auto cuda = nlohmann::json::parse(output.out)["cuda"];
  const CudaReport report = cuda_report();
  ASSERT_EQ(cuda["built"], report.built);
  if (!report.built) return;
  EXPECT_EQ(cuda["architectures"], architectures_text(report.architectures));
  EXPECT_EQ(cuda["runtime"], version_text(report.status.runtime_version));
  EXPECT_EQ(cuda["gpus"].size(), report.gpus.size());
  EXPECT_EQ(cuda["no_gpu"].is_null(), why_no_gpu(report.status).empty());
}

TEST(CudaInfo, TheTableTellsTheSame) {
  const Output output = boxwarp({"info"});
  ASSERT_EQ(output.status, 0) << output.err;
  const CudaReport report = cuda_report();
  EXPECT_NE(output.out.find(report.built ? architectures_text(report.architectures) : "built without it"), std::string::npos)
      << output.out;
  const std::string reason = report.built ? why_no_gpu(report.status) : "";
  EXPECT_NE(output.out.find(reason), std::string::npos) << output.out;
}

}  // namespace
}  // namespace boxwarp::test
