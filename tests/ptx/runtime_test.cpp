// The runtime itself: when work is done, and what is refused.
#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "tests/ptx/fat_binary_bytes.hpp"

extern "C" {  // what compiled objects call
void** __cudaRegisterFatBinary(void* fat_binary);
void __cudaRegisterFunction(void** binary, const char* function, char*, const char* name, int, uint3*, uint3*, dim3*, dim3*,
                            int*);
unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, std::size_t shared_bytes, cudaStream_t stream);
cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, std::size_t* shared_bytes, void* stream);
cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* function);
cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments, std::size_t shared_bytes,
                               cudaStream_t stream);
}

namespace boxwarp::ptx {
namespace {

// put(to, value): one thread writes one word. small: the same, in blocks of 64 threads at most.
std::string text_of(const std::string& name, const std::string& limit) {
  return ".visible .entry " + name + "(.param .u64 " + name + "_param_0, .param .u32 " + name + "_param_1)\n" + limit +
         "{\n.reg .b64 %rd<3>;\n.reg .b32 %r<2>;\nld.param.u64 %rd1, [" + name + "_param_0];\nld.param.u32 %r1, [" + name +
         "_param_1];\ncvta.to.global.u64 %rd2, %rd1;\nst.global.u32 [%rd2], %r1;\nret;\n}\n";
}
const std::string kText =
    ".version 9.0\n.target sm_90\n.address_size 64\n" + text_of("put", "") + text_of("small", ".maxntid 64, 1, 1\n");

// Functions of the host that stand for the kernels.
const char kPut = 0, kSmall = 0, kAbsent = 0, kUnknown = 0;

void register_kernels() {
  static auto* const fat_binary = new FatBinaryBytes;
  fat_binary->add(1, 90, kText);
  void** const binary = __cudaRegisterFatBinary(fat_binary->wrapper());
  const auto add = [binary](const char* function, const char* name) {
    __cudaRegisterFunction(binary, function, nullptr, name, -1, nullptr, nullptr, nullptr, nullptr, nullptr);
  };
  add(&kPut, "put");
  add(&kSmall, "small");
  add(&kAbsent, "absent");
}

class PtxRuntime : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    static const bool once = (register_kernels(), true);
    ASSERT_TRUE(once);
  }
  void SetUp() override {
    ASSERT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
    ASSERT_EQ(cudaEventCreate(&event), cudaSuccess);
    ASSERT_EQ(cudaMalloc(reinterpret_cast<void**>(&there), kBytes), cudaSuccess);
    ASSERT_EQ(cudaMallocHost(reinterpret_cast<void**>(&pinned), kBytes), cudaSuccess);
    std::memset(pinned, 0, kBytes);
  }
  void TearDown() override {
    EXPECT_EQ(cudaFree(there), cudaSuccess);
    EXPECT_EQ(cudaFreeHost(pinned), cudaSuccess);
    EXPECT_EQ(cudaEventDestroy(event), cudaSuccess);
    EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess);
    cudaGetLastError();
  }

  cudaError_t launch(const char* function, void* to, std::uint32_t value, dim3 grid = 1, dim3 block = 1,
                     std::size_t shared = 0) {
    cudaLaunchConfig_t how{};
    how.gridDim = grid;
    how.blockDim = block;
    how.dynamicSmemBytes = shared;
    how.stream = stream;
    void* arguments[] = {&to, &value};
    return cudaLaunchKernelExC(&how, function, arguments);
  }
  cudaError_t copy(void* to, const void* from, std::size_t bytes = sizeof(std::uint32_t)) {
    return cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream);
  }
  std::uint32_t seen(cudaStream_t by) {
    std::uint32_t value = 0;
    EXPECT_EQ(cudaMemcpyAsync(&value, there, sizeof value, cudaMemcpyDefault, by), cudaSuccess);
    return value;
  }

  static constexpr std::size_t kBytes = 64;
  cudaStream_t stream = nullptr;
  cudaEvent_t event = nullptr;
  std::uint32_t *there = nullptr, *pinned = nullptr;
};

