// boxwarp bench train: frames a second of the environments alone, with the network that plays, and with what learns from it:
// three figures that are easily taken for one another.
#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "host/learner/iteration.hpp"
#include "host/learner/net_shape_json.hpp"
#include "levels/error.hpp"
#include "levels/level_set.hpp"
#include "tools/bench.hpp"
#include "tools/bench_samples.hpp"
#include "tools/output_file.hpp"
#include "tools/sim_speed.hpp"
#include "tools/train_profile.hpp"

namespace boxwarp {

namespace {

struct TrainBenchOptions {
  BenchOptions common;
  std::vector<std::string> levels;
  double seconds;  // of a sample
  bool profile;
};

struct Figures {
  std::vector<double> environment, inference, training;  // frames a second, ascending
};

Figures measured_training(Iteration& iteration, const TrainConfig& config, const std::shared_ptr<const LevelBank>& levels,
                          const Device& device, double seconds, nlohmann::ordered_json* profile) {
  const BenchKind cells{
      .name = "cells", .observation = Observation::cells, .layout = Layout::chw, .final_observation = false, .many = false};
  const BenchRules rules{
      .seconds = seconds, .min_steps = config.min_steps, .max_steps = config.max_steps, .seed = config.seed};
  Figures figures;
  figures.environment = measured(levels, device, config.num_envs, cells, rules).samples;
  iteration.env().reset();
  std::int64_t updates = 0;
  if (profile != nullptr) {
    iteration.run();  // loads the kernels
    *profile = profile_of(iteration, config, device);
    updates = 2;
  }
  const auto times = [&](void (Iteration::*once)()) {
    return [&, once](std::int64_t calls) {
      const auto begin = std::chrono::steady_clock::now();
      for (std::int64_t i = 0; i < calls; ++i) (iteration.*once)();
      const UpdateReport last = iteration.reports(updates += calls, 1).front();  // waits
      if (last.not_finite != 0) throw std::runtime_error("bench train: the loss or its gradient is not finite");
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
  };
  const auto frames = static_cast<double>(config.frames_per_update());
  figures.inference = samples_of(seconds, frames, times(&Iteration::play));
  figures.training = samples_of(seconds, frames, times(&Iteration::run));
  return figures;
}

// The preset's, with what the options change, for boards of these levels.
TrainConfig configured(const Arguments& arguments, const LevelBankView& bank) {
  TrainConfig config = preset(arguments.text("preset"));
  std::vector<std::string> mistakes;
  for (const std::string& setting : arguments.texts("set")) apply_setting(setting, config, mistakes);
  if (config.network.height == 0) config.network.height = bank.height;
  if (config.network.width == 0) config.network.width = bank.width;
  config.fresh_levels = 0;
  config.curriculum = 0;
  demand_correct(config, std::move(mistakes));
  return config;
}

nlohmann::ordered_json as_json(const std::vector<double>& samples) {
  return {{"frames_per_second", median(samples)}, {"samples", samples}};
}

// What was measured, and of what.
struct Measured {
  std::string device, kernels;
  bool recompute;
  std::size_t memory_bytes;
  std::int64_t levels;
  Figures figures;
  nlohmann::ordered_json profile;  // null: not asked for
};

Arguments declared() {
  Arguments arguments(
      "bench train",
      "How many frames a second: environments alone (random actions), with the network that plays, and with the updates\n"
      "that learn from it. The median of five samples of each.",
      "[OPTION...]",
      "  boxwarp bench train --preset quick --levels quick_train --device cpu\n"
      "  boxwarp bench train --preset throughput --device cuda --profile --json\n"
      "  boxwarp bench train --preset paper --set network.ticks=1 --set precision=float32\n");
  auto add = arguments.add();
  add("preset", "paper, throughput, throughput24 or quick", by_default("paper"), "NAME");
  add("set", "change one setting, name=value; may be given several times", cxxopts::value<std::string>());
  add("levels", "file or folder of levels, or generated:KEY=VALUE,...; may be given several times",
      by_default("boxoban-like-train"), "PATH");
  add("seconds", "of one sample; one update at least", by_default("1"), "S");
  add("profile", "on a GPU: one update kernel by kernel, beside what is predicted");
  add_bench_options(arguments);
  return arguments;
}

TrainBenchOptions options_of(const Arguments& arguments) {
  TrainBenchOptions options{.common = bench_options(arguments),
                            .levels = arguments.texts("levels"),
                            .seconds = arguments.number("seconds", 0.001, 60),
                            .profile = arguments.flag("profile")};
  if (options.levels.empty()) options.levels.push_back(arguments.text("levels"));
  return options;
}

Measured run(const TrainBenchOptions& options, const TrainConfig& config, const std::shared_ptr<const LevelBank>& levels) {
  const Device device = open_device(options.common);
  if (options.profile && device.profile == nullptr)
    throw BadInput(fmt::format("--profile: {} cannot tell what its kernels take; a GPU can", device.name));
  Iteration iteration(config, levels, device);
  Measured measured{.device = device.name,
                    .kernels = iteration.kernels(),
                    .recompute = iteration.mode().recompute,
                    .memory_bytes = 0,
                    .levels = levels->levels().size(),
                    .figures = {},
                    .profile = {}};
  measured.figures =
      measured_training(iteration, config, levels, device, options.seconds, options.profile ? &measured.profile : nullptr);
  const Iteration::MemoryUse use = iteration.memory_use();
  measured.memory_bytes = use.network + use.rollout + use.parameters + use.environments;
  return measured;
}

std::string as_json(const Measured& measured, const TrainConfig& config) {
  nlohmann::ordered_json json = asked("How many frames a second do environments, play and training take?", measured.device);
  json.update(nlohmann::ordered_json{{"preset", config.preset},
                                     {"network", name_of(config.network)},
                                     {"kernels", measured.kernels},
                                     {"recompute", measured.recompute},
                                     {"levels", measured.levels},
                                     {"num_envs", config.num_envs},
                                     {"unroll", config.unroll},
                                     {"minibatch_envs", config.minibatch_envs},
                                     {"epochs", config.epochs},
                                     {"memory_bytes", measured.memory_bytes},
                                     {"environment_only", as_json(measured.figures.environment)},
                                     {"environment_and_inference", as_json(measured.figures.inference)},
                                     {"environment_inference_and_training", as_json(measured.figures.training)}});
  if (!measured.profile.is_null()) json["profile"] = measured.profile;
  return json.dump(1) + "\n";
}

void print_table(const Measured& measured, const TrainConfig& config) {
  fmt::print("{}, {}, {}\n{} boards x {} steps, minibatches of {}, epochs {}, memory {}\n\n", measured.device,
             name_of(config.network), measured.kernels, config.num_envs, config.unroll, config.minibatch_envs, config.epochs,
             bytes_text(measured.memory_bytes));
  const auto line = [](const char* what, const std::vector<double>& samples) {
    fmt::print("{:<36} {:>14.0f} frames/s   {:.0f} to {:.0f}\n", what, median(samples), samples.front(), samples.back());
  };
  line("environments only", measured.figures.environment);
  line("environments, inference", measured.figures.inference);
  line("environments, inference, training", measured.figures.training);
  if (!measured.profile.is_null()) print_profile(measured.profile);
}

}  // namespace

int bench_train(int argc, char** argv) {
  Arguments arguments = declared();
  if (!arguments.parse(argc, argv)) return 0;
  const TrainBenchOptions options = options_of(arguments);
  const auto levels = std::make_shared<const LevelBank>(load_levels(options.levels));
  const TrainConfig config = configured(arguments, levels->view());
  const Measured measured = run(options, config, levels);
  tell(options.common, as_json(measured, config), [&] { print_table(measured, config); });
  return 0;
}

}  // namespace boxwarp
