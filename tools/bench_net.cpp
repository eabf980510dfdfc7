// boxwarp bench net: how many steps a second a network runs on a device; and with --predict, what each kernel of rollout and
// learner should take on a few GPUs, by counting, and which resource it waits for. Names of kernels are those that profilers
// show, so that measurements can be laid beside it.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/learner/config.hpp"
#include "host/learner/net_options.hpp"
#include "host/learner/net_shape_json.hpp"
#include "levels/error.hpp"
#include "tools/bench.hpp"
#include "tools/bench_samples.hpp"
#include "tools/inference_speed.hpp"
#include "tools/net_prediction.hpp"

namespace boxwarp {

namespace {

constexpr int kPublishedSide = 10;  // where a preset takes the size of its levels
constexpr int kMostBoards = 1 << 20;

struct NetOptions {
  BenchOptions common;
  TrainConfig config;       // of the preset, its network for boards of a size
  std::vector<int> boards;  // of each point
  double seconds;           // of a sample
  bool predict;
  std::vector<Precision> precisions;  // one to measure, or all to predict
  // To predict:
  int unroll, minibatch;  // 0: the preset's
  std::vector<const model::Gpu*> gpus;
};

// What was measured, and of what.
struct Measured {
  std::string device, kernels;
  std::vector<InferencePoint> points;
};

// Of one step of one board, by counting; what is counted is a DRC with the published options.
double flop_of_step(const NetShape& shape) {
  double flop = 0;
  for (const model::Work& work : model::forward_work(shape, 1, 1, false, model::gpus().front())) flop += work.flop;
  return flop;
}

Measured measured(const NetOptions& options) {
  const NetShape& shape = options.config.network;
  const NetMode mode{.precision = options.precisions.front()};
  const Device device = open_device(options.common);
  Measured measured{.device = device.name, .kernels = device.net->kernels(shape, mode), .points = {}};
  for (const int boards : options.boards)
    measured.points.push_back(measured_inference(shape, boards, device, mode, options.seconds));
  return measured;
}

std::string as_json(const Measured& measured, const NetShape& shape) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const InferencePoint& point : measured.points) {
    rows.push_back({{"num_envs", point.boards},
                    {"memory_bytes", point.memory_bytes},
                    {"steps_per_second", point.median()},
                    {"flop_per_second", point.median() * flop_of_step(shape)},
                    {"samples", point.samples}});
  }
  nlohmann::ordered_json json = asked("How many steps a second does the network run?", measured.device);
  json.update(nlohmann::ordered_json{{"network", name_of(shape)},
                                     {"channels", shape.channels},
                                     {"height", shape.height},
                                     {"width", shape.width},
                                     {"kernels", measured.kernels},
                                     {"flop_per_step", flop_of_step(shape)},
                                     {"points", rows}});
  return json.dump(1) + "\n";
}

void print_table(const Measured& measured, const NetShape& shape) {
  fmt::print("{}, {}, {}\n\n      boards  memory         steps/s  lowest to highest          GFLOP/s\n", measured.device,
             name_of(shape), measured.kernels);
  for (const InferencePoint& point : measured.points) {
    fmt::print("{:>12}  {:<9}  {:>11.0f}  {:<22}  {:>10.1f}\n", point.boards, bytes_text(point.memory_bytes), point.median(),
               fmt::format("{:.0f} to {:.0f}", point.samples.front(), point.samples.back()),
               point.median() * flop_of_step(shape) / 1e9);
  }
}

// Of all GPUs those without the kernels of a precision have no points of it.
std::vector<PredictedPoint> predicted(const NetOptions& options) {
  const TrainConfig& config = options.config;
  std::vector<PredictedPoint> points;
  for (const model::Gpu* gpu : options.gpus)
    for (const Precision precision : options.precisions) {
      if (!model::has_kernels(*gpu, config.network, precision)) continue;
      for (const int boards : options.boards) {
        const int share = std::max(1, static_cast<int>(std::int64_t{boards} * config.minibatch_envs / config.num_envs));
        points.push_back(predicted_point(config.network,
                                         {.boards = boards,
                                          .steps = options.unroll == 0 ? config.unroll : options.unroll,
                                          .minibatch = options.minibatch == 0 ? share : options.minibatch,
                                          .epochs = config.epochs,
                                          .bootstrap = config.algorithm != Algorithm::ppo,
                                          .parameters = parameter_count(config.network)},
                                         *gpu, precision));
      }
    }
  return points;
}

void check_gpus(const NetOptions& options) {
  for (const Precision precision : options.precisions) {
    const auto has = [&](const model::Gpu* gpu) { return model::has_kernels(*gpu, options.config.network, precision); };
    if (std::ranges::none_of(options.gpus, has))
      throw BadInput(fmt::format("--precision: found '{}', for which {} has no kernels; H200 and H100 have them",
                                 word_of(precision), options.gpus.front()->name));
  }
}

