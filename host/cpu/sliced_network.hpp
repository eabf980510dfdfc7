// A network on the processor: boards are cut into slices of a fixed size, each slice runs its whole unroll on one thread,
// and the slices' gradients are added in the order of the slices. So results do not depend on the number of threads.
//
// Model names what is particular to a kind of network:
//   Weights(NetShape): load(parameters), shape(), parts() floats of the regrouped weights, bytes()
//   Primitives(Weights&, UnrollSize, Passes): scratch_bytes(); belongs to one worker, made inside a task of ThreadPool
//   Memory(const Weights&, UnrollSize largest, Passes): begin(size), size(), bytes()
//   Gradients(const Weights&, UnrollSize largest): bytes()
//   forward(const Weights&, Primitives&, Memory&, unroll, first board)
//   backward(the same, Gradients&, gradient, grad_parts): grad_parts is overwritten with the slice's share
//   to_parameters(const Weights&, grad_parts, grad_parameters)
//   activations(const Weights&, Memory&, boards of the unroll, first board, view)
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "host/cpu/aligned_floats.hpp"
#include "host/cpu/thread_pool.hpp"
#include "host/cpu/unroll_size.hpp"
#include "kernels/net/net.hpp"
#include "kernels/sokoban/board.hpp"

namespace boxwarp {

inline constexpr int kSliceBoards = 8;            // enough rows for the convolutions, few enough to stay in a core's cache
inline constexpr std::size_t kSumFloats = 16384;  // of a task that adds up gradients

inline int slices_of(int boards) { return (boards + kSliceBoards - 1) / kSliceBoards; }

template <class Model>
class SlicedNetwork : public Network {
 public:
  SlicedNetwork(ThreadPool& pool, const NetShape& shape, const NetLimits& limits)
      : pool_(pool), limits_(limits), weights_(shape), workers_(static_cast<std::size_t>(pool.threads())) {
    if (limits.forward_boards > 0 && limits.forward_steps > 0) {
      const UnrollSize largest{std::min(limits.forward_boards, kSliceBoards), limits.forward_steps};
      for (Worker& worker : workers_) worker.memory.emplace(weights_, largest, Passes::forward);
      prepare(limits.forward_boards, limits.forward_steps, Passes::forward);
    }
    if (limits.training_boards > 0 && limits.training_steps > 0) {
      for (int first = 0; first < limits.training_boards; first += kSliceBoards) {
        kept_.emplace_back(weights_,
                           UnrollSize{std::min(limits.training_boards - first, kSliceBoards), limits.training_steps},
                           Passes::forward_and_backward);
        grad_parts_.emplace_back(weights_.parts());
      }
      for (Worker& worker : workers_) worker.gradients.emplace(weights_, kept_.front().size());
      prepare(limits.training_boards, limits.training_steps, Passes::forward_and_backward);
    }
  }

  void load(const float* parameters) override {
    pool_.run(1, [&](std::int64_t, int) { weights_.load(parameters); });
    loaded_ = true;
  }

  void forward(const UnrollView& unroll, bool keep_activations) override {
    if (!loaded_) throw std::logic_error("network: forward before the first load");
    check(unroll, keep_activations ? limits_.training_boards : limits_.forward_boards,
          keep_activations ? limits_.training_steps : limits_.forward_steps);
    const Passes passes = keep_activations ? Passes::forward_and_backward : Passes::forward;
    prepare(unroll.boards, unroll.steps, passes);
    if (keep_activations) kept_unroll_.reset();
    pool_.run(slices_of(unroll.boards), [&](std::int64_t slice, int worker_index) {
      Worker& worker = workers_[static_cast<std::size_t>(worker_index)];
      typename Model::Memory& memory = keep_activations ? kept_[static_cast<std::size_t>(slice)] : *worker.memory;
      const int first = static_cast<int>(slice) * kSliceBoards;
      memory.begin({std::min(unroll.boards - first, kSliceBoards), unroll.steps});
      Model::forward(weights_, worker.primitives_for(memory.size(), passes), memory, unroll, first);
    });
    if (keep_activations) kept_unroll_ = UnrollSize{unroll.boards, unroll.steps};
  }

  void backward(const UnrollView& unroll, const UnrollGradientView& gradient) override {
    if (kept_unroll_ != UnrollSize{unroll.boards, unroll.steps}) {
      throw std::logic_error(
          fmt::format("network: backward of {} boards x {} steps without a forward of that size that kept its activations",
                      unroll.boards, unroll.steps));
    }
    kept_unroll_.reset();
    const int slices = slices_of(unroll.boards);
    pool_.run(slices, [&](std::int64_t slice, int worker_index) {
      Worker& worker = workers_[static_cast<std::size_t>(worker_index)];
      typename Model::Memory& memory = kept_[static_cast<std::size_t>(slice)];
      Model::backward(weights_, worker.primitives_for(memory.size(), Passes::forward_and_backward), memory, unroll,
                      static_cast<int>(slice) * kSliceBoards, *worker.gradients, gradient,
                      grad_parts_[static_cast<std::size_t>(slice)].data());
    });
    add_up(slices);
    Model::to_parameters(weights_, grad_parts_.front().data(), gradient.grad_parameters);
  }

