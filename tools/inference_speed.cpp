#include "tools/inference_speed.hpp"

#include <chrono>
#include <memory>
#include <random>

#include "host/engine/far_memory.hpp"
#include "host/engine/memory_plan.hpp"
#include "host/engine/work_memory.hpp"
#include "host/learner/initial_weights.hpp"
#include "kernels/sokoban/board.hpp"

namespace boxwarp {

namespace {

constexpr int kSteps = 8;  // of one call
constexpr unsigned kSeed = 20240612;

}  // namespace

InferencePoint measured_inference(const NetShape& shape, int boards, const Device& device, const NetMode& mode,
                                  double seconds) {
  const NetOps& ops = *device.net;
  const NetLimits limits{.forward_boards = boards, .forward_steps = 1, .training_boards = 0, .training_steps = 0};
  const auto n = static_cast<std::size_t>(boards), cell_count = static_cast<std::size_t>(shape.height * shape.width);
  const std::size_t states =
      n * static_cast<std::size_t>(state_layers(shape)) * cell_count * static_cast<std::size_t>(shape.channels);
  std::byte* block = nullptr;
  std::uint8_t *cells = nullptr, *starts = nullptr;
  float *parameters = nullptr, *h = nullptr, *c = nullptr, *logits = nullptr, *values = nullptr;
  MemoryPlan plan("inference");
  plan.add("network", &block, ops.memory_bytes(shape, limits, mode));
  plan.add("parameters", &parameters, parameter_count(shape));
  plan.add("boards", &cells, n * cell_count);
  plan.add("boards", &starts, n);
  for (float** state : {&h, &c}) plan.add("state", state, states);
  plan.add("results", &logits, n * static_cast<std::size_t>(shape.actions));
  plan.add("results", &values, n);
  WorkMemory memory(device);
  memory.take(plan);

  std::mt19937 random(kSeed);
  std::vector<std::uint8_t> codes(n * cell_count);
  for (std::uint8_t& code : codes) code = static_cast<std::uint8_t>(random() % kCellCodes);
  memory.upload(cells, std::span<const std::uint8_t>(codes));
  memory.upload(parameters, std::span<const float>(initial_weights(shape, 1.0f, kSeed)));
  const std::unique_ptr<Network> network = ops.create(*device.executor, shape, limits, mode, block);
  network->load(parameters);
  const auto forward = [&] {
    for (int step = 0; step < kSteps; ++step) {
      network->forward({.steps = 1,
                        .boards = boards,
                        .cells = cells,
                        .episode_starts = starts,
                        .h_start = h,
                        .c_start = c,
                        .logits = logits,
                        .values = values,
                        .h_end = h,
                        .c_end = c},
                       false);
    }
  };
  forward();  // loads the kernels, which a recording had better not
  memory.values(values, 1);
  const std::unique_ptr<FarMemory> far = device.far_memory != nullptr ? device.far_memory(*device.executor) : nullptr;
  const std::unique_ptr<Recording> recording = far != nullptr ? far->record("inference", forward) : nullptr;
  const auto seconds_of = [&](std::int64_t calls) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::int64_t i = 0; i < calls; ++i) {
      if (recording != nullptr)
        recording->launch();
      else
        forward();
    }
    memory.values(values, 1);  // waits
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  return {.boards = boards,
          .memory_bytes = plan.bytes() + (block == nullptr ? network->memory_bytes() : 0),
          .samples = samples_of(seconds, static_cast<double>(boards) * kSteps, seconds_of)};
}

}  // namespace boxwarp
