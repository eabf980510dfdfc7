// The memory of a VectorEnv: arrays over its N environments and the views that operations take of them. Where a device has
// memory of its own, every array has a far copy there: operations work on that, and what the program reads is copied back
// when it asks.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "host/engine/far_memory.hpp"
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
  EnvStateView near_state, state;  // of the arrays above, and of what operations work on: the same on a processor
  EnvOutputView output;

  struct Mirror {
    void* near;
    void* far;
    std::size_t bytes;
  };
  std::unique_ptr<FarMemory> far;  // null: operations work on the arrays above
  std::vector<Mirror> mirrors;
  bool near_is_stale = false;
  std::uint8_t* far_actions = nullptr;
  void* far_scratch = nullptr;
  std::size_t far_scratch_bytes = 0;

  std::size_t count() const { return static_cast<std::size_t>(config.num_envs); }

  bool ignores_action(std::size_t e) { return config.auto_reset == AutoReset::next_step && pulled().ended[e] != 0; }

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
    near_state = state_of([](auto& array, const char*) { return array.data(); });
    far = device.far_memory != nullptr ? device.far_memory(*device.executor) : nullptr;
    const auto place = [this](auto& array, const char* name) { return placed(array, name); };
    state = state_of(place);
    output = output_of(place);
    if (far == nullptr) return;
    far_actions = static_cast<std::uint8_t*>(far->take(n, "actions"));
    bank.walls = uploaded(bank.walls, bank.count * bank.words, "level bank: walls");
    bank.targets = uploaded(bank.targets, bank.count * bank.words, "level bank: targets");
    bank.boxes = uploaded(bank.boxes, bank.count * bank.words, "level bank: boxes");
    bank.player = uploaded(bank.player, bank.count, "level bank: players");
  }

  template <class At>
  EnvStateView state_of(At&& at) {
    return {.count = config.num_envs,
            .order_stride = config.total_envs,
            .seed = at(seed, "seed"),
            .environment = at(environment, "environment"),
            .order_start = at(order_start, "order_start"),
            .episode = at(episode, "episode"),
            .order_index = at(order_index, "order_index"),
            .walls = at(walls, "walls"),
            .targets = at(targets, "targets"),
            .boxes = at(boxes, "boxes"),
            .player = at(player, "player"),
            .steps = at(steps, "steps"),
            .cap = at(cap, "cap"),
            .matched = at(matched, "matched"),
            .level = at(level, "level"),
            .ended = at(ended, "ended")};
  }

  template <class At>
  EnvOutputView output_of(At&& at) {
    return {.reward = at(reward, "reward"),
            .terminated = at(terminated, "terminated"),
            .truncated = at(truncated, "truncated"),
            .observation = observation.empty() ? nullptr : at(observation, "observation"),
            .final_observation = final_observation.empty() ? nullptr : at(final_observation, "final_observation"),
            .finished_level = at(finished_level, "finished_level"),
            .episode_length = at(episode_length, "episode_length"),
            .episode_matched = at(episode_matched, "episode_matched")};
  }

  template <class T>
  T* placed(std::vector<T>& array, const char* name) {
    if (far == nullptr || array.empty()) return array.data();
    const std::size_t array_bytes = array.size() * sizeof(T);
    mirrors.push_back({array.data(), far->take(array_bytes, name), array_bytes});
    return static_cast<T*>(mirrors.back().far);
  }

  template <class T>
  const T* uploaded(const T* array, std::int64_t elements, const char* name) {
    const std::size_t array_bytes = static_cast<std::size_t>(elements) * sizeof(T);
    void* there = far->take(array_bytes, name);
    far->upload(there, array, array_bytes);
    return static_cast<const T*>(there);
  }

  // Far memory that is written over with the next call.
  void* scratch(std::size_t needed) {
    if (needed > far_scratch_bytes) {
      far_scratch_bytes = std::max(needed, 2 * far_scratch_bytes);
      far_scratch = far->take(far_scratch_bytes, "copies");
    }
    return far_scratch;
  }

  // The arrays as the last operation left them.
  Memory& pulled() {
    if (near_is_stale) {
      for (const Mirror& mirror : mirrors) far->download(mirror.near, mirror.far, mirror.bytes);
      near_is_stale = false;
    }
    return *this;
  }
  void push() {
    for (const Mirror& mirror : mirrors) far->upload(mirror.far, mirror.near, mirror.bytes);
    near_is_stale = false;
  }
  void worked() { near_is_stale = far != nullptr; }

  // What an operation reads in place of this array of the caller's: itself, or its copy at `there` in far memory.
  template <class T>
  const T* lent(std::span<const T> array, void* there) {
    if (far == nullptr || array.empty()) return array.empty() ? nullptr : array.data();
    far->upload(there, array.data(), array.size_bytes());
    return static_cast<const T*>(there);
  }

  void start_counting() {
    pulled();
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
    push();
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
