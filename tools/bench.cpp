// boxwarp bench sim: how many steps a second the environments take, by number of environments and kind of observation.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "host/engine/build_info.hpp"
#include "host/engine/vector_env.hpp"
#include "levels/error.hpp"
#include "levels/level_set.hpp"
#include "tools/arguments.hpp"
#include "tools/command.hpp"
#include "tools/output_file.hpp"
#include "tools/progress.hpp"

namespace boxwarp {

namespace {

constexpr int kSamples = 5;  // of each point; the median is told
constexpr std::uint64_t kSeed = 20240612;
constexpr int kManySteps = 64;  // in one call of step_many

struct Kind {
  std::string_view name;
  Observation observation;
  Layout layout;
  bool final_observation, many;
};

constexpr Kind kKinds[] = {
    {"none", Observation::none, Layout::chw, false, false},     {"step_many", Observation::none, Layout::chw, false, true},
    {"packed", Observation::packed, Layout::chw, false, false}, {"cells", Observation::cells, Layout::chw, false, false},
    {"rgb", Observation::rgb, Layout::chw, false, false},       {"rgb_hwc", Observation::rgb, Layout::hwc, false, false},
    {"rgb_final", Observation::rgb, Layout::chw, true, false},  {"planes4", Observation::planes4, Layout::chw, false, false},
    {"planes", Observation::planes, Layout::chw, false, false}};

std::vector<Kind> kinds_of(const std::string& text) {
  std::vector<Kind> kinds;
  std::string allowed;
  for (const Kind& kind : kKinds) allowed += (allowed.empty() ? "" : ", ") + std::string(kind.name);
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string name = text.substr(begin, end - begin);
    const auto found = std::ranges::find(kKinds, name, &Kind::name);
    if (found == std::end(kKinds))
      throw BadInput(fmt::format("--observation: found '{}', allowed are {}, separated by commas", name, allowed));
    kinds.push_back(*found);
    begin = end + 1;
  }
  return kinds;
}

struct Point {
  std::int64_t num_envs;
  Kind kind;
  std::size_t observation_bytes;
  std::vector<double> samples;  // steps a second of all environments, ascending
  double median() const { return samples[samples.size() / 2]; }
};

// Runs for about so many seconds a sample, after as long a warm-up; actions are random but drawn beforehand, so that only
// the environments are measured (step_many draws its own: that is what it is for).
Point measured(const std::shared_ptr<const LevelBank>& levels, const Device& device, std::int64_t num_envs, const Kind& kind,
               double seconds) {
  VectorEnv env({.num_envs = num_envs,
                 .observation = kind.observation,
                 .layout = kind.layout,
                 .final_observation = kind.final_observation,
                 .seed = kSeed},
                levels, device);
  env.reset();
  const auto n = static_cast<std::size_t>(num_envs);
  std::vector<std::vector<std::uint8_t>> actions(kind.many ? 0 : 8, std::vector<std::uint8_t>(n));
  for (auto& row : actions) {
    env.random_actions(row);
    env.step(row);
  }
  std::vector<float> reward(n);
  std::vector<std::int32_t> episodes(n), solved(n);
  const PlayTotals totals{.reward = reward.data(), .episodes = episodes.data(), .solved = solved.data()};
  std::size_t turn = 0;
  const auto go = [&] {
    if (kind.many) return env.step_many({}, kManySteps, totals);
    env.step(actions[turn++ % actions.size()]);
  };
  const auto seconds_of = [&go](std::int64_t calls) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::int64_t i = 0; i < calls; ++i) go();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  std::int64_t calls = 4;  // of a sample; looking for their number warms up too
  while (seconds_of(calls / 4) < seconds / 4) calls *= 2;
  const auto steps = static_cast<double>(calls * num_envs * (kind.many ? kManySteps : 1));
  Point point{.num_envs = num_envs, .kind = kind, .observation_bytes = env.observation_bytes(), .samples = {}};
  for (int sample = 0; sample < kSamples; ++sample) point.samples.push_back(steps / seconds_of(calls));
  std::ranges::sort(point.samples);
  return point;
}

// "AMD EPYC 9654, 2 threads" as the kernel tells it.
std::string machine() {
  std::ifstream file("/proc/cpuinfo");
  std::string model = "unknown processor";
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    model = line.substr(std::min(line.find(": "), line.size() - 2) + 2);
    break;
  }
  return fmt::format("{}, {} threads", model, std::thread::hardware_concurrency());
}

