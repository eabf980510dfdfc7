#include "host/engine/vector_env.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <string>

#include "levels/error.hpp"

namespace boxwarp {

struct VectorEnv::Memory {
  VectorEnvConfig config;
  std::shared_ptr<const LevelBank> levels;
  Device device;
  LevelBankView bank;
  EnvOptions options;
  std::size_t bytes;  // of one observation
  bool started = false;
  std::uint64_t step_calls = 0;

  std::vector<std::uint64_t> seed, episode, order_index, walls, targets, boxes, player;
  std::vector<std::uint32_t> environment;
  std::vector<std::int64_t> order_start, level, finished_level;
  std::vector<std::int32_t> steps, cap, matched, episode_length, episode_matched;
  std::vector<float> reward;
  std::vector<std::uint8_t> terminated, truncated, observation, final_observation, actions;
  EnvStateView state;
  EnvOutputView output;

  std::size_t count() const { return static_cast<std::size_t>(config.num_envs); }

  void allocate() {
    const std::size_t n = count(), words = n * static_cast<std::size_t>(bank.words);
    for (auto* array : {&seed, &episode, &order_index, &player}) array->resize(n);
    for (auto* array : {&walls, &targets, &boxes}) array->resize(words);
    for (auto* array : {&order_start, &level, &finished_level}) array->resize(n);
    for (auto* array : {&steps, &cap, &matched, &episode_length, &episode_matched}) array->resize(n);
    for (auto* array : {&terminated, &truncated, &actions}) array->resize(n);
    environment.resize(n);
    reward.resize(n);
    observation.resize(n * bytes);
    if (config.final_observation) final_observation.resize(n * bytes);
    state = {.count = config.num_envs,
             .order_stride = config.total_envs,
             .seed = seed.data(),
             .environment = environment.data(),
             .order_start = order_start.data(),
             .episode = episode.data(),
             .order_index = order_index.data(),
             .walls = walls.data(),
             .targets = targets.data(),
             .boxes = boxes.data(),
             .player = player.data(),
             .steps = steps.data(),
             .cap = cap.data(),
             .matched = matched.data(),
             .level = level.data()};
    output = {.reward = reward.data(),
              .terminated = terminated.data(),
              .truncated = truncated.data(),
              .observation = bytes != 0 ? observation.data() : nullptr,
              .final_observation = bytes != 0 && config.final_observation ? final_observation.data() : nullptr,
              .finished_level = finished_level.data(),
              .episode_length = episode_length.data(),
              .episode_matched = episode_matched.data()};
  }

  void start_counting() {
    for (std::size_t e = 0; e < count(); ++e) {
      const auto number = config.first_environment + static_cast<std::uint32_t>(e);
      seed[e] = config.seeds.empty() ? config.seed : config.seeds[e];
      environment[e] = config.seeds.empty() ? number : 0;
      order_start[e] = static_cast<std::int64_t>(number);
      episode[e] = ~std::uint64_t{0};  // the reset that follows makes it 0
      order_index[e] = 0;
    }
    step_calls = 0;
    started = true;
  }