std::vector<Precision> precisions_of(const Arguments& arguments, bool predict) {
  std::vector<Precision> precisions;
  for (const std::string& word : arguments.list("precision")) {
    precisions.push_back(option_named<Precision>("--precision", word));
    if (predict && precisions.back() == Precision::float32)
      throw BadInput("--precision: found 'float32'; what is counted is bf16 and bf16-wgmma");
  }
  if (!predict && precisions.size() > 1)
    throw BadInput(fmt::format("--precision: found '{}'; several are for --predict", arguments.text("precision")));
  return precisions;
}

Arguments declared() {
  Arguments arguments(
      "bench net",
      "How many steps a second a network runs for boards that play: the median of five samples for each number of boards.\n"
      "With --predict what rollout and learner should take on a GPU, kernel by kernel: counted work against what the GPU "
      "can\n"
      "do, and the resource that each kernel waits for. That needs no GPU and measures none.",
      "[OPTION...]",
      "  boxwarp bench net --preset quick --envs 1,16,256 --device cpu\n"
      "  boxwarp bench net --device cuda --envs 64,1024,16384 --precision float32 --json\n"
      "  boxwarp bench net --predict\n"
      "  boxwarp bench net --predict --gpu H200 --precision bf16,bf16-wgmma --envs 256,2048,8192 --json\n");
  auto add = arguments.add();
  add("predict", "by counting");
  add("precision",
      "of a GPU's network: bf16, bf16-wgmma (H200 and H100) or float32; a processor computes in float32; to predict: the "
      "first two or both",
      by_default("bf16"), "NAME,...");
  add("seconds", "of one sample", by_default("0.5"), "S");
  add("preset", "network, batch and algorithm of this preset", by_default("paper"), "NAME");
  add("envs", "numbers of boards; 0: the preset's", by_default("0"), "N,...");
  add("unroll", "to predict: steps of an update; 0: the preset's", by_default("0"), "T");
  add("minibatch", "to predict: boards of a minibatch; 0: the preset's share of the boards", by_default("0"), "B");
  add("gpu", "to predict: H200, H100, A100, \"RTX 4090\" or all", by_default("all"), "NAME");
  add_bench_options(arguments);
  return arguments;
}

NetOptions options_of(const Arguments& arguments) {
  const bool predict = arguments.flag("predict");
  for (const char* const option : {"unroll", "minibatch", "gpu"}) {
    if (arguments.has(option) && !predict)
      throw BadInput(fmt::format("--{}: is for --predict; without it the network is measured on --device", option));
  }
  NetOptions options{.common = bench_options(arguments),
                     .config = preset(arguments.text("preset")),
                     .boards = {},
                     .seconds = arguments.number("seconds", 0.001, 60),
                     .predict = predict,
                     .precisions = precisions_of(arguments, predict),
                     .unroll = static_cast<int>(arguments.integer("unroll", 0, 1024)),
                     .minibatch = static_cast<int>(arguments.integer("minibatch", 0, kMostBoards)),
                     .gpus = gpus_named(arguments.text("gpu"))};
  NetShape& shape = options.config.network;
  if (shape.kind != NetKind::drc)
    throw BadInput(fmt::format("--preset: found '{}', a ResNet; what is counted is a DRC with the published options",
                               options.config.preset));
  if (shape.height == 0) shape.height = kPublishedSide;
  if (shape.width == 0) shape.width = kPublishedSide;
  if (predict) check_gpus(options);
  for (const std::int64_t asked : arguments.integers("envs", 0, kMostBoards)) {
    const int boards = asked == 0 ? options.config.num_envs : static_cast<int>(asked);
    if (options.minibatch > boards)
      throw BadInput(fmt::format("--minibatch: found {}, takes at most the {} boards", options.minibatch, boards));
    options.boards.push_back(boards);
  }
  return options;
}

}  // namespace

int bench_net(int argc, char** argv) {
  Arguments arguments = declared();
  if (!arguments.parse(argc, argv)) return 0;
  const NetOptions options = options_of(arguments);
  const TrainConfig& config = options.config;
  if (options.predict) {
    const std::vector<PredictedPoint> points = predicted(options);
    tell(options.common, as_json(points, config.preset, config.network), [&] {
      for (const PredictedPoint& point : points) print_table(point);
    });
  } else {
    const Measured result = measured(options);
    tell(options.common, as_json(result, config.network), [&] { print_table(result, config.network); });
  }
  return 0;
}

}  // namespace boxwarp
