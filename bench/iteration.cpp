// Where the time of a training iteration goes: a real Trainer on the processor, whose operations are timed one by one.
//
//   build/bench/bench/iteration LEVELS [PRESET] [THREADS] [UPDATES]
//
// Prints JSON: for each part its share of the time, and for those that are mostly products the rate and its share of what
// the processor's fused multiply-adds reach, measured in the same run on as many threads. FLOP are those of the arithmetic
// that is left after what the specification saves (kernels/net/net.hpp has the shapes); lookups and gates are not counted.
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/iteration.cpp"
#include <hwy/foreach_target.h>  // compiles the loop of multiply-adds once for each instruction set
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace boxwarp::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kChains = 10;  // independent ones: a few more than latency times units

// Multiplies and adds so many times; returns the FLOP. The result is stored, so that none can be left out.
double MultiplyAdd(std::size_t times, float* out) {
  const hn::ScalableTag<float> floats;
  const auto factor = hn::Set(floats, 0.999f), term = hn::Set(floats, 0.001f);
  auto a = hn::Set(floats, 0.0f), b = hn::Set(floats, 0.1f), c = hn::Set(floats, 0.2f), d = hn::Set(floats, 0.3f),
       e = hn::Set(floats, 0.4f), f = hn::Set(floats, 0.5f), g = hn::Set(floats, 0.6f), h = hn::Set(floats, 0.7f),
       i = hn::Set(floats, 0.8f), j = hn::Set(floats, 0.9f);
  for (std::size_t n = 0; n < times; ++n) {
    a = hn::MulAdd(a, factor, term), b = hn::MulAdd(b, factor, term), c = hn::MulAdd(c, factor, term);
    d = hn::MulAdd(d, factor, term), e = hn::MulAdd(e, factor, term), f = hn::MulAdd(f, factor, term);
    g = hn::MulAdd(g, factor, term), h = hn::MulAdd(h, factor, term), i = hn::MulAdd(i, factor, term);
    j = hn::MulAdd(j, factor, term);
  }
  const auto sum =
      hn::Add(hn::Add(hn::Add(a, b), hn::Add(c, d)), hn::Add(hn::Add(e, f), hn::Add(hn::Add(g, h), hn::Add(i, j))));
  *out = hn::GetLane(hn::SumOfLanes(floats, sum));
  return 2.0 * static_cast<double>(times * kChains * hn::Lanes(floats));
}

}  // namespace boxwarp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/cpu/thread_pool.hpp"
#include "host/engine/build_info.hpp"
#include "host/learner/net_shape_json.hpp"
#include "host/learner/trainer.hpp"
#include "levels/level_set.hpp"

namespace boxwarp {

HWY_EXPORT(MultiplyAdd);

namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Part {
  double seconds = 0, flop = 0;
};
std::map<std::string, Part> parts;  // of the updates that count

// Runs the call and books its time.
template <class Call>
auto timed(const char* part, double flop, Call&& call) {
  struct Booking {
    Part& part;
    double flop;
    Clock::time_point start = Clock::now();
    ~Booking() {
      part.seconds += since(start);
      part.flop += flop;
    }
  } booking{parts[part], flop};
  return call();
}

// FLOP of a forward pass of one board and step; a backward pass has twice as many, less the gradient of the image.
double forward_flop(const NetShape& s) {
  const double cells = s.height * s.width, C = s.channels, gates = 4 * C, inputs = s.layers == 1 ? C : 2 * C;
  const double encoder = cells * C * C * s.encoder_kernel * s.encoder_kernel;
  const double from_e = s.layers * cells * C * gates * 9, recurrent = s.layers * s.ticks * cells * inputs * gates * 9;
  const double head = static_cast<double>(s.hidden) * (dense_inputs(s) + s.actions + 1);
  return 2 * (encoder + from_e + recurrent + head);
}

class TimedNetwork : public Network {
 public:
  TimedNetwork(std::unique_ptr<Network> network, const NetShape& shape)
      : network_(std::move(network)), flop_(forward_flop(shape)) {}

  void load(const float* parameters) override {
    timed("weights regrouped and packed", 0, [&] { network_->load(parameters); });
  }
  void forward(const UnrollView& unroll, bool keep_activations) override {
    timed(keep_activations ? "learner: forward" : "rollout: network", flop_ * unroll.steps * unroll.boards,
          [&] { network_->forward(unroll, keep_activations); });
  }
  void backward(const UnrollView& unroll, const UnrollGradientView& gradient) override {
    timed("learner: backward", 2 * flop_ * unroll.steps * unroll.boards, [&] { network_->backward(unroll, gradient); });
  }
  std::size_t memory_bytes() const override { return network_->memory_bytes(); }

 private:
  std::unique_ptr<Network> network_;
  double flop_;
};

// An operation of a table, timed: operations are plain functions, so what they need lies in variables of their own.
template <auto operation>
struct Timed;
template <class Table, class Result, class... Arguments, Result (*Table::*operation)(Arguments...)>
struct Timed<operation> {
  static inline const Table* table = nullptr;
  static inline const char* part = nullptr;