std::string as_json(const std::vector<Point>& points, const LevelBank& levels, const Device& device) {
  const BuildInfo info = build_info();
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const Point& point : points) {
    rows.push_back({{"num_envs", point.num_envs},
                    {"observation", point.kind.name},
                    {"observation_bytes", point.observation_bytes},
                    {"steps_per_second", point.median()},
                    {"samples", point.samples}});
  }
  return nlohmann::ordered_json{{"question", "How many steps a second do the environments take?"},
                                {"machine", machine()},
                                {"device", device.name},
                                {"compiler", info.compiler},
                                {"build_type", info.build_type},
                                {"commit", info.commit},
                                {"highway", info.highway_target},
                                {"levels", levels.levels().size()},
                                {"level_bank_bytes", levels.memory_bytes()},
                                {"seed", kSeed},
                                {"points", rows}}
             .dump(1) +
         "\n";
}

}  // namespace

int bench_command(int argc, char** argv) {
  Arguments arguments(
      "bench",
      "How many steps a second the environments take: auto-reset and episode statistics on, random actions.\n"
      "The median of five samples of each point.",
      "sim --levels PATH [OPTION...]",
      "  boxwarp bench sim --levels levels/data/quick_train.boxwarp\n"
      "  boxwarp bench sim --levels boxoban/unfiltered/train --envs 64,4096,1048576 --observation none,rgb\n"
      "  boxwarp bench sim --levels test.txt --threads 1 --json\n");
  arguments.add()("levels", "files or folders of levels", cxxopts::value<std::vector<std::string>>(), "PATH")(
      "envs", "numbers of environments", cxxopts::value<std::string>()->default_value("64,1024,4096,65536"), "N,...")(
      "observation", "none, step_many, packed, cells, rgb, rgb_hwc, rgb_final, planes4, planes",
      cxxopts::value<std::string>()->default_value("none,step_many,packed,rgb,planes4"),
      "KIND,...")("seconds", "of one sample", cxxopts::value<std::string>()->default_value("0.2"), "S")(
      "device", "auto, cpu, cuda, cuda:N", cxxopts::value<std::string>()->default_value("auto"), "D")(
      "threads", "of the processor, 0: all cores", cxxopts::value<std::string>()->default_value("0"), "N")(
      "json", "print JSON instead of a table")("out", "write the JSON to this file, which must not exist",
                                               cxxopts::value<std::string>()->default_value(""),
                                               "FILE")("quiet", "no progress on stderr");
  if (!arguments.parse(argc, argv, "what to measure")) return 0;
  if (arguments.positionals() != std::vector<std::string>{"sim"})
    throw BadInput("bench: say what to measure: sim (steps of the environments)");

  const std::vector<std::int64_t> counts = arguments.integers("envs", 1, std::int64_t{1} << 24);
  const std::vector<Kind> kinds = kinds_of(arguments.text("observation"));
  const double seconds = arguments.number("seconds", 0.001, 60);
  const std::string out = arguments.text("out");
  check_output("out", out);
  if (!arguments.has("levels")) throw BadInput("--levels: must be given; for example levels/data/quick_train.boxwarp");
  const auto levels = std::make_shared<const LevelBank>(load_levels(arguments.texts("levels")));
  const Device device = open_device(arguments.text("device"), static_cast<int>(arguments.integer("threads", 0, 1024)));

  std::vector<Point> points;
  Progress progress(static_cast<std::int64_t>(counts.size() * kinds.size()), "points", arguments.flag("quiet"));
  for (const std::int64_t count : counts) {
    for (const Kind& kind : kinds) {
      points.push_back(measured(levels, device, count, kind, seconds));
      progress.update(static_cast<std::int64_t>(points.size()), std::string(kind.name));
    }
  }
  progress.finish();

  const std::string json = as_json(points, *levels, device);
  if (!out.empty()) write_new_file(out, json);
  if (arguments.flag("json")) {
    fmt::print("{}", json);
    return 0;
  }
  fmt::print("{}, {} levels\n\nenvironments  observation  bytes  M steps/s  lowest to highest\n", device.name,
             grouped(levels->levels().size()));
  for (const Point& point : points) {
    fmt::print("{:>12}  {:<11}  {:>5}  {:>9.2f}  {:.2f} to {:.2f}\n", grouped(point.num_envs), point.kind.name,
               point.observation_bytes, point.median() / 1e6, point.samples.front() / 1e6, point.samples.back() / 1e6);
  }
  return 0;
}

}  // namespace boxwarp
