// boxwarp bench net: how many steps a second a network runs on a device; and with --predict, what each kernel of rollout and
// learner should take on a few GPUs, by counting, and which resource it waits for. Names of kernels are those that profilers
// show, so that measurements can be laid beside it.
#include "tools/bench_net.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "bench/model/predict.hpp"
#include "host/engine/build_info.hpp"
#include "host/learner/config.hpp"
#include "host/learner/net_shape_json.hpp"
#include "levels/error.hpp"
#include "tools/arguments.hpp"
#include "tools/bench_inference.hpp"
#include "tools/output_file.hpp"

namespace boxwarp {

namespace {

constexpr int kPublishedSide = 10;  // where a preset takes the size of its levels

// One batch on one GPU.
struct Point {
  const model::Gpu* gpu;
  model::Batch batch;
  std::vector<model::Work> work;
  std::vector<model::Prediction> kernels;
  double inference_seconds;  // a forward of one step for all boards

  double update_seconds() const { return model::total(kernels).seconds; }
  double frames_per_second() const { return batch.boards * static_cast<double>(batch.steps) / update_seconds(); }
  double steps_per_second() const { return batch.boards / inference_seconds; }
};

std::vector<model::Prediction> predicted(std::span<const model::Work> work, const model::Gpu& gpu) {
  std::vector<model::Prediction> kernels;
  for (const model::Work& each : work) kernels.push_back(model::predict(each, gpu));
  return kernels;
}

Point point_of(const NetShape& shape, const model::Batch& batch, const model::Gpu& gpu) {
  Point point{
      .gpu = &gpu, .batch = batch, .work = model::update_work(shape, batch, gpu), .kernels = {}, .inference_seconds = 0};
  point.kernels = predicted(point.work, gpu);
  const std::vector<model::Work> forward = model::forward_work(shape, 1, batch.boards, false, gpu);
  point.inference_seconds = model::total(predicted(forward, gpu)).seconds;
  return point;
}

std::string as_json(std::span<const Point> points, const std::string& preset, const NetShape& shape) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const Point& point : points) {
    nlohmann::ordered_json kernels = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < point.kernels.size(); ++i) {
      const model::Prediction& time = point.kernels[i];
      const model::Work& work = point.work[i];
      kernels.push_back({{"kernel", time.kernel},
                         {"launches", work.launches},
                         {"flop", work.flop},
                         {"tensor_flop", work.tensor_flop},
                         {"special_functions", work.special},
                         {"double_operations", work.doubles},
                         {"warp_instructions", work.instructions},
                         {"shared_bytes", work.shared_bytes},
                         {"l2_bytes", work.l2_bytes},
                         {"dram_bytes", time.dram * point.gpu->dram_bytes_per_second},
                         {"predicted_seconds", time.seconds},
                         {"limit", time.limit}});
    }
    rows.push_back({{"gpu", point.gpu->name},
                    {"assumed", point.gpu->source},
                    {"num_envs", point.batch.boards},
                    {"unroll", point.batch.steps},
                    {"minibatch_envs", point.batch.minibatch},
                    {"epochs", point.batch.epochs},
                    {"predicted_inference_steps_per_second", point.steps_per_second()},
                    {"predicted_training_frames_per_second", point.frames_per_second()},
                    {"predicted_update_seconds", point.update_seconds()},
                    {"kernels", kernels}});
  }
  const nlohmann::ordered_json json = {
      {"question", "What should training take on a GPU, by counting?"},
      {"note", "Bounds, not measurements: resources are taken for perfectly busy, side by side, and no time for waiting."},
      {"commit", build_info().commit},
      {"preset", preset},
      {"layers", shape.layers},
      {"ticks", shape.ticks},
      {"channels", shape.channels},
      {"height", shape.height},
      {"width", shape.width},
      {"points", rows}};
  return json.dump(1) + "\n";
}

