// What the bytes of a saved state must hold so that operations can play from them: an edited or foreign file may hold
// anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "kernels/env/env.hpp"

namespace boxwarp {

// An array in the bytes of a file, where it need not be aligned.
template <class T>
class SavedArray {
 public:
  SavedArray(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::size_t size() const { return bytes_.size() / sizeof(T); }
  T operator[](std::size_t i) const {
    T value;
    std::memcpy(&value, bytes_.data() + i * sizeof(T), sizeof(T));
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
};

// Arrays of EnvStateView and EnvOutputView that decide where operations read and write, or what they tell; each (N), or
// empty where the engine has none.
struct SavedState {
  const LevelBankView& bank;
  const EnvOptions& options;
  std::int64_t total_envs;
  SavedArray<std::uint64_t> order_index, player;
  SavedArray<std::int64_t> order_start, level, finished_level;
  SavedArray<std::int32_t> steps, cap, matched, idle;
  SavedArray<std::uint8_t> terminated, truncated, ended, deadlock;
  SavedArray<std::uint8_t> observation, final_observation;  // (N, observation_bytes)
  SavedArray<std::uint16_t> bank_player;                    // (L) of levels of the engine's own
};

// Throws BadInput that names the first environment, or level, whose values no play gives.
void demand_playable(const SavedState& state, std::size_t num_envs);

}  // namespace boxwarp
