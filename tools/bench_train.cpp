// boxwarp bench train: frames a second of the environments alone, with the network that plays, and with what learns from it:
// three figures that are easily taken for one another.
#include "tools/bench_train.hpp"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "host/learner/iteration.hpp"
#include "host/learner/net_shape_json.hpp"
#include "levels/error.hpp"
#include "levels/level_set.hpp"
#include "tools/arguments.hpp"
#include "tools/bench_samples.hpp"
#include "tools/bench_sim.hpp"
#include "tools/output_file.hpp"
#include "tools/train_profile.hpp"

namespace boxwarp {

namespace {

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

}  // namespace

int bench_train(int argc, char** argv) {
  Arguments arguments(
      "bench train",
      "How many frames a second: environments alone (random actions), with the network that plays, and with the updates\n"
      "that learn from it. The median of five samples of each.",
      "[OPTION...]",
      "  boxwarp bench train --preset quick --levels quick_train --device cpu\n"
      "  boxwarp bench train --preset throughput --device cuda --profile --json\n"
      "  boxwarp bench train --preset paper --set network.ticks=1 --set precision=float32\n");
  const auto text = [](const char* value) { return cxxopts::value<std::string>()->default_value(value); };
  auto add = arguments.add();
  add("preset", "paper, throughput, throughput24 or quick", text("paper"), "NAME");
  add("set", "change one setting, name=value; may be given several times", cxxopts::value<std::string>());
  add("levels", "file or folder of levels, or generated:KEY=VALUE,...; may be given several times",
      text("boxoban-like-train"), "PATH");
  add("seconds", "of one sample; one update at least", text("1"), "S");
  add("device", "auto, cpu, cuda, cuda:N", text("auto"), "D");
  add("threads", "of the processor, 0: all cores", text("0"), "N");
  add("profile", "on a GPU: one update kernel by kernel, beside what is predicted");
  add("json", "print JSON instead of a table");
  add("out", "write the JSON to this file, which must not exist", text(""), "FILE");
  add("quiet", "no notes on stderr");
  if (!arguments.parse(argc, argv)) return 0;
  const double seconds = arguments.number("seconds", 0.001, 60);
  const std::string out = arguments.text("out");
  check_output("out", out);
  std::vector<std::string> paths = arguments.texts("levels");
  if (paths.empty()) paths.push_back(arguments.text("levels"));
  const auto levels = std::make_shared<const LevelBank>(load_levels(paths));
  const TrainConfig config = configured(arguments, levels->view());
  const Device device = open_device(arguments.text("device"), static_cast<int>(arguments.integer("threads", 0, 1024)));
  if (!device.note.empty() && !arguments.flag("quiet")) fmt::print(stderr, "{}\n", device.note);

  const bool profiles = arguments.flag("profile");
  if (profiles && device.profile == nullptr)
    throw BadInput(fmt::format("--profile: {} cannot tell what its kernels take; a GPU can", device.name));
  Iteration iteration(config, levels, device);
  nlohmann::ordered_json profile;
  const Figures figures = measured_training(iteration, config, levels, device, seconds, profiles ? &profile : nullptr);
  const Iteration::MemoryUse use = iteration.memory_use();
  const std::size_t bytes = use.network + use.rollout + use.parameters + use.environments;
  nlohmann::ordered_json json = asked("How many frames a second do environments, play and training take?", device.name);
  json.update(nlohmann::ordered_json{{"preset", config.preset},
                                     {"network", name_of(config.network)},
                                     {"kernels", iteration.kernels()},
                                     {"recompute", iteration.mode().recompute},
                                     {"levels", levels->levels().size()},
                                     {"num_envs", config.num_envs},
                                     {"unroll", config.unroll},
                                     {"minibatch_envs", config.minibatch_envs},
                                     {"epochs", config.epochs},
                                     {"memory_bytes", bytes},
                                     {"environment_only", as_json(figures.environment)},
                                     {"environment_and_inference", as_json(figures.inference)},
                                     {"environment_inference_and_training", as_json(figures.training)}});
  if (profiles) json["profile"] = profile;
  const std::string lines = json.dump(1) + "\n";
  if (!out.empty()) write_new_file(out, lines);
  if (arguments.flag("json")) {
    fmt::print("{}", lines);
    return 0;
  }
  fmt::print("{}, {}, {}\n{} boards x {} steps, minibatches of {}, epochs {}, memory {}\n\n", device.name,
             name_of(config.network), iteration.kernels(), config.num_envs, config.unroll, config.minibatch_envs,
             config.epochs, bytes_text(bytes));
  const auto line = [](const char* what, const std::vector<double>& samples) {
    fmt::print("{:<36} {:>14.0f} frames/s   {:.0f} to {:.0f}\n", what, median(samples), samples.front(), samples.back());
  };
  line("environments only", figures.environment);
  line("environments, inference", figures.inference);
  line("environments, inference, training", figures.training);
  if (profiles) print_profile(profile);
  return 0;
}

}  // namespace boxwarp
