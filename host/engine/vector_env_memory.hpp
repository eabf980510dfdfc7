// The memory of a VectorEnv: arrays over its N environments and the views that operations take of them. On a processor the
// arrays are the program's own; where a device has memory of its own they lie there, in one block, and the program gets a
// copy of an array when it asks for it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "host/engine/far_memory.hpp"
#include "host/engine/vector_env.hpp"

namespace boxwarp {

template <class T>
struct EnvArray {
  std::size_t count = 0;
  T* at = nullptr;       // where operations work on it
  std::vector<T> near;   // on a processor what `at` points to, else a copy, empty until somebody asks for it
  bool is_near = false;  // near holds what the last operation left
};

struct VectorEnv::Memory {
  VectorEnvConfig config;
  std::shared_ptr<const LevelBank> levels;
  Device device;
  LevelBankView bank;
  EnvOptions options;
  std::size_t bytes;  // of one observation
  bool started = false;
  std::uint64_t step_calls = 0;

  EnvArray<std::uint64_t> seed, episode, order_index, walls, targets, boxes, player;
  EnvArray<std::uint32_t> environment;
  EnvArray<std::int64_t> order_start, level, finished_level;
  EnvArray<std::int32_t> steps, cap, matched, episode_length, episode_matched;
  EnvArray<float> reward;
  EnvArray<std::uint8_t> terminated, truncated, ended, observation, final_observation;
  EnvArray<std::uint64_t> bank_walls, bank_targets, bank_boxes;  // of nothing while a processor plays from the shared set
  EnvArray<std::uint16_t> bank_player;
  bool renewed = false;  // the bank differs from the set
  std::vector<std::uint8_t> checked_actions;
  EnvStateView state, near_state;  // of what operations work on, and of the program's copies
  EnvOutputView output;

  std::unique_ptr<FarMemory> far;  // null: operations work in the processor's memory
  std::vector<MemoryPart> parts;   // of all arrays
  std::uint8_t* far_actions = nullptr;
  std::byte* scratch = nullptr;  // memory of operations that is written over with the next call
  std::size_t scratch_bytes = 0;
  std::vector<std::max_align_t> near_scratch;

  std::size_t count() const { return static_cast<std::size_t>(config.num_envs); }

  bool ignores_action(std::size_t e) { return config.auto_reset == AutoReset::next_step && pulled(ended)[e] != 0; }

  // In the other modes the observation itself is the final one.
  bool keeps_final_observation() const { return config.final_observation && config.auto_reset == AutoReset::same_step; }

  // Every array, in the order in which save() writes them.
  template <class Visit>
  void for_each(Visit&& visit) {
    visit(seed, "seeds");
    for (auto* array : {&episode, &order_index}) visit(*array, "counters");
    for (auto* array : {&walls, &targets, &boxes, &player}) visit(*array, "boards");
    visit(environment, "seeds");
    visit(order_start, "counters");
    for (auto* array : {&level, &finished_level}) visit(*array, "episodes");
    for (auto* array : {&steps, &cap, &matched, &episode_length, &episode_matched}) visit(*array, "episodes");
    visit(reward, "rewards and flags");
    for (auto* array : {&terminated, &truncated, &ended}) visit(*array, "rewards and flags");
    for (auto* array : {&observation, &final_observation}) visit(*array, "observations");
  }

  template <class Visit>
  void for_each_of_bank(Visit&& visit) {
    for (auto* array : {&bank_walls, &bank_targets, &bank_boxes}) visit(*array, "level bank");
    visit(bank_player, "level bank");
  }

  void allocate() {
    for_each([n = count()](auto& array, const char*) { array.count = n; });
    for (auto* array : {&walls, &targets, &boxes}) array->count *= static_cast<std::size_t>(bank.words);
    observation.count *= bytes;
    final_observation.count *= keeps_final_observation() ? bytes : 0;
    far = device.far_memory != nullptr ? device.far_memory(*device.executor) : nullptr;
    MemoryPlan plan("environments");
    for_each([&plan](auto& array, const char* name) { plan.add(name, &array.at, array.count); });
    if (far != nullptr) {
      scratch_bytes = kScratchPerEnv * count();
      plan.add("copies", &scratch, scratch_bytes);
      plan.add("actions", &far_actions, count());
      for (auto* array : {&bank_walls, &bank_targets, &bank_boxes})
        array->count = static_cast<std::size_t>(bank.count * bank.words);
      bank_player.count = static_cast<std::size_t>(bank.count);
      for_each_of_bank([&plan](auto& array, const char* name) { plan.add(name, &array.at, array.count); });
      plan.place(far->take(plan.what(), plan.bytes(), plan.parts()));
      upload_bank();
      play_from_own_bank();
    } else {
      for_each([](auto& array, const char*) {
        array.near.resize(array.count);
        array.at = array.near.empty() ? nullptr : array.near.data();
        array.is_near = true;
      });
    }
    parts = plan.parts();
    state = state_of([](const auto& array) { return array.at; });
    output = {.reward = reward.at,
              .terminated = terminated.at,
              .truncated = truncated.at,
              .observation = observation.at,
              .final_observation = final_observation.at,
              .finished_level = finished_level.at,
              .episode_length = episode_length.at,
              .episode_matched = episode_matched.at};
  }

