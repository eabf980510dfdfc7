// The memory of a VectorEnv: arrays over its N environments and the views that operations take of them. On a processor the
// arrays are the program's own; where a device has memory of its own they lie there, in one block, and the program gets a
// copy of an array when it asks for it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "host/engine/device_array.hpp"
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

  DeviceArray<std::uint64_t> seed, episode, order_index, walls, targets, boxes, player;
  DeviceArray<std::uint32_t> environment;
  DeviceArray<std::int64_t> order_start, level, finished_level;
  DeviceArray<std::int32_t> steps, cap, matched, idle, episode_length, episode_matched, episode_idle;
  DeviceArray<float> reward;
  DeviceArray<std::uint8_t> terminated, truncated, ended, observation, final_observation, deadlock;
  DeviceArray<std::uint64_t> live, stuck;                           // of deadlocks; of nothing where they are not told
  DeviceArray<std::uint64_t> bank_walls, bank_targets, bank_boxes;  // of nothing while a processor plays from the shared set
  DeviceArray<std::uint16_t> bank_player;
  bool renewed = false;             // the bank differs from the set
  std::int64_t levels_in_play = 0;  // as limit_levels said
  std::vector<std::uint8_t> bytes_of_actions;
  EnvStateView state, near_state;  // of what operations work on, and of the program's copies
  EnvOutputView output;
  std::vector<EnvOutputView> series;  // of the steps that are taken together now

  std::unique_ptr<FarMemory> far;  // null: operations work in the processor's memory
  std::vector<MemoryPart> parts;   // of all arrays
  std::uint8_t* far_actions = nullptr;
  std::int64_t* far_in_play = nullptr;  // what recorded steps read
  std::byte* scratch = nullptr;         // memory of operations that is written over with the next call
  std::size_t scratch_bytes = 0;
  std::vector<std::max_align_t> near_scratch;

  std::size_t count() const { return static_cast<std::size_t>(config.num_envs); }

  bool ignores_action(std::size_t e) { return config.auto_reset == AutoReset::next_step && ended.near()[e] != 0; }

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
    for (auto* array : {&steps, &cap, &matched, &idle, &episode_length, &episode_matched, &episode_idle})
      visit(*array, "episodes");
    visit(reward, "rewards and flags");
    for (auto* array : {&terminated, &truncated, &ended}) visit(*array, "rewards and flags");
    for (auto* array : {&observation, &final_observation}) visit(*array, "observations");
    visit(deadlock, "deadlocks");
    for (auto* array : {&live, &stuck}) visit(*array, "deadlocks");
  }

  template <class Visit>
  void for_each_of_bank(Visit&& visit) {
    for (auto* array : {&bank_walls, &bank_targets, &bank_boxes}) visit(*array, "level bank");
    visit(bank_player, "level bank");
  }

  void allocate() {
    const std::size_t n = count(), cells = n * static_cast<std::size_t>(bank.words);
    for_each([n](auto& array, const char*) { array.resize(n); });
    for (auto* array : {&walls, &targets, &boxes}) array->resize(cells);
    for (auto* array : {&idle, &episode_idle}) array->resize(config.no_op ? n : 0);
    deadlock.resize(config.deadlock ? n : 0);
    live.resize(config.deadlock ? cells : 0);
    stuck.resize(config.deadlock && bank.tier == Tier::large ? cells : 0);
    observation.resize(n * bytes);
    final_observation.resize(keeps_final_observation() ? n * bytes : 0);
    far = device.far_memory != nullptr ? device.far_memory(*device.executor) : nullptr;
    MemoryPlan plan("environments");
    const auto add = [&plan](auto& array, const char* name) { array.plan(plan, name); };
    for_each(add);
    if (far != nullptr) {
      scratch_bytes = kScratchPerEnv * n;
      plan.add("copies", &scratch, scratch_bytes);
      plan.add("actions", &far_actions, n);
      plan.add("level bank", &far_in_play, 1);
      for (auto* array : {&bank_walls, &bank_targets, &bank_boxes})
        array->resize(static_cast<std::size_t>(bank.count * bank.words));
      bank_player.resize(static_cast<std::size_t>(bank.count));
      for_each_of_bank(add);
      plan.place(far->take(plan.what(), plan.bytes(), plan.parts()));
      const auto lie_there = [this](auto& array, const char*) { array.lie_in(*far); };
      for_each(lie_there);
      for_each_of_bank(lie_there);
      upload_bank();
      play_from_own_bank();
    } else {
      plan.take_near([this] { for_each([](auto& array, const char*) { array.lie_near(); }); });
    }
    put_in_play(bank.count);
    parts = plan.parts();
    state = state_of([](const auto& array) { return array.data(); });
    output = {.reward = reward.data(),
              .terminated = terminated.data(),
              .truncated = truncated.data(),
              .observation = observation.data(),
              .final_observation = final_observation.data(),
              .finished_level = finished_level.data(),
              .episode_length = episode_length.data(),
              .episode_matched = episode_matched.data(),
              .episode_idle = episode_idle.data(),
              .deadlock = deadlock.data()};
  }

  // Random order draws from so many of the levels. Steps that were recorded read it, too.
  void put_in_play(std::int64_t count) {
    levels_in_play = count;
    bank.in_play = far != nullptr ? far_in_play : &levels_in_play;
    if (far != nullptr) far->upload(far_in_play, &levels_in_play, sizeof levels_in_play);
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
            .idle = at(idle),
            .level = at(level),
            .ended = at(ended),
            .live = at(live),
            .stuck = at(stuck)};
  }

  // ---- between the program's copies and the device

  void worked() {  // an operation wrote arrays
    if (far != nullptr) for_each([](auto& array, const char*) { array.changed(); });
  }

  // The set as it is to the own bank.
  void upload_bank() {
    const LevelBankView set = levels->view();
    const auto give = [](auto& array, auto* content) { array.upload({content, array.size()}); };
    give(bank_walls, set.walls);
    give(bank_targets, set.targets);
    give(bank_boxes, set.boxes);
    give(bank_player, set.player);
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
  void demand_one_each(std::size_t actions) const;
  void demand_many(int steps) const;
  void demand_action(std::int64_t action, std::size_t environment);
  void demand_actions(const std::uint8_t* actions);  // (N), in the processor's memory
  // One step, told to `told`.
  void step(const std::uint8_t* actions, const EnvOutputView& told);
  void step_many(const std::uint8_t* actions, int steps, const PlayTotals& totals);
  void step_series(const DeviceSteps& steps, std::size_t how_many);
  EnvOutputView told_by(const DeviceSteps& steps, std::size_t t) const;  // the t-th of them
  // Whether a board that waits for its reset keeps its flags: a step then reads them where it writes them, in the engine's
  // own arrays, and the caller's get copies.
  bool flags_stay() const { return options.auto_reset == AutoReset::disabled; }
  void copy_flags(const DeviceSteps& steps, std::size_t t) const;
  void start_counting();
};

}  // namespace boxwarp
