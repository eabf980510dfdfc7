// The memory of a VectorEnv: arrays over its N environments and the views that operations take of them.
#pragma once

#include <vector>

#include "host/engine/vector_env.hpp"

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
  std::vector<std::uint8_t> terminated, truncated, ended, observation, final_observation, actions;
  EnvStateView state;
  EnvOutputView output;

  std::size_t count() const { return static_cast<std::size_t>(config.num_envs); }

  bool ignores_action(std::size_t e) const { return ended[e] != 0 && config.auto_reset == AutoReset::next_step; }

  // In the other modes the observation itself is the final one.
  bool keeps_final_observation() const { return config.final_observation && config.auto_reset == AutoReset::same_step; }

  void allocate() {
    const std::size_t n = count(), words = n * static_cast<std::size_t>(bank.words);
    for (auto* array : {&seed, &episode, &order_index, &player}) array->resize(n);
    for (auto* array : {&walls, &targets, &boxes}) array->resize(words);
    for (auto* array : {&order_start, &level, &finished_level}) array->resize(n);
    for (auto* array : {&steps, &cap, &matched, &episode_length, &episode_matched}) array->resize(n);
    for (auto* array : {&terminated, &truncated, &ended, &actions}) array->resize(n);
    environment.resize(n);
    reward.resize(n);
    observation.resize(n * bytes);
    if (keeps_final_observation()) final_observation.resize(n * bytes);
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
             .level = level.data(),
             .ended = ended.data()};
    output = {.reward = reward.data(),
              .terminated = terminated.data(),
              .truncated = truncated.data(),
              .observation = bytes != 0 ? observation.data() : nullptr,
              .final_observation = bytes != 0 && keeps_final_observation() ? final_observation.data() : nullptr,
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
    for (auto* array : {&terminated, &truncated, &ended, &observation, &final_observation}) visit(*array);
  }
};

}  // namespace boxwarp