  template <class At>
  EnvStateView state_of(At&& at) {
    return {.count = config.num_envs,
            .order_stride = config.total_envs,
            .seed = at(seed),
            .environment = at(environment),
            .order_start = at(order_start),
            .episode = at(episode),
            .order_index = at(order_index),
            .walls = at(walls),
            .targets = at(targets),
            .boxes = at(boxes),
            .player = at(player),
            .steps = at(steps),
            .cap = at(cap),
            .matched = at(matched),
            .level = at(level),
            .ended = at(ended)};
  }

  // ---- between the program's copies and the device

  // The array as the last operation left it.
  template <class T>
  std::vector<T>& pulled(EnvArray<T>& array) {
    if (!array.is_near) {
      array.near.resize(array.count);
      if (array.count != 0) far->download(array.near.data(), array.at, array.count * sizeof(T));
      array.is_near = true;
    }
    return array.near;
  }

  // Room for the array's new content, which push() gives to the device.
  template <class T>
  std::vector<T>& written(EnvArray<T>& array) {
    array.near.resize(array.count);
    return array.near;
  }
  template <class T>
  void push(EnvArray<T>& array) {
    if (far != nullptr && array.count != 0) far->upload(array.at, array.near.data(), array.count * sizeof(T));
    array.is_near = true;
  }

  void worked() {  // an operation wrote arrays
    if (far != nullptr) for_each([](auto& array, const char*) { array.is_near = false; });
  }

  // The set as it is to the own bank.
  void upload_bank() {
    const LevelBankView set = levels->view();
    const auto give = [](auto& array, auto* content) {
      array.near.assign(content, content + array.count);
      return &array;
    };
    push(*give(bank_walls, set.walls));
    push(*give(bank_targets, set.targets));
    push(*give(bank_boxes, set.boxes));
    push(*give(bank_player, set.player));
    renewed = false;
  }
  void own_bank();
  void play_from_own_bank();

  // Memory where operations work that is written over with the next call.
  static constexpr std::size_t kScratchPerEnv = 3 * sizeof(float);
  std::byte* scratch_of(std::size_t needed) {
    if (needed <= scratch_bytes) return scratch;
    if (far != nullptr) {
      scratch = static_cast<std::byte*>(far->take("copies", needed, {}));
    } else {
      near_scratch.resize((needed + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t));
      scratch = reinterpret_cast<std::byte*>(near_scratch.data());
    }
    scratch_bytes = needed;
    return scratch;
  }

  // What an operation reads in place of this array of the caller's: itself, or its copy at `there` in far memory.
  template <class T>
  const T* lent(std::span<const T> array, void* there) {
    if (far == nullptr || array.empty()) return array.empty() ? nullptr : array.data();
    far->upload(there, array.data(), array.size_bytes());
    return static_cast<const T*>(there);
  }

  // ---- work

  // Throws BadInput.
  void demand_started(const char* what) const;
  void demand_many(int steps) const;
  void demand_actions(const std::uint8_t* actions);  // (N), in the processor's memory
  // One step, told to `told`.
  void step(const std::uint8_t* actions, const EnvOutputView& told);
  void step_many(const std::uint8_t* actions, int steps, const PlayTotals& totals);

  void start_counting() {
    for (auto* array : {&seed, &episode, &order_index}) written(*array);
    written(environment);
    written(order_start);
    for (std::size_t e = 0; e < count(); ++e) {
      const auto number = config.first_environment + static_cast<std::uint32_t>(e);
      seed.near[e] = config.seeds.empty() ? config.seed : config.seeds[e];
      environment.near[e] = config.seeds.empty() ? number : 0;
      order_start.near[e] = static_cast<std::int64_t>(number);
      episode.near[e] = ~std::uint64_t{0};  // the reset that follows makes it 0
      order_index.near[e] = 0;
    }
    for (auto* array : {&seed, &episode, &order_index}) push(*array);
    push(environment);
    push(order_start);
    step_calls = 0;
    started = true;
  }
};

}  // namespace boxwarp