  bool activations(const ActivationsView& view) override {
    if (!kept_unroll_ || kept_unroll_->steps != 1)
      throw std::logic_error("network: activations without a forward of one step that kept them");
    const int boards = kept_unroll_->boards;
    pool_.run(slices_of(boards), [&](std::int64_t slice, int) {
      Model::activations(weights_, kept_[static_cast<std::size_t>(slice)], boards, static_cast<int>(slice) * kSliceBoards,
                         view);
    });
    return true;
  }

  std::size_t memory_bytes() const override {
    std::size_t sum = weights_.bytes();
    for (const typename Model::Memory& memory : kept_) sum += memory.bytes();
    for (const AlignedFloats& parts : grad_parts_) sum += parts.bytes();
    for (const Worker& worker : workers_) {
      if (worker.memory) sum += worker.memory->bytes();
      if (worker.gradients) sum += worker.gradients->bytes();
      for (const Sized& sized : worker.primitives) sum += sized.primitives->scratch_bytes();
    }
    return sum;
  }

 private:
  struct Sized {
    UnrollSize size;
    Passes passes;
    std::unique_ptr<typename Model::Primitives> primitives;
  };

  struct Worker {
    std::vector<Sized> primitives;
    std::optional<typename Model::Memory> memory;        // of forwards that keep nothing
    std::optional<typename Model::Gradients> gradients;  // only where limits allow training

    typename Model::Primitives* find(const UnrollSize& size, Passes passes) {
      for (Sized& sized : primitives) {
        if (sized.size == size && sized.passes == passes) return sized.primitives.get();
      }
      return nullptr;
    }
    typename Model::Primitives& primitives_for(const UnrollSize& size, Passes passes) { return *find(size, passes); }
  };

  void check(const UnrollView& unroll, int most_boards, int most_steps) const {
    if (unroll.boards < 1 || unroll.boards > most_boards || unroll.steps < 1 || unroll.steps > most_steps) {
      throw std::invalid_argument(fmt::format("network: {} boards x {} steps, made for at most {} x {}", unroll.boards,
                                              unroll.steps, most_boards, most_steps));
    }
    const NetShape& shape = weights_.shape();
    const std::ptrdiff_t cells = std::ptrdiff_t{unroll.steps} * unroll.boards * shape.height * shape.width;
    const std::uint8_t largest = *std::max_element(unroll.cells, unroll.cells + cells);
    if (largest >= kCellCodes) throw std::invalid_argument(fmt::format("network: {} is not a cell code", largest));
  }

  // Makes the primitives of all workers for the slices of so many boards; for sizes met before it does nothing.
  void prepare(int boards, int steps, Passes passes) {
    std::vector<UnrollSize> sizes;
    if (boards >= kSliceBoards) sizes.push_back({kSliceBoards, steps});
    if (boards % kSliceBoards != 0) sizes.push_back({boards % kSliceBoards, steps});
    for (const UnrollSize& size : sizes) {
      if (workers_.front().find(size, passes) != nullptr) continue;
      pool_.run(1, [&](std::int64_t, int) {
        for (Worker& worker : workers_) {
          worker.primitives.push_back({size, passes, std::make_unique<typename Model::Primitives>(weights_, size, passes)});
        }
      });
    }
  }

  // Adds the gradients of all slices to those of the first.
  void add_up(int slices) {
    const std::size_t size = weights_.parts();
    const auto tasks = static_cast<std::int64_t>((size + kSumFloats - 1) / kSumFloats);
    pool_.run(tasks, [&](std::int64_t task, int) {
      const std::size_t begin = static_cast<std::size_t>(task) * kSumFloats, end = std::min(begin + kSumFloats, size);
      float* sum = grad_parts_.front().data();
      for (int slice = 1; slice < slices; ++slice) {
        const float* part = grad_parts_[static_cast<std::size_t>(slice)].data();
        for (std::size_t i = begin; i < end; ++i) sum[i] += part[i];
      }
    });
  }

  ThreadPool& pool_;
  NetLimits limits_;
  typename Model::Weights weights_;
  bool loaded_ = false;
  std::vector<Worker> workers_;
  std::vector<typename Model::Memory> kept_;  // of each slice of a training unroll
  std::vector<AlignedFloats> grad_parts_;     // likewise
  std::optional<UnrollSize> kept_unroll_;     // what lies in kept_ and has not been used up
};

}  // namespace boxwarp
