// The arrays of N environments twice: in plain memory for the processor's operations, and in a device's for kernels.
//
// A Memory says what the device's is: Memory::Buffer<T>(count, name) with data(), fill(), copy_from() and values().
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "host/engine/level_bank.hpp"
#include "kernels/env/env.hpp"

namespace boxwarp::test {

// One array in both memories. written: filled with the same bytes in both; else the device's is whatever fresh memory is.
template <class Memory, class T>
struct Pair {
  Pair(std::size_t count, std::string called, bool written, T value = {})
      : plain(count, value), device(count, called), name(std::move(called)) {
    if (written) device.fill(value);
  }
  void expect_equal() const { EXPECT_EQ(device.values(), plain) << name; }

  std::vector<T> plain;
  typename Memory::template Buffer<T> device;
  std::string name;
};

// A level bank in the device's memory.
template <class Memory>
class BankCopy {
 public:
  explicit BankCopy(const LevelBankView& bank) : words_(static_cast<std::size_t>(bank.count * bank.words)), view_(bank) {
    walls_.copy_from({bank.walls, words_});
    targets_.copy_from({bank.targets, words_});
    boxes_.copy_from({bank.boxes, words_});
    player_.copy_from({bank.player, static_cast<std::size_t>(bank.count)});
    view_.walls = walls_.data();
    view_.targets = targets_.data();
    view_.boxes = boxes_.data();
    view_.player = player_.data();
  }
  const LevelBankView& view() const { return view_; }

 private:
  std::size_t words_;
  LevelBankView view_;
  typename Memory::template Buffer<std::uint64_t> walls_{words_, "bank.walls"}, targets_{words_, "bank.targets"},
      boxes_{words_, "bank.boxes"};
  typename Memory::template Buffer<std::uint16_t> player_{static_cast<std::size_t>(view_.count), "bank.player"};
};

template <class Memory>
class EnvArrays {
 public:
  // deadlock: dead boards are told, too.
  EnvArrays(const LevelBankView& bank, const EnvOptions& options, std::int64_t count, std::uint64_t first_seed,
            bool deadlock = false)
      : count_(count),
        n_(static_cast<std::size_t>(count)),
        words_(n_ * static_cast<std::size_t>(bank.words)),
        bytes_(n_ * observation_bytes(options.format, bank.tier, options.height, options.width)),
        idle_count_(options.actions > kActions ? n_ : 0),
        keeps_final_(options.auto_reset == AutoReset::same_step),
        deadlock_count_(deadlock ? n_ : 0),
        live_count_(deadlock ? words_ : 0) {
    for (std::size_t e = 0; e < n_; ++e) {
      seed_.plain[e] = first_seed + e / 3;
      environment_.plain[e] = static_cast<std::uint32_t>(e);
      order_start_.plain[e] = static_cast<std::int64_t>(e);
    }
    seed_.device.copy_from(seed_.plain);
    environment_.device.copy_from(environment_.plain);
    order_start_.device.copy_from(order_start_.plain);
  }

  EnvStateView plain_state() {
    return state_of([](auto& pair) { return pair.plain.data(); });
  }
  EnvStateView device_state() {
    return state_of([](auto& pair) { return pair.device.data(); });
  }
  EnvOutputView plain_output() {
    return output_of([](auto& pair) { return pair.plain.data(); });
  }
  EnvOutputView device_output() {
    return output_of([](auto& pair) { return pair.device.data(); });
  }

  std::vector<std::int32_t> device_steps() const { return steps_.device.values(); }

  void expect_equal() {
    for (auto* pair : {&seed_, &episode_, &order_index_, &walls_, &targets_, &boxes_, &player_}) pair->expect_equal();
    environment_.expect_equal();
    for (auto* pair : {&order_start_, &level_, &finished_level_}) pair->expect_equal();
    for (auto* pair : {&steps_, &cap_, &matched_, &idle_, &episode_length_, &episode_matched_, &episode_idle_})
      pair->expect_equal();
    reward_.expect_equal();
    for (auto* pair : {&terminated_, &truncated_, &ended_, &observation_, &final_observation_, &deadlock_})
      pair->expect_equal();
  }

 private:
  template <class Of>
  EnvStateView state_of(Of&& of) {
    return {.count = count_,
            .order_stride = count_,
            .seed = of(seed_),
            .environment = of(environment_),
            .order_start = of(order_start_),
            .episode = of(episode_),
            .order_index = of(order_index_),
            .walls = of(walls_),
            .targets = of(targets_),
            .boxes = of(boxes_),
            .player = of(player_),
            .steps = of(steps_),
            .cap = of(cap_),
            .matched = of(matched_),
            .idle = idle_count_ != 0 ? of(idle_) : nullptr,
            .level = of(level_),
            .ended = of(ended_),
            .live = live_count_ != 0 ? of(live_) : nullptr,
            .stuck = live_count_ != 0 ? of(stuck_) : nullptr};
  }
  template <class Of>
  EnvOutputView output_of(Of&& of) {
    return {.reward = of(reward_),
            .terminated = of(terminated_),
            .truncated = of(truncated_),
            .observation = bytes_ != 0 ? of(observation_) : nullptr,
            .final_observation = bytes_ != 0 && keeps_final_ ? of(final_observation_) : nullptr,
            .finished_level = of(finished_level_),
            .episode_length = of(episode_length_),
            .episode_matched = of(episode_matched_),
            .episode_idle = idle_count_ != 0 ? of(episode_idle_) : nullptr,
            .deadlock = deadlock_count_ != 0 ? of(deadlock_) : nullptr};
  }

  std::int64_t count_;
  std::size_t n_, words_, bytes_, idle_count_;
  bool keeps_final_;
  std::size_t deadlock_count_, live_count_;
  Pair<Memory, std::uint8_t> deadlock_{deadlock_count_, "deadlock", false};
  Pair<Memory, std::uint64_t> live_{live_count_, "live", false}, stuck_{live_count_, "stuck", false};
  Pair<Memory, std::uint64_t> seed_{n_, "seed", false}, episode_{n_, "episode", true, ~std::uint64_t{0}},
      order_index_{n_, "order_index", true}, walls_{words_, "walls", false}, targets_{words_, "targets", false},
      boxes_{words_, "boxes", false}, player_{n_, "player", false};
  Pair<Memory, std::uint32_t> environment_{n_, "environment", false};
  Pair<Memory, std::int64_t> order_start_{n_, "order_start", false}, level_{n_, "level", false},
      finished_level_{n_, "finished_level", true, -7};
  Pair<Memory, std::int32_t> steps_{n_, "steps", false}, cap_{n_, "cap", false}, matched_{n_, "matched", false},
      episode_length_{n_, "episode_length", true, -7}, episode_matched_{n_, "episode_matched", true, -7},
      idle_{idle_count_, "idle", false}, episode_idle_{idle_count_, "episode_idle", true, -7};
  Pair<Memory, float> reward_{n_, "reward", false};
  Pair<Memory, std::uint8_t> terminated_{n_, "terminated", false}, truncated_{n_, "truncated", false},
      ended_{n_, "ended", true}, observation_{bytes_, "observation", true, 0xee},
      final_observation_{bytes_, "final_observation", true, 0xee};
};

}  // namespace boxwarp::test