  // The arrays that decide how the environments go on, and what the last step told.
  template <class Visit>
  void for_each_saved(Visit&& visit) {
    for (auto* array : {&seed, &episode, &order_index, &walls, &targets, &boxes, &player}) visit(*array);
    visit(environment);
    for (auto* array : {&order_start, &level, &finished_level}) visit(*array);
    for (auto* array : {&steps, &cap, &matched, &episode_length, &episode_matched}) visit(*array);
    visit(reward);
    for (auto* array : {&terminated, &truncated, &observation, &final_observation}) visit(*array);
  }
};

namespace {

std::vector<std::string> mistakes_in(const VectorEnvConfig& config, const LevelBankView& bank) {
  std::vector<std::string> mistakes;
  const auto demand = [&mistakes](bool holds, std::string otherwise) {
    if (!holds) mistakes.push_back(std::move(otherwise));
  };
  constexpr std::int64_t kMostEnvironments = std::int64_t{1} << 31;
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
  demand(config.total_envs == 0 || config.total_envs >= config.num_envs + config.first_environment,
         fmt::format("total_envs: found {}, takes first_environment + num_envs ({}) or more", config.total_envs,
                     config.num_envs + config.first_environment));
  return mistakes;
}

EnvOptions options_of(const VectorEnvConfig& config, const LevelBankView& bank) {
  EnvOptions options{.height = config.height != 0 ? config.height : bank.height,
                     .width = config.width != 0 ? config.width : bank.width,
                     .observation = config.observation,
                     .layout = config.layout,
                     .level_order = config.level_order,
                     .min_steps = config.min_steps,
                     .max_steps = config.max_steps,
                     .symmetry = config.symmetry,
                     .rewards = {}};
  for (int change = -1; change <= 1; ++change) {
    for (int is_solved = 0; is_solved <= 1; ++is_solved) {
      const double reward = config.rewards.step + config.rewards.box * change + (is_solved ? config.rewards.finish : 0.0);
      options.rewards[change + 1][is_solved] = static_cast<float>(reward);
    }
  }
  return options;
}

// First bytes of what save() gives: what it was saved under must be what it is restored under.
struct SavedHeader {
  char magic[8];
  std::uint64_t levels, step_calls;
  std::int64_t num_envs, total_envs;
  std::int32_t height, width, min_steps, max_steps;
  std::uint32_t first_environment;
  std::uint8_t observation, layout, level_order, symmetry;
  float rewards[3][2];
};
static_assert(sizeof(SavedHeader) == 88, "no padding, so that equal states are equal bytes");

SavedHeader header_of(const VectorEnvConfig& config, const LevelBank& levels, const EnvOptions& options,
                      std::uint64_t step_calls) {
  SavedHeader header{.magic = {'b', 'o', 'x', 'e', 'n', 'v', '0', '1'},
                     .levels = levels.fingerprint(),
                     .step_calls = step_calls,
                     .num_envs = config.num_envs,
                     .total_envs = config.total_envs,
                     .height = options.height,
                     .width = options.width,
                     .min_steps = options.min_steps,
                     .max_steps = options.max_steps,
                     .first_environment = config.first_environment,
                     .observation = static_cast<std::uint8_t>(options.observation),
                     .layout = static_cast<std::uint8_t>(options.layout),
                     .level_order = static_cast<std::uint8_t>(options.level_order),
                     .symmetry = options.symmetry,
                     .rewards = {}};
  std::memcpy(header.rewards, options.rewards, sizeof header.rewards);
  return header;
}

}  // namespace

VectorEnv::VectorEnv(VectorEnvConfig config, std::shared_ptr<const LevelBank> levels, const Device& device)
    : memory_(std::make_unique<Memory>()) {
  const std::vector<std::string> mistakes = mistakes_in(config, levels->view());
  if (!mistakes.empty()) throw BadInput(fmt::format("environment: {}", fmt::join(mistakes, "; ")));
  if (config.total_envs == 0) config.total_envs = config.num_envs;
  Memory& m = *memory_;
  m.bank = levels->view();
  m.options = options_of(config, m.bank);
  m.bytes = boxwarp::observation_bytes(config.observation, m.bank.tier, m.options.height, m.options.width);
  m.config = std::move(config);
  m.levels = std::move(levels);
  m.device = device;
  m.allocate();
}

VectorEnv::~VectorEnv() = default;

void VectorEnv::reset() { reset({}, {}); }

void VectorEnv::reset(std::uint64_t seed) {
  memory_->config.seed = seed;
  memory_->config.seeds.clear();
  memory_->start_counting();
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
  m.device.env->reset(*m.device.executor, m.bank, m.options, m.state, m.output, mask.empty() ? nullptr : mask.data(),
                      levels.empty() ? nullptr : levels.data());
}

void VectorEnv::step(std::span<const std::uint8_t> actions) {
  Memory& m = *memory_;
  if (!m.started) throw BadInput("step: called before the first reset; call reset first");
  if (actions.size() != m.count())
    throw BadInput(fmt::format("step: found {} actions, takes {}", actions.size(), m.count()));
  for (std::size_t e = 0; e < actions.size(); ++e) {
    if (actions[e] >= kActions)
      throw BadInput(fmt::format("step: action {} of environment {} is not in 0 to {}", actions[e], e, kActions - 1));
  }
  m.device.env->step(*m.device.executor, m.bank, m.options, m.state, m.output, actions.data());
  ++m.step_calls;
}

void VectorEnv::step(std::span<const std::int32_t> actions) {
  Memory& m = *memory_;
  if (actions.size() != m.count())
    throw BadInput(fmt::format("step: found {} actions, takes {}", actions.size(), m.count()));
  for (std::size_t e = 0; e < actions.size(); ++e) {
    if (actions[e] < 0 || actions[e] >= kActions)
      throw BadInput(fmt::format("step: action {} of environment {} is not in 0 to {}", actions[e], e, kActions - 1));
    m.actions[e] = static_cast<std::uint8_t>(actions[e]);
  }
  step(std::span<const std::uint8_t>(m.actions));
}

void VectorEnv::random_actions(std::span<std::uint8_t> actions) const {
  const Memory& m = *memory_;
  if (!m.started) throw BadInput("random_actions: called before the first reset; call reset first");
  if (actions.size() != m.count())
    throw BadInput(fmt::format("random_actions: found room for {} actions, takes {}", actions.size(), m.count()));
  m.device.env->random_actions(*m.device.executor, m.state, m.step_calls, actions.data());
}

void VectorEnv::limit_levels(std::int64_t count) {
  Memory& m = *memory_;
  if (m.config.level_order != LevelOrder::random) throw BadInput("limit_levels: takes level order random");
  const std::int64_t all = m.levels->view().count;
  if (count < 1 || count > all) throw BadInput(fmt::format("limit_levels: found {}, takes 1 to {}", count, all));
  m.bank.count = count;
}

std::int64_t VectorEnv::num_envs() const { return memory_->config.num_envs; }
int VectorEnv::height() const { return memory_->options.height; }
int VectorEnv::width() const { return memory_->options.width; }
std::size_t VectorEnv::observation_bytes() const { return memory_->bytes; }
std::span<const std::uint8_t> VectorEnv::observations() const { return memory_->observation; }
std::span<const std::uint8_t> VectorEnv::final_observations() const { return memory_->final_observation; }
std::span<const float> VectorEnv::rewards() const { return memory_->reward; }
std::span<const std::uint8_t> VectorEnv::terminated() const { return memory_->terminated; }
std::span<const std::uint8_t> VectorEnv::truncated() const { return memory_->truncated; }
std::span<const std::int64_t> VectorEnv::level_ids() const { return memory_->level; }
std::span<const std::int64_t> VectorEnv::finished_level_ids() const { return memory_->finished_level; }
std::span<const std::int32_t> VectorEnv::episode_lengths() const { return memory_->episode_length; }
std::span<const std::int32_t> VectorEnv::episode_matched() const { return memory_->episode_matched; }
const VectorEnvConfig& VectorEnv::config() const { return memory_->config; }
const LevelBank& VectorEnv::levels() const { return *memory_->levels; }
const EnvStateView& VectorEnv::state() const { return memory_->state; }
std::uint64_t VectorEnv::step_calls() const { return memory_->step_calls; }

double VectorEnv::episode_return(std::int64_t environment) const {
  const auto e = static_cast<std::size_t>(environment);
  const Rewards& r = memory_->config.rewards;
  return r.step * memory_->episode_length[e] + r.box * memory_->episode_matched[e] +
         (memory_->terminated[e] != 0 ? r.finish : 0.0);
}

void VectorEnv::render(Observation observation, Layout layout, std::span<std::uint8_t> out) const {
  const Memory& m = *memory_;
  if (!m.started) throw BadInput("render: called before the first reset; call reset first");
  const std::size_t bytes =
      m.count() * boxwarp::observation_bytes(observation, m.bank.tier, m.options.height, m.options.width);
  if (out.size() != bytes) throw BadInput(fmt::format("render: found room for {} bytes, takes {}", out.size(), bytes));
  m.device.env->render(*m.device.executor, m.bank, m.options, m.state, observation, layout, out.data());
}

std::vector<std::byte> VectorEnv::save() const {
  Memory& m = *memory_;
  if (!m.started) throw BadInput("save: called before the first reset; call reset first");
  const SavedHeader header = header_of(m.config, *m.levels, m.options, m.step_calls);
  std::vector<std::byte> bytes(sizeof header);
  std::memcpy(bytes.data(), &header, sizeof header);
  m.for_each_saved([&bytes](const auto& array) {
    const auto content = std::as_bytes(std::span(array));
    bytes.insert(bytes.end(), content.begin(), content.end());
  });
  return bytes;
}

void VectorEnv::restore(std::span<const std::byte> state) {
  Memory& m = *memory_;
  SavedHeader header;
  if (state.size() < sizeof header) throw BadInput("environment state: cut short");
  std::memcpy(&header, state.data(), sizeof header);
  const SavedHeader expected = header_of(m.config, *m.levels, m.options, header.step_calls);
  if (std::memcmp(&header, &expected, sizeof header) != 0)
    throw BadInput("environment state: saved under another level set, number of environments or options; use the same ones");
  std::size_t needed = sizeof header;
  m.for_each_saved([&needed](const auto& array) { needed += std::as_bytes(std::span(array)).size(); });
  if (state.size() != needed)
    throw BadInput(fmt::format("environment state: found {} bytes, takes {}", state.size(), needed));
  std::size_t at = sizeof header;
  m.for_each_saved([&](auto& array) {
    const auto content = std::as_writable_bytes(std::span(array));
    if (!content.empty()) std::memcpy(content.data(), state.data() + at, content.size());
    at += content.size();
  });
  m.step_calls = header.step_calls;
  m.started = true;
}

}  // namespace boxwarp