void print_table(const Point& point) {
  const model::Batch& batch = point.batch;
  fmt::print("{} ({})\n{} boards x {} steps, minibatches of {} boards, {} epoch{}\n\n", point.gpu->name, point.gpu->source,
             batch.boards, batch.steps, batch.minibatch, batch.epochs, batch.epochs == 1 ? "" : "s");
  fmt::print("{:<28} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10}  {}\n", "kernel", "launches", "GFLOP", "DRAM MB",
             "L2 MB", "shared MB", "M instr", "M special", "us", "limit");
  for (std::size_t i = 0; i < point.kernels.size(); ++i) {
    const model::Prediction& time = point.kernels[i];
    const model::Work& work = point.work[i];
    fmt::print("{:<28} {:>8.0f} {:>9.2f} {:>9.1f} {:>9.1f} {:>9.1f} {:>9.2f} {:>9.2f} {:>10.1f}  {}\n", time.kernel,
               work.launches, work.flop / 1e9, time.dram * point.gpu->dram_bytes_per_second / 1e6, work.l2_bytes / 1e6,
               work.shared_bytes / 1e6, work.instructions / 1e6, work.special / 1e6, time.seconds * 1e6, time.limit);
  }
  fmt::print("\ninference {:.2f} M steps/s; training {:.0f} k frames/s, {:.1f} ms an update\n\n",
             point.steps_per_second() / 1e6, point.frames_per_second() / 1e3, point.update_seconds() * 1e3);
}

std::vector<const model::Gpu*> gpus_of(const std::string& name) {
  std::vector<const model::Gpu*> chosen;
  std::string allowed;
  for (const model::Gpu& gpu : model::gpus()) {
    allowed += (allowed.empty() ? "" : ", ") + std::string(gpu.name);
    if (name == "all" || name == gpu.name) chosen.push_back(&gpu);
  }
  if (chosen.empty()) throw BadInput(fmt::format("--gpu: found '{}', takes all or one of {}", name, allowed));
  return chosen;
}

// ---- measured

// Of one step of one board, by counting; what is counted is a DRC with the published options.
double flop_of_step(const NetShape& shape) {
  double flop = 0;
  for (const model::Work& work : model::forward_work(shape, 1, 1, false, model::gpus().front())) flop += work.flop;
  return flop;
}

int measure(const Arguments& arguments, const NetShape& shape, const std::vector<std::int64_t>& envs, int preset_envs) {
  const double seconds = arguments.number("seconds", 0.001, 60);
  const NetMode mode{.precision = arguments.precision("precision")};
  const std::string out = arguments.text("out");
  check_output("out", out);
  const Device device = open_device(arguments.text("device"), static_cast<int>(arguments.integer("threads", 0, 1024)));
  if (!device.note.empty() && !arguments.flag("quiet")) fmt::print(stderr, "{}\n", device.note);
  const char* const kernels = device.net->kernels(shape, mode);
  std::vector<InferencePoint> points;
  for (const std::int64_t asked : envs)
    points.push_back(measured_inference(shape, asked == 0 ? preset_envs : static_cast<int>(asked), device, mode, seconds));

  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const InferencePoint& point : points) {
    rows.push_back({{"num_envs", point.boards},
                    {"memory_bytes", point.memory_bytes},
                    {"steps_per_second", point.median()},
                    {"flop_per_second", point.median() * flop_of_step(shape)},
                    {"samples", point.samples}});
  }
  nlohmann::ordered_json json = asked("How many steps a second does the network run?", device.name);
  json.update(nlohmann::ordered_json{{"network", name_of(shape)},
                                     {"channels", shape.channels},
                                     {"height", shape.height},
                                     {"width", shape.width},
                                     {"kernels", kernels},
                                     {"flop_per_step", flop_of_step(shape)},
                                     {"points", rows}});
  const std::string lines = json.dump(1) + "\n";
  if (!out.empty()) write_new_file(out, lines);
  if (arguments.flag("json")) {
    fmt::print("{}", lines);
    return 0;
  }
  fmt::print("{}, {}, {}\n\n      boards  memory         steps/s  lowest to highest          GFLOP/s\n", device.name,
             name_of(shape), kernels);
  for (const InferencePoint& point : points) {
    fmt::print("{:>12}  {:<9}  {:>11.0f}  {:<22}  {:>10.1f}\n", point.boards, bytes_text(point.memory_bytes), point.median(),
               fmt::format("{:.0f} to {:.0f}", point.samples.front(), point.samples.back()),
               point.median() * flop_of_step(shape) / 1e9);
  }
  return 0;
}

}  // namespace