TEST_F(PtxRuntime, WorkIsDoneWhenSomebodyWaitsForIt) {
  ASSERT_EQ(launch(&kPut, there, 7), cudaSuccess);
  ASSERT_EQ(copy(pinned, there), cudaSuccess);
  EXPECT_EQ(pinned[0], 0u);
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(pinned[0], 7u);
}

TEST_F(PtxRuntime, PageableMemoryIsReadAtOnceAndWrittenBeforeTheCallReturns) {
  std::uint32_t value = 5;
  ASSERT_EQ(copy(there, &value), cudaSuccess);
  value = 6;
  EXPECT_EQ(seen(stream), 5u);
  pinned[0] = 5;
  ASSERT_EQ(copy(there, pinned), cudaSuccess);
  pinned[0] = 6;
  EXPECT_EQ(seen(stream), 6u);
}

TEST_F(PtxRuntime, MemoryIsNotZero) {
  EXPECT_EQ(seen(stream), 0xa5a5a5a5u);
  ASSERT_EQ(cudaMemset(there, 3, kBytes), cudaSuccess);
  EXPECT_EQ(seen(stream), 0xa5a5a5a5u);  // nobody waited for the legacy stream
  ASSERT_EQ(cudaStreamSynchronize(cudaStreamLegacy), cudaSuccess);
  EXPECT_EQ(seen(stream), 0x03030303u);
}

TEST_F(PtxRuntime, RangesMustLieInOneBlock) {
  EXPECT_EQ(copy(there, pinned, kBytes), cudaSuccess);
  EXPECT_EQ(copy(there + 1, pinned, kBytes), cudaErrorInvalidValue);
  EXPECT_EQ(copy(there, pinned + 1, kBytes), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemsetAsync(there, 0, kBytes + 1, stream), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(there + 1), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFreeHost(pinned + 1), cudaErrorInvalidValue);
}

TEST_F(PtxRuntime, ErrorsStayTheLastOneUntilTheyAreAskedFor) {
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  EXPECT_EQ(cudaSetDevice(1), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaSetDevice(0), cudaSuccess);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  EXPECT_STREQ(cudaGetErrorName(cudaErrorInvalidDevice), "cudaErrorInvalidDevice");
  EXPECT_STREQ(cudaGetErrorString(cudaErrorInvalidDevice), "invalid device ordinal");
}

TEST_F(PtxRuntime, TheFirstQueryFindsWorkUnderWay) {
  EXPECT_EQ(cudaEventQuery(event), cudaSuccess);  // never recorded
  ASSERT_EQ(launch(&kPut, there, 7), cudaSuccess);
  ASSERT_EQ(cudaEventRecord(event, stream), cudaSuccess);
  EXPECT_EQ(cudaEventQuery(event), cudaErrorNotReady);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  EXPECT_EQ(cudaEventQuery(event), cudaSuccess);
  ASSERT_EQ(cudaEventRecord(event, stream), cudaSuccess);
  ASSERT_EQ(cudaEventSynchronize(event), cudaSuccess);
  EXPECT_EQ(cudaEventQuery(event), cudaSuccess);
}

TEST_F(PtxRuntime, TimeIsMeasuredBetweenEventsThatWereReached) {
  cudaEvent_t later = nullptr;
  ASSERT_EQ(cudaEventCreate(&later), cudaSuccess);
  float time_ms = -1;
  EXPECT_EQ(cudaEventElapsedTime(&time_ms, event, later), cudaErrorInvalidResourceHandle);
  ASSERT_EQ(cudaEventRecord(event, stream), cudaSuccess);
  ASSERT_EQ(launch(&kPut, there, 7), cudaSuccess);
  ASSERT_EQ(cudaEventRecord(later, stream), cudaSuccess);
  ASSERT_EQ(cudaEventSynchronize(event), cudaSuccess);
  EXPECT_EQ(cudaEventElapsedTime(&time_ms, event, later), cudaErrorNotReady);
  ASSERT_EQ(cudaEventSynchronize(later), cudaSuccess);
  ASSERT_EQ(cudaEventElapsedTime(&time_ms, event, later), cudaSuccess);
  EXPECT_GT(time_ms, 0.0f);
  EXPECT_EQ(cudaEventDestroy(later), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(later), cudaErrorInvalidResourceHandle);
}

