#include "tools/sim_speed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "host/engine/device_array.hpp"
#include "host/engine/option_names.hpp"
#include "tools/bench_samples.hpp"

namespace boxwarp {

namespace {

constexpr int kManySteps = 64;  // in one call of step_many

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Of one step of one environment, from the count in kernels/env/step.cu; an episode's last picture once in its steps.
double bytes_per_step(const VectorEnv& env, const BenchKind& kind, const BenchRules& rules) {
  const LevelBankView bank = env.levels().view();
  const double pushes = 1.0 / 8, length = (rules.min_steps + rules.max_steps) / 2.0;
  const double rows = bank.tier == Tier::small ? 32 : 16 + 16.0 * bank.words;  // planes and player, read
  if (kind.many) return (rows + 12 + 16 + 12 + 12) / kManySteps;               // counters; board, counters and sums written
  const double state = rows + 8 + 1 + 18 + pushes * (8 + 8);
  const auto picture = static_cast<double>(env.observation_bytes());
  return state + picture + (kind.final_observation ? picture / length : 0);
}

}  // namespace

BenchKind bench_kind(std::string_view name) {
  BenchKind kind{std::string(name), Observation::none, Layout::chw, false, name == "step_many"};
  if (kind.many) return kind;
  std::string_view word = name;
  const auto take = [&word](std::string_view ending) {
    const bool there = word.ends_with(ending);
    if (there) word.remove_suffix(ending.size());
    return there;
  };
  kind.final_observation = take("_final");
  if (take("_hwc")) kind.layout = Layout::hwc;
  const std::optional<Observation> observation = option_of<Observation>(word);
  if (!observation)
    throw BadInput(fmt::format(
        "--observation: found '{}', takes step_many, or one of {}, with _hwc or _final behind it; separated by commas", name,
        words_of(Observation{})));
  kind.observation = *observation;
  return kind;
}

BenchPoint measured(const std::shared_ptr<const LevelBank>& levels, const Device& device, std::int64_t num_envs,
                    const BenchKind& kind, const BenchRules& rules) {
  VectorEnv env({.num_envs = num_envs,
                 .observation = kind.observation,
                 .layout = kind.layout,
                 .auto_reset = rules.auto_reset,
                 .min_steps = rules.min_steps,
                 .max_steps = rules.max_steps,
                 .no_op = rules.no_op,
                 .solved_rule = rules.solved_rule,
                 .end_on_deadlock = rules.end_on_deadlock,
                 .final_observation = kind.final_observation,
                 .seed = rules.seed},
                levels, device);
  env.reset();
  const auto n = static_cast<std::size_t>(num_envs);
  DeviceArray<std::uint8_t> actions(device, kind.many ? 0 : static_cast<std::size_t>(rules.together) * n, "actions");
  for (std::size_t t = 0; t < actions.size() / n; ++t) {
    env.device_random_actions(actions.data() + t * n);
    env.device_step(actions.data() + t * n);
  }
  const DeviceArray<float> reward(device, kind.many ? n : 0, "totals");
  const DeviceArray<std::int32_t> ended(device, kind.many ? 2 * n : 0, "totals");
  const PlayTotals totals{.reward = reward.data(), .episodes = ended.data(), .solved = ended.data() + ended.size() / 2};
  const std::unique_ptr<Recording> steps =
      kind.many ? nullptr : env.device_record({.actions = actions.data()}, rules.together);
  const auto seconds_of = [&](std::int64_t calls) {
    env.synchronize();
    const auto begin = std::chrono::steady_clock::now();
    for (std::int64_t i = 0; i < calls; ++i) {
      if (kind.many)
        env.device_step_many(nullptr, kManySteps, totals);
      else
        steps->launch();
    }
    env.synchronize();
    return seconds_since(begin);
  };
  BenchPoint point{.num_envs = num_envs,
                   .levels = levels->view().count,
                   .kind = kind,
                   .observation_bytes = env.observation_bytes(),
                   .memory_bytes = env.memory_bytes(),
                   .bytes_per_step = bytes_per_step(env, kind, rules),
                   .samples = {}};
  const std::int64_t steps_of_call = kind.many ? kManySteps : rules.together;
  point.samples = samples_of(rules.seconds, static_cast<double>(num_envs * steps_of_call), seconds_of);
  return point;
}

double copy_bandwidth(const Device& device) {
  if (device.far_memory == nullptr) return 0;
  constexpr std::size_t kBytes = std::size_t{1} << 29;
  constexpr int kCopies = 20;
  const std::unique_ptr<FarMemory> memory = device.far_memory(*device.executor);
  auto* const from = static_cast<std::byte*>(memory->take("copy bandwidth", 2 * kBytes, {}));
  double best = 0;
  for (int sample = 0; sample < kSamples; ++sample) {
    memory->synchronize();
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kCopies; ++i) memory->copy(from + kBytes, from, kBytes);
    memory->synchronize();
    best = std::max(best, 2.0 * kCopies * kBytes / seconds_since(begin));
  }
  return best;
}

}  // namespace boxwarp