int bench_net(int argc, char** argv) {
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
      "  boxwarp bench net --predict --gpu H200 --envs 256,2048,8192 --minibatch 0 --json\n");
  const auto text = [](const char* value) { return cxxopts::value<std::string>()->default_value(value); };
  auto add = arguments.add();
  add("predict", "by counting");
  add("device", "to measure: auto, cpu, cuda, cuda:N", text("auto"), "D");
  add("precision", "of a GPU's network: bf16 or float32; a processor computes in float32", text("bf16"), "NAME");
  add("seconds", "of one sample", text("0.5"), "S");
  add("threads", "of the processor, 0: all cores", text("0"), "N");
  add("preset", "network, batch and algorithm of this preset", text("paper"), "NAME");
  add("envs", "numbers of boards; 0: the preset's", text("0"), "N,...");
  add("unroll", "to predict: steps of an update; 0: the preset's", text("0"), "T");
  add("minibatch", "to predict: boards of a minibatch; 0: the preset's share of the boards", text("0"), "B");
  add("gpu", "to predict: H200, H100, A100, \"RTX 4090\" or all", text("all"), "NAME");
  add("json", "print JSON instead of tables");
  add("out", "write the JSON to this file, which must not exist", text(""), "FILE");
  add("quiet", "no notes on stderr");
  if (!arguments.parse(argc, argv)) return 0;
  for (const char* const option : {"unroll", "minibatch", "gpu"}) {
    if (arguments.has(option) && !arguments.flag("predict"))
      throw BadInput(fmt::format("--{}: is for --predict; without it the network is measured on --device", option));
  }

  const std::string name = arguments.text("preset");
  const TrainConfig config = preset(name);
  NetShape shape = config.network;
  if (shape.kind != NetKind::drc)
    throw BadInput(fmt::format("--preset: found '{}', a ResNet; what is counted is a DRC with the published options", name));
  if (shape.height == 0) shape.height = kPublishedSide;
  if (shape.width == 0) shape.width = kPublishedSide;
  if (!arguments.flag("predict")) return measure(arguments, shape, arguments.integers("envs", 0, 1 << 20), config.num_envs);
  const int unroll = static_cast<int>(arguments.integer("unroll", 0, 1024));
  const int minibatch = static_cast<int>(arguments.integer("minibatch", 0, 1 << 20));
  const std::string out = arguments.text("out");
  check_output("out", out);

  std::vector<Point> points;
  for (const model::Gpu* gpu : gpus_of(arguments.text("gpu")))
    for (const std::int64_t asked : arguments.integers("envs", 0, 1 << 20)) {
      const int boards = asked == 0 ? config.num_envs : static_cast<int>(asked);
      const int share = std::max(1, static_cast<int>(std::int64_t{boards} * config.minibatch_envs / config.num_envs));
      if (minibatch > boards)
        throw BadInput(fmt::format("--minibatch: found {}, takes at most the {} boards", minibatch, boards));
      points.push_back(point_of(shape,
                                {.boards = boards,
                                 .steps = unroll == 0 ? config.unroll : unroll,
                                 .minibatch = minibatch == 0 ? share : minibatch,
                                 .epochs = config.epochs,
                                 .bootstrap = config.algorithm != Algorithm::ppo,
                                 .parameters = parameter_count(shape)},
                                *gpu));
    }
  const std::string json = as_json(points, name, shape);
  if (!out.empty()) write_new_file(out, json);
  if (arguments.flag("json"))
    fmt::print("{}", json);
  else
    for (const Point& point : points) print_table(point);
  return 0;
}

}  // namespace boxwarp
