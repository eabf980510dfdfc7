// Work recorded once and launched as a whole: the rollout of T steps is one launch instead of thousands.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

struct CUgraphExec_st;  // cudaGraphExec_t points to this

namespace boxwarp {

class CudaStream;

class CudaGraph {
 public:
  // Records what `work` puts into the stream, which runs nothing of it now; work must neither allocate nor synchronise. The
  // memory that it names must outlive the graph. Throws DeviceError when CUDA fails, and what `work` throws.
  CudaGraph(std::string name, const CudaStream& stream, const std::function<void()>& work);
  ~CudaGraph();
  CudaGraph(CudaGraph&& other) noexcept
      : name_(std::move(other.name_)), graph_(std::exchange(other.graph_, nullptr)), nodes_(other.nodes_) {}
  CudaGraph& operator=(CudaGraph&& other) noexcept {
    std::swap(name_, other.name_);
    std::swap(graph_, other.graph_);
    std::swap(nodes_, other.nodes_);
    return *this;
  }

  void launch(const CudaStream& stream) const;       // once more, in that stream's order
  std::size_t nodes() const { return nodes_; }       // kernels, copies and fills
  const std::string& name() const { return name_; }  // as profilers show it

 private:
  std::string name_;
  CUgraphExec_st* graph_ = nullptr;
  std::size_t nodes_ = 0;
};

}  // namespace boxwarp
