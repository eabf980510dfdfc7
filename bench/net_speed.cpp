// How many frames a second the network runs and trains on: rollout forwards, and forward + backward of a minibatch.
//
// Arguments of each line: threads. frames/s counts boards x steps. "training" counts what one frame costs a learner that
// acts once and passes over it twice: one rollout forward and two forwards with backward.
#include <benchmark/benchmark.h>

#include <chrono>
#include <random>
#include <vector>

#include "host/cpu/operations.hpp"
#include "host/cpu/thread_pool.hpp"
#include "host/learner/config.hpp"

namespace {

using namespace boxwarp;

// The network of the quick start on its 7x7 boards.
NetShape quick(int ticks) {
  NetShape shape = preset("quick").network;
  shape.height = shape.width = 7;
  shape.ticks = ticks;
  return shape;
}

constexpr NetShape kPublished{};

class Unroll {
 public:
  Unroll(const NetShape& shape, int boards, int steps) : shape_(shape), boards_(boards), steps_(steps) {
    std::mt19937 random(1);
    const auto rows = static_cast<std::size_t>(boards * steps), area = static_cast<std::size_t>(shape.height * shape.width);
    const auto floats = [&random](std::size_t size, float scale) {
      std::vector<float> values(size);
      for (float& value : values) value = scale * (static_cast<float>(random() >> 8) / 8388608.0f - 1.0f);
      return values;
    };
    parameters_ = floats(parameter_count(shape), 0.05f);
    const std::size_t state = static_cast<std::size_t>(shape.layers * boards * shape.channels) * area;
    h_ = floats(state, 0.5f);
    c_ = floats(state, 0.5f);
    h_end_.resize(state);
    c_end_.resize(state);
    for (std::size_t i = 0; i < rows * area; ++i) cells_.push_back(static_cast<std::uint8_t>(random() % 7));
    for (std::size_t i = 0; i < rows; ++i) starts_.push_back(random() % 40 == 0 ? 1 : 0);
    logits_.resize(rows * static_cast<std::size_t>(shape.actions));
    values_.resize(rows);
    grad_logits_ = floats(logits_.size(), 1.0f);
    grad_values_ = floats(rows, 1.0f);
    grad_parameters_.resize(parameters_.size());
  }

  const NetShape& shape() const { return shape_; }
  int frames() const { return boards_ * steps_; }
  const float* parameters() const { return parameters_.data(); }
  UnrollView view() {
    return {steps_,    boards_,        cells_.data(),  starts_.data(), h_.data(),
            c_.data(), logits_.data(), values_.data(), h_end_.data(),  c_end_.data()};
  }
  UnrollGradientView gradient() {
    return {grad_logits_.data(), grad_values_.data(), grad_parameters_.data(), nullptr, nullptr};
  }

 private:
  NetShape shape_;
  int boards_, steps_;
  std::vector<float> parameters_, h_, c_, h_end_, c_end_, logits_, values_, grad_logits_, grad_values_, grad_parameters_;
  std::vector<std::uint8_t> cells_, starts_;
};

void report(benchmark::State& state, std::int64_t frames) {
  state.counters["frames/s"] = benchmark::Counter(
      static_cast<double>(frames), benchmark::Counter::kIsRate | benchmark::Counter::kIsIterationInvariantRate);
}

void forward(benchmark::State& state, const NetShape& shape, int boards, int steps) {
  ThreadPool pool(static_cast<int>(state.range(0)));
  Unroll unroll(shape, boards, steps);
  const auto network = cpu_net_ops().create(pool, shape, {boards, steps, 0, 0}, {}, nullptr);
  network->load(unroll.parameters());
  for (auto _ : state) network->forward(unroll.view(), false);
  report(state, unroll.frames());
}

// A learner's minibatch: load, forward, backward.
void forward_backward(benchmark::State& state, const NetShape& shape, int boards, int steps) {
  ThreadPool pool(static_cast<int>(state.range(0)));
  Unroll unroll(shape, boards, steps);
  const auto network = cpu_net_ops().create(pool, shape, {0, 0, boards, steps}, {}, nullptr);
  for (auto _ : state) {
    network->load(unroll.parameters());
    network->forward(unroll.view(), true);
    network->backward(unroll.view(), unroll.gradient());
  }
  report(state, unroll.frames());
}

// All of a PPO update's network work for 64 boards x 20 steps: 20 forwards, then two epochs of four minibatches.
void training(benchmark::State& state, const NetShape& shape) {
  constexpr int kBoards = 64, kSteps = 20, kMinibatch = 16, kEpochs = 2;
  ThreadPool pool(static_cast<int>(state.range(0)));
  Unroll rollout(shape, kBoards, 1), minibatch(shape, kMinibatch, kSteps);
  const auto network = cpu_net_ops().create(pool, shape, {kBoards, 1, kMinibatch, kSteps}, {}, nullptr);
  network->load(rollout.parameters());
  for (auto _ : state) {
    for (int t = 0; t < kSteps; ++t) network->forward(rollout.view(), false);
    for (int i = 0; i < kEpochs * kBoards / kMinibatch; ++i) {
      network->load(minibatch.parameters());
      network->forward(minibatch.view(), true);
      network->backward(minibatch.view(), minibatch.gradient());
    }
  }
  report(state, kBoards * kSteps);
}

BENCHMARK_CAPTURE(forward, quick_1tick_64x1, quick(1), 64, 1)->Arg(1)->Arg(2)->UseRealTime();
BENCHMARK_CAPTURE(forward, quick_2tick_64x1, quick(2), 64, 1)->Arg(1)->Arg(2)->UseRealTime();
BENCHMARK_CAPTURE(forward_backward, quick_1tick_16x20, quick(1), 16, 20)->Arg(1)->Arg(2)->UseRealTime();
BENCHMARK_CAPTURE(forward_backward, quick_2tick_16x20, quick(2), 16, 20)->Arg(1)->Arg(2)->UseRealTime();
BENCHMARK_CAPTURE(training, quick_1tick, quick(1))->Arg(1)->Arg(2)->UseRealTime();
BENCHMARK_CAPTURE(training, quick_2tick, quick(2))->Arg(1)->Arg(2)->UseRealTime();
BENCHMARK_CAPTURE(forward, drc33_256x1, kPublished, 256, 1)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(forward_backward, drc33_32x20, kPublished, 32, 20)
    ->Arg(1)
    ->Arg(2)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
