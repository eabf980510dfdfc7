#include "host/cuda/graph.hpp"

#include <memory>
#include <nvtx3/nvtx3.hpp>
#include <type_traits>

#include "host/cuda/check.hpp"
#include "host/cuda/stream.hpp"
#include "kernels/device_executor.hpp"

namespace boxwarp {

namespace {

struct Destroy {
  void operator()(cudaGraph_t graph) const { static_cast<void>(cudaGraphDestroy(graph)); }
};
using Recorded = std::unique_ptr<std::remove_pointer_t<cudaGraph_t>, Destroy>;

Recorded recorded(const CudaStream& stream, const std::function<void()>& work) {
  // Another thread's work is no concern of this recording.
  CUDA_CHECK(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal));
  cudaGraph_t graph = nullptr;
  try {
    work();
  } catch (...) {
    // The stream must leave its recording; why the work stopped says more than this call's answer.
    static_cast<void>(cudaStreamEndCapture(stream.get(), &graph));
    static_cast<void>(cudaGetLastError());
    if (graph != nullptr) Destroy{}(graph);
    throw;
  }
  CUDA_CHECK(cudaStreamEndCapture(stream.get(), &graph));
  return Recorded(graph);
}

}  // namespace

CudaGraph::CudaGraph(std::string name, const CudaStream& stream, const std::function<void()>& work)
    : name_(std::move(name)) {
  const Recorded graph = recorded(stream, work);
  CUDA_CHECK(cudaGraphGetNodes(graph.get(), nullptr, &nodes_));
  CUDA_CHECK(cudaGraphInstantiate(&graph_, graph.get(), 0));
}

CudaGraph::~CudaGraph() {
  if (graph_ != nullptr) static_cast<void>(cudaGraphExecDestroy(graph_));  // a destructor has nobody to tell
}

void CudaGraph::launch(const CudaStream& stream) const {
  const nvtx3::scoped_range_in<ProfilerDomain> range(name_);
  CUDA_CHECK(cudaGraphLaunch(graph_, stream.get()));
}

}  // namespace boxwarp