  static Result run(Arguments... arguments) {
    return timed(part, 0, [&] { return (table->*operation)(arguments...); });
  }
};

template <auto operation, class Table>
void time_operation(const Table* from, Table& to, const char* part) {
  Timed<operation>::table = from;
  Timed<operation>::part = part;
  to.*operation = Timed<operation>::run;
}

const NetOps* plain_net = nullptr;

std::unique_ptr<Network> create_timed(Executor& executor, const NetShape& shape, const NetLimits& limits,
                                      const NetMode& mode, void* memory) {
  return std::make_unique<TimedNetwork>(plain_net->create(executor, shape, limits, mode, memory), shape);
}

Device timed_device(const Device& plain) {
  static EnvOps env = *plain.env;
  static NetOps net = *plain.net;
  static LearnOps learn = *plain.learn;
  plain_net = plain.net;
  net.create = create_timed;
  time_operation<&EnvOps::step>(plain.env, env, "rollout: environments");
  time_operation<&LearnOps::sample>(plain.learn, learn, "rollout: sampling");
  time_operation<&LearnOps::record>(plain.learn, learn, "rollout: what happened");
  time_operation<&LearnOps::gather>(plain.learn, learn, "learner: minibatches gathered");
  time_operation<&LearnOps::normalise>(plain.learn, learn, "learner: advantages normalised");
  time_operation<&LearnOps::gae>(plain.learn, learn, "advantages");
  time_operation<&LearnOps::vtrace_loss>(plain.learn, learn, "learner: loss");
  time_operation<&LearnOps::ppo_loss>(plain.learn, learn, "learner: loss");
  time_operation<&LearnOps::norm>(plain.learn, learn, "learner: gradient norm");
  time_operation<&LearnOps::adam>(plain.learn, learn, "learner: Adam");
  Device device = plain;
  device.env = &env;
  device.net = &net;
  device.learn = &learn;
  return device;
}

// FLOP a second of all threads, the best of several tries.
double peak(ThreadPool& pool) {
  constexpr std::size_t kTimes = 20'000'000;
  double best = 0;
  for (int attempt = 0; attempt < 5; ++attempt) {
    std::vector<float> out(static_cast<std::size_t>(pool.threads()) * 16);
    std::vector<double> flop(out.size());
    const Clock::time_point start = Clock::now();
    pool.run(pool.threads(), [&](std::int64_t task, int) {
      const auto at = static_cast<std::size_t>(task) * 16;
      flop[at] = HWY_DYNAMIC_DISPATCH(MultiplyAdd)(kTimes, out.data() + at);
    });
    double sum = 0;
    for (const double of_thread : flop) sum += of_thread;
    best = std::max(best, sum / since(start));
  }
  return best;
}

int run(const std::vector<std::string>& words) {
  if (words.empty()) {
    fmt::print(stderr, "iteration LEVELS [PRESET] [THREADS] [UPDATES]\n");
    return 2;
  }
  const std::string preset_name = words.size() > 1 ? words[1] : "quick";
  const int threads = words.size() > 2 ? std::stoi(words[2]) : 2, updates = words.size() > 3 ? std::stoi(words[3]) : 20;
  const Device device = timed_device(open_device("cpu", threads));
  Trainer trainer(preset(preset_name), std::make_shared<const LevelBank>(load_levels({words[0]})), device);
  trainer.update();  // of the first use of everything
  parts.clear();
  const Clock::time_point start = Clock::now();
  for (int update = 0; update < updates; ++update) trainer.update();
  const double seconds = since(start), reached = peak(dynamic_cast<ThreadPool&>(*device.executor));
  double in_parts = 0;
  for (const auto& [name, part] : parts) in_parts += part.seconds;
  parts["copies and all else"] = {seconds - in_parts, 0};

  const BuildInfo build = build_info();
  Json json{{"question", "Where does the time of a training iteration go?"},
            {"machine", build.machine},
            {"compiler", build.compiler},
            {"build_type", build.build_type},
            {"commit", build.commit},
            {"onednn", build.onednn_version + ", " + build.onednn_instruction_set},
            {"preset", preset_name},
            {"network", name_of(trainer.config().network)},
            {"threads", threads},
            {"updates", updates},
            {"frames_per_second", static_cast<double>(updates * trainer.config().frames_per_update()) / seconds},
            {"multiply_add_gflops", reached / 1e9},
            {"parts", Json::array()}};
  for (const auto& [name, part] : parts) {
    Json row{{"part", name}, {"share_of_time", part.seconds / seconds}};
    if (part.flop > 0) {
      row["gflops"] = part.flop / part.seconds / 1e9;
      row["share_of_peak"] = part.flop / part.seconds / reached;
    }
    json["parts"].push_back(std::move(row));
  }
  fmt::print("{}\n", json.dump(1));
  return 0;
}

}  // namespace
}  // namespace boxwarp

int main(int argc, char** argv) {
  try {
    return boxwarp::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    fmt::print(stderr, "iteration: {}\n", error.what());
    return 1;
  }
}
#endif  // HWY_ONCE