// Of another stream: it is made later, so only an event brings the work of the first one before its own.
TEST_F(PtxRuntime, OnlyEventsOrderStreams) {
  cudaStream_t other = nullptr;
  ASSERT_EQ(cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking), cudaSuccess);
  ASSERT_EQ(launch(&kPut, there, 1), cudaSuccess);
  EXPECT_EQ(seen(other), 0xa5a5a5a5u);
  ASSERT_EQ(cudaEventRecord(event, stream), cudaSuccess);
  ASSERT_EQ(cudaStreamWaitEvent(other, event, 0), cudaSuccess);
  ASSERT_EQ(launch(&kPut, there, 2), cudaSuccess);
  ASSERT_EQ(cudaEventRecord(event, stream), cudaSuccess);  // the other one waits for the record that it knew
  EXPECT_EQ(seen(other), 1u);
  EXPECT_EQ(seen(stream), 2u);
  EXPECT_EQ(cudaStreamDestroy(other), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(other), cudaErrorInvalidResourceHandle);
}

TEST_F(PtxRuntime, WorkOfADestroyedStreamIsDoneWhenMemoryIsGivenBack) {
  cudaStream_t const kept = stream;
  ASSERT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
  ASSERT_EQ(launch(&kPut, there, 9), cudaSuccess);
  ASSERT_EQ(copy(pinned, there), cudaSuccess);
  ASSERT_EQ(cudaStreamDestroy(stream), cudaSuccess);
  stream = kept;
  EXPECT_EQ(pinned[0], 0u);
  void* memory = nullptr;
  ASSERT_EQ(cudaMalloc(&memory, 1), cudaSuccess);
  ASSERT_EQ(cudaFree(memory), cudaSuccess);
  EXPECT_EQ(pinned[0], 9u);
}

class PtxGraph : public PtxRuntime {
 protected:
  void begin() { ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess); }
  cudaError_t end() { return cudaStreamEndCapture(stream, &graph); }
  void expect_spoilt(const char* what) {
    EXPECT_EQ(launch(&kPut, there, 1), cudaErrorStreamCaptureInvalidated) << what;
    EXPECT_EQ(end(), cudaErrorStreamCaptureInvalidated) << what;
    EXPECT_EQ(graph, nullptr) << what;
  }

  cudaGraph_t graph = nullptr;
};

TEST_F(PtxGraph, IsDoneAsOftenAsItIsLaunchedAndOutlivesItsHandles) {
  begin();
  ASSERT_EQ(launch(&kPut, there + 1, 4), cudaSuccess);
  ASSERT_EQ(copy(there, pinned), cudaSuccess);
  ASSERT_EQ(cudaMemsetAsync(there + 2, 1, 4, stream), cudaSuccess);
  ASSERT_EQ(cudaEventRecord(event, stream), cudaSuccess);
  ASSERT_EQ(cudaStreamWaitEvent(stream, event, 0), cudaSuccess);
  ASSERT_EQ(end(), cudaSuccess);
  EXPECT_EQ(cudaEventQuery(event), cudaErrorCapturedEvent);
  std::size_t nodes = 0;
  ASSERT_EQ(cudaGraphGetNodes(graph, nullptr, &nodes), cudaSuccess);
  EXPECT_EQ(nodes, 3u);
  EXPECT_EQ(seen(stream), 0xa5a5a5a5u);

  cudaGraphExec_t exec = nullptr;
  ASSERT_EQ(cudaGraphInstantiate(&exec, graph, 0), cudaSuccess);
  ASSERT_EQ(cudaGraphDestroy(graph), cudaSuccess);
  pinned[0] = 11;
  ASSERT_EQ(cudaGraphLaunch(exec, stream), cudaSuccess);
  EXPECT_EQ(seen(stream), 11u);
  pinned[0] = 12;
  ASSERT_EQ(cudaGraphLaunch(exec, stream), cudaSuccess);
  ASSERT_EQ(cudaGraphExecDestroy(exec), cudaSuccess);
  EXPECT_EQ(seen(stream), 12u);
  EXPECT_EQ(cudaGraphLaunch(exec, stream), cudaErrorInvalidResourceHandle);
}

