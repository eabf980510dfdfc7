#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>

#include "host/engine/vector_env_memory.hpp"
#include "levels/error.hpp"

namespace boxwarp {

namespace {

constexpr std::int64_t kMostEnvironments = std::int64_t{1} << 31;

bool is_tile(int tile) { return tile == 8 || tile == 16; }

EnvOptions options_of(const VectorEnvConfig& config, const LevelBankView& bank) {
  EnvOptions options{
      .height = config.height != 0 ? config.height : bank.height,
      .width = config.width != 0 ? config.width : bank.width,
      .format = {.kind = config.observation, .layout = config.layout, .element = config.element, .tile = config.tile},
      .level_order = config.level_order,
      .auto_reset = config.auto_reset,
      .solved_rule = config.solved_rule,
      .actions = kActions + config.no_op,
      .min_steps = config.min_steps,
      .max_steps = config.max_steps,
      .end_on_deadlock = config.end_on_deadlock,
      .symmetry = config.symmetry,
      .rewards = {}};
  const Rewards& rewards = config.rewards;
  for (const Outcome outcome : {Outcome::lost, Outcome::kept, Outcome::won, Outcome::idle}) {
    const bool idles = outcome == Outcome::idle;
    const int change = idles ? 0 : static_cast<int>(outcome) - static_cast<int>(Outcome::kept);
    const double step = idles ? rewards.step + rewards.no_op : rewards.step;
    for (int is_solved = 0; is_solved <= 1; ++is_solved) {
      const double reward = step + rewards.box * change + (is_solved ? rewards.finish : 0.0);
      options.rewards[static_cast<int>(outcome)][is_solved] = static_cast<float>(reward);
    }
  }
  return options;
}

}  // namespace

std::vector<std::string> mistakes_in(const VectorEnvConfig& config, const LevelBankView& bank) {
  std::vector<std::string> mistakes;
  const auto demand = [&mistakes](bool holds, std::string otherwise) {
    if (!holds) mistakes.push_back(std::move(otherwise));
  };
  demand(config.num_envs >= 1 && config.num_envs <= kMostEnvironments,
         fmt::format("num_envs: found {}, takes 1 to {}", config.num_envs, kMostEnvironments));
  demand(config.min_steps >= 1, fmt::format("min_steps: found {}, takes 1 or more", config.min_steps));
  demand(config.max_steps >= config.min_steps,
         fmt::format("max_steps: found {}, takes min_steps ({}) or more", config.max_steps, config.min_steps));
  demand(config.seeds.empty() || static_cast<std::int64_t>(config.seeds.size()) == config.num_envs,
         fmt::format("seeds: found {}, takes one for each of the {} environments", config.seeds.size(), config.num_envs));
  demand(config.height == 0 || (config.height >= bank.height && config.height <= kLargestSize),
         fmt::format("height: found {}, takes {} (the largest level) to {}", config.height, bank.height, kLargestSize));
  demand(config.width == 0 || (config.width >= bank.width && config.width <= kLargestSize),
         fmt::format("width: found {}, takes {} (the largest level) to {}", config.width, bank.width, kLargestSize));
  demand(is_tile(config.tile), fmt::format("tile: found {}, takes 8 or 16", config.tile));
  demand(config.total_envs == 0 || config.total_envs >= config.num_envs + config.first_environment,
         fmt::format("total_envs: found {}, takes first_environment + num_envs ({}) or more", config.total_envs,
                     config.num_envs + config.first_environment));
  return mistakes;
}

VectorEnv::VectorEnv(VectorEnvConfig config, std::shared_ptr<const LevelBank> levels, const Device& device)
    : memory_(std::make_unique<Memory>()) {
  const std::vector<std::string> mistakes = mistakes_in(config, levels->view());
  if (!mistakes.empty()) throw BadInput(fmt::format("environment: {}", fmt::join(mistakes, "; ")));
  config.deadlock |= config.end_on_deadlock;
  if (config.total_envs == 0) config.total_envs = config.num_envs;
  Memory& m = *memory_;
  m.bank = levels->view();
  m.options = options_of(config, m.bank);
  m.bytes = boxwarp::observation_bytes(m.options.format, m.bank.tier, m.options.height, m.options.width);
  m.config = std::move(config);
  m.levels = std::move(levels);
  m.device = device;
  m.allocate();
}

VectorEnv::~VectorEnv() = default;

BadAction::BadAction(std::int64_t e, std::int64_t found, int actions)
    : BadInput(fmt::format("step: action {} of environment {} is not in 0 to {}", found, e, actions - 1)),
      environment(e),
      action(found) {}

void VectorEnv::Memory::start_counting() {
  const std::size_t n = count();
  auto &seeds = seed.written(), &episodes = episode.written(), &turns = order_index.written();
  auto& numbers = environment.written();
  auto& starts = order_start.written();
  for (std::size_t e = 0; e < n; ++e) {
    const auto number = config.first_environment + static_cast<std::uint32_t>(e);
    seeds[e] = config.seeds.empty() ? config.seed : config.seeds[e];
    numbers[e] = config.seeds.empty() ? number : 0;
    starts[e] = static_cast<std::int64_t>(number);
    episodes[e] = ~std::uint64_t{0};  // the reset that follows makes it 0
    turns[e] = 0;
  }
  for (auto* array : {&seed, &episode, &order_index}) array->push();
  environment.push();
  order_start.push();
  step_calls = 0;
  started = true;
}

void VectorEnv::reset() { reset({}, {}); }

void VectorEnv::reset(std::uint64_t seed) {
  memory_->config.seed = seed;
  memory_->config.seeds.clear();
  memory_->start_counting();
  reset();
}

void VectorEnv::reset_each(std::span<const std::uint64_t> seeds) {
  Memory& m = *memory_;
  if (seeds.size() != m.count())
    throw BadInput(
        fmt::format("reset_each: found {} seeds, takes one for each of the {} environments", seeds.size(), m.count()));
  m.config.seeds.assign(seeds.begin(), seeds.end());
  m.start_counting();
  reset();
}

void VectorEnv::reset(std::span<const std::uint8_t> mask, std::span<const std::int64_t> levels) {
  Memory& m = *memory_;
  if (!mask.empty() && mask.size() != m.count())
    throw BadInput(fmt::format("reset: mask has {} elements, takes {}", mask.size(), m.count()));
  if (!levels.empty() && levels.size() != m.count())
    throw BadInput(fmt::format("reset: level ids have {} elements, takes {}", levels.size(), m.count()));
  for (std::size_t e = 0; e < levels.size(); ++e) {
    const bool asked = mask.empty() || mask[e] != 0;
    if (asked && (levels[e] < -1 || levels[e] >= m.bank.count))
      throw BadInput(fmt::format("reset: level id {} of environment {} is not in -1 to {}", levels[e], e, m.bank.count - 1));
  }
  if (!m.started) {
    for (const std::uint8_t chosen : mask)
      if (chosen == 0) throw BadInput("reset: the first reset must start every environment; call it without a mask");
    m.start_counting();
  }
  const std::size_t mask_bytes = (mask.size() + 7) / 8 * 8;
  auto* there = m.far != nullptr ? m.scratch_of(mask_bytes + levels.size_bytes()) : nullptr;
  const std::uint8_t* chosen = m.lent(mask, there);
  const std::int64_t* ids = m.lent(levels, there != nullptr ? there + mask_bytes : nullptr);
  m.device.env->reset(*m.device.executor, m.bank, m.options, m.state, m.output, chosen, ids);
  m.worked();
}

void VectorEnv::step(std::span<const std::uint8_t> actions) {
  Memory& m = *memory_;
  m.demand_one_each(actions.size());
  m.demand_actions(actions.data());
  m.step(m.lent(actions, m.far_actions), m.output);
}

void VectorEnv::step(std::span<const std::int32_t> actions) {
  Memory& m = *memory_;
  m.demand_one_each(actions.size());
  m.bytes_of_actions.resize(m.count());
  for (std::size_t e = 0; e < actions.size(); ++e) {
    m.demand_action(actions[e], e);
    m.bytes_of_actions[e] = static_cast<std::uint8_t>(actions[e]);  // of an action that is not looked at: anything
  }
  m.step(m.lent(std::span<const std::uint8_t>(m.bytes_of_actions), m.far_actions), m.output);
}

void VectorEnv::random_actions(std::span<std::uint8_t> actions) const {
  Memory& m = *memory_;
  m.demand_started("random_actions");
  if (actions.size() != m.count())
    throw BadInput(fmt::format("random_actions: found room for {} actions, takes {}", actions.size(), m.count()));
  std::uint8_t* out = m.far != nullptr ? m.far_actions : actions.data();
  device_random_actions(out);
  if (m.far != nullptr) m.far->download(actions.data(), out, actions.size());
}

void VectorEnv::limit_levels(std::int64_t count) {
  Memory& m = *memory_;
  if (m.config.level_order != LevelOrder::random) throw BadInput("limit_levels: takes level order random");
  const std::int64_t all = m.levels->view().count;
  if (count < 1 || count > all) throw BadInput(fmt::format("limit_levels: found {}, takes 1 to {}", count, all));
  m.put_in_play(count);
}

std::int64_t VectorEnv::num_envs() const { return memory_->config.num_envs; }
int VectorEnv::height() const { return memory_->options.height; }
int VectorEnv::width() const { return memory_->options.width; }
std::size_t VectorEnv::observation_bytes() const { return memory_->bytes; }
std::span<const std::uint8_t> VectorEnv::observations() const { return memory_->observation.near(); }
std::span<const std::uint8_t> VectorEnv::final_observations() const { return memory_->final_observation.near(); }
std::span<const float> VectorEnv::rewards() const { return memory_->reward.near(); }
std::span<const std::uint8_t> VectorEnv::terminated() const { return memory_->terminated.near(); }
std::span<const std::uint8_t> VectorEnv::truncated() const { return memory_->truncated.near(); }
std::span<const std::uint8_t> VectorEnv::deadlocks() const { return memory_->deadlock.near(); }
std::span<const std::int64_t> VectorEnv::level_ids() const { return memory_->level.near(); }
std::span<const std::int64_t> VectorEnv::finished_level_ids() const { return memory_->finished_level.near(); }
std::span<const std::int32_t> VectorEnv::episode_lengths() const { return memory_->episode_length.near(); }
std::span<const std::int32_t> VectorEnv::episode_matched() const { return memory_->episode_matched.near(); }
std::span<const std::int32_t> VectorEnv::episode_idle() const { return memory_->episode_idle.near(); }
const VectorEnvConfig& VectorEnv::config() const { return memory_->config; }
const LevelBank& VectorEnv::levels() const { return *memory_->levels; }
const EnvStateView& VectorEnv::state() const {
  Memory& m = *memory_;
  m.near_state = m.state_of([](auto& array) { return array.near_data(); });
  return m.near_state;
}
int VectorEnv::num_actions() const { return memory_->options.actions; }
std::uint64_t VectorEnv::step_calls() const { return memory_->step_calls; }

double VectorEnv::episode_return(std::int64_t environment) const {
  const auto e = static_cast<std::size_t>(environment);
  const Rewards& r = memory_->config.rewards;
  const double idle = memory_->config.no_op ? r.no_op * episode_idle()[e] : 0.0;
  return r.step * episode_lengths()[e] + idle + r.box * episode_matched()[e] + (terminated()[e] != 0 ? r.finish : 0.0);
}

void VectorEnv::step_many(std::span<const std::uint8_t> actions, int steps, const PlayTotals& totals) {
  Memory& m = *memory_;
  m.demand_many(steps);
  const std::size_t n = m.count(), needed = n * static_cast<std::size_t>(steps);
  if (!actions.empty() && actions.size() != needed)
    throw BadInput(fmt::format("step_many: found {} actions, takes {} or none", actions.size(), needed));
  for (std::size_t first = 0; first < actions.size(); first += n) m.demand_actions(actions.data() + first);
  if (m.far == nullptr) return m.step_many(actions.empty() ? nullptr : actions.data(), steps, totals);
  std::byte* there = m.scratch_of(Memory::kScratchPerEnv * n + actions.size());
  const PlayTotals out{.reward = reinterpret_cast<float*>(there),
                       .episodes = reinterpret_cast<std::int32_t*>(there) + n,
                       .solved = reinterpret_cast<std::int32_t*>(there) + 2 * n};
  m.step_many(m.lent(actions, there + Memory::kScratchPerEnv * n), steps, out);
  m.far->download(totals.reward, out.reward, sizeof(float) * n);
  m.far->download(totals.episodes, out.episodes, sizeof(std::int32_t) * n);
  m.far->download(totals.solved, out.solved, sizeof(std::int32_t) * n);
}

void VectorEnv::render(const ObservationFormat& format, std::span<std::uint8_t> out) const {
  Memory& m = *memory_;
  m.demand_started("render");
  if (!is_tile(format.tile)) throw BadInput(fmt::format("render: found tile {}, takes 8 or 16", format.tile));
  const std::size_t bytes = m.count() * boxwarp::observation_bytes(format, m.bank.tier, m.options.height, m.options.width);
  if (out.size() != bytes) throw BadInput(fmt::format("render: found room for {} bytes, takes {}", out.size(), bytes));
  if (bytes == 0) return;
  auto* there = m.far != nullptr ? reinterpret_cast<std::uint8_t*>(m.scratch_of(bytes)) : out.data();
  m.device.env->render(*m.device.executor, m.bank, m.options, m.state, format, there);
  if (m.far != nullptr) m.far->download(out.data(), there, bytes);
}

}  // namespace boxwarp