TEST_F(PtxGraph, WhatMayNotBeRecordedSpoilsIt) {
  void* memory = nullptr;
  std::uint32_t pageable = 0;
  cudaEvent_t outside = nullptr;
  ASSERT_EQ(cudaEventCreate(&outside), cudaSuccess);
  ASSERT_EQ(cudaEventRecord(outside, stream), cudaSuccess);
  const auto expect_refused = [&](const char* what, auto&& call, cudaError_t error = cudaErrorStreamCaptureUnsupported) {
    begin();
    EXPECT_EQ(call(), error) << what;
    expect_spoilt(what);
  };
  expect_refused("synchronise", [&] { return cudaStreamSynchronize(stream); });
  expect_refused("malloc", [&] { return cudaMalloc(&memory, 1); });
  expect_refused("free", [&] { return cudaFree(there); });
  expect_refused("malloc host", [&] { return cudaMallocHost(&memory, 1); });
  expect_refused("free host", [&] { return cudaFreeHost(pinned); });
  expect_refused("memset", [&] { return cudaMemset(there, 0, 1); });
  expect_refused("query", [&] { return cudaEventQuery(outside); });
  expect_refused("from pageable", [&] { return copy(there, &pageable); });
  expect_refused("to pageable", [&] { return copy(&pageable, there); });
  expect_refused(
      "wait", [&] { return cudaStreamWaitEvent(stream, outside, 0); }, cudaErrorStreamCaptureIsolation);
  EXPECT_EQ(cudaEventDestroy(outside), cudaSuccess);
  ASSERT_EQ(launch(&kPut, there, 3), cudaSuccess);
  EXPECT_EQ(seen(stream), 3u);
}

TEST_F(PtxGraph, AnotherThreadMayTakeMemoryMeanwhileButNotEndIt) {
  begin();
  EXPECT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaErrorIllegalState);
  std::thread([&] {
    void* memory = nullptr;
    EXPECT_EQ(cudaMalloc(&memory, 1), cudaSuccess);
    EXPECT_EQ(cudaFree(memory), cudaSuccess);
    EXPECT_EQ(end(), cudaErrorStreamCaptureWrongThread);
  }).join();
  EXPECT_EQ(end(), cudaSuccess);
  EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);
  EXPECT_EQ(end(), cudaErrorIllegalState);
}

TEST_F(PtxRuntime, LaunchesThatADeviceRefusesDoNothing) {
  EXPECT_EQ(launch(&kPut, there, 1, 0), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(&kPut, there, 1, 1, 0), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(&kPut, there, 1, 1, 2048), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(&kPut, there, 1, dim3(1, 2)), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(&kSmall, there, 1, 1, 65), cudaErrorLaunchOutOfResources);
  EXPECT_EQ(launch(&kAbsent, there, 1), cudaErrorInvalidDeviceFunction);
  EXPECT_EQ(launch(&kUnknown, there, 1), cudaErrorInvalidDeviceFunction);
  EXPECT_EQ(launch(&kPut, there, 1, 1, 1, 48 * 1024 + 1), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFuncSetAttribute(&kPut, cudaFuncAttributeMaxDynamicSharedMemorySize, 227 * 1024 + 1), cudaErrorInvalidValue);
  EXPECT_EQ(seen(stream), 0xa5a5a5a5u);
  EXPECT_EQ(cudaFuncSetAttribute(&kPut, cudaFuncAttributeMaxDynamicSharedMemorySize, 64 * 1024), cudaSuccess);
  EXPECT_EQ(launch(&kPut, there, 1, 1, 1, 64 * 1024), cudaSuccess);
  EXPECT_EQ(cudaFuncSetAttribute(&kPut, cudaFuncAttributeMaxDynamicSharedMemorySize, 48 * 1024), cudaSuccess);
  EXPECT_EQ(launch(&kSmall, there + 1, 2, 1, 64), cudaSuccess);
  EXPECT_EQ(seen(stream), 1u);
}

// What nvcc makes of kernel<<<...>>>.
TEST_F(PtxRuntime, LaunchesAreConfiguredOneCallBefore) {
  dim3 grid, block;
  std::size_t shared = 0;
  cudaStream_t by = nullptr;
  EXPECT_EQ(__cudaPopCallConfiguration(&grid, &block, &shared, &by), cudaErrorMissingConfiguration);
  EXPECT_EQ(__cudaPushCallConfiguration(2, 32, 16, stream), 0u);
  ASSERT_EQ(__cudaPopCallConfiguration(&grid, &block, &shared, &by), cudaSuccess);
  EXPECT_EQ(grid.x, 2u);
  EXPECT_EQ(block.x, 32u);
  EXPECT_EQ(shared, 16u);
  EXPECT_EQ(by, stream);
  cudaKernel_t kernel = nullptr;
  ASSERT_EQ(__cudaGetKernel(&kernel, &kPut), cudaSuccess);
  std::uint32_t value = 8;
  void* arguments[] = {&there, &value};
  ASSERT_EQ(__cudaLaunchKernel(kernel, grid, block, arguments, shared, by), cudaSuccess);
  EXPECT_EQ(seen(stream), 8u);
}

TEST_F(PtxRuntime, MemoryHasAnEnd) {
  std::size_t free_bytes = 0, total_bytes = 0;
  ASSERT_EQ(cudaMemGetInfo(&free_bytes, &total_bytes), cudaSuccess);
  EXPECT_LT(free_bytes, total_bytes);
  void* memory = nullptr;
  EXPECT_EQ(cudaMalloc(&memory, total_bytes), cudaErrorMemoryAllocation);
  EXPECT_EQ(memory, nullptr);
}

using PtxRuntimeDeathTest = PtxRuntime;

[[noreturn]] void end_with(bool good) { std::_Exit(good ? 0 : 1); }

TEST_F(PtxRuntimeDeathTest, AKernelThatFailsBreaksTheDevice) {
  const auto broken = [this] {
    const bool good = launch(&kPut, nullptr, 1) == cudaSuccess && cudaStreamSynchronize(stream) == cudaErrorIllegalAddress &&
                      cudaMalloc(reinterpret_cast<void**>(&there), 1) == cudaErrorIllegalAddress &&
                      cudaGetLastError() == cudaErrorIllegalAddress;
    end_with(good);
  };
  EXPECT_EXIT(broken(), testing::ExitedWithCode(0), "PTX on a processor: illegal address");
}

TEST_F(PtxRuntimeDeathTest, AGraphOfMemoryThatIsGoneBreaksTheDevice) {
  const auto broken = [this] {
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t exec = nullptr;
    bool good = cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal) == cudaSuccess &&
                copy(there, pinned) == cudaSuccess && cudaStreamEndCapture(stream, &graph) == cudaSuccess &&
                cudaGraphInstantiate(&exec, graph, 0) == cudaSuccess && cudaFreeHost(pinned) == cudaSuccess;
    good = good && cudaGraphLaunch(exec, stream) == cudaSuccess && cudaStreamSynchronize(stream) == cudaErrorIllegalAddress;
    end_with(good);
  };
  EXPECT_EXIT(broken(), testing::ExitedWithCode(0), "illegal address: a copy or fill of memory that was given back");
}

TEST(PtxRuntimeHiddenDeathTest, WithoutADeviceEveryCallTellsSo) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process of its own, which has not looked for devices yet
  const auto hidden = [] {
    setenv("CUDA_VISIBLE_DEVICES", "-1", 1);
    int count = 7, version = 0;
    void* memory = nullptr;
    const bool good = cudaGetDeviceCount(&count) == cudaErrorNoDevice && count == 0 &&
                      cudaMalloc(&memory, 1) == cudaErrorNoDevice && cudaDriverGetVersion(&version) == cudaSuccess;
    end_with(good);
  };
  EXPECT_EXIT(hidden(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace boxwarp::ptx
