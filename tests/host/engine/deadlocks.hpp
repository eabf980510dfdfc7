// What the engine is held to on every device about dead boards: the oracle says it of each board that a step leads to.
#pragma once

#include <gtest/gtest.h>

#include "host/engine/vector_env.hpp"
#include "tests/host/engine/plays.hpp"
#include "tests/oracle/deadlock.hpp"

namespace boxwarp::test {

// The board that a row of cell codes shows.
inline oracle::Text text_of_cells(std::span<const std::uint8_t> cells, int height, int width) {
  oracle::Text text(static_cast<std::size_t>(height), std::string(static_cast<std::size_t>(width), '#'));
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto columns = static_cast<std::size_t>(width);
    text[i / columns][i % columns] = "# .*$@+"[cells[i]];
  }
  return text;
}

inline void expect_deadlocks(const Device& device, int steps) {
  std::int64_t dead = 0, alive = 0, last = 0;
  for (const bool large : {false, true})
    for (const AutoReset mode : {AutoReset::same_step, AutoReset::next_step, AutoReset::disabled}) {
      constexpr std::size_t kCount = 40;
      VectorEnv env({.num_envs = kCount,
                     .observation = Observation::cells,
                     .auto_reset = mode,
                     .min_steps = 3,
                     .max_steps = 12,
                     .deadlock = true,
                     .seed = 7},
                    bank_from(small_levels(), large), device);
      env.reset();
      EXPECT_EQ(std::vector<std::uint8_t>(env.deadlocks().begin(), env.deadlocks().end()),
                std::vector<std::uint8_t>(kCount));
      std::vector<std::uint8_t> actions(kCount), over(kCount);
      for (int step = 0; step < steps; ++step) {
        env.random_actions(actions);
        env.step(actions);
        for (std::size_t e = 0; e < kCount; ++e) {
          const bool ended = (env.terminated()[e] | env.truncated()[e]) != 0;
          const bool begins = mode == AutoReset::next_step && over[e] != 0;
          over[e] = ended;
          const auto boards = ended && mode == AutoReset::same_step ? env.final_observations() : env.observations();
          const oracle::Text text =
              text_of_cells(boards.subspan(e * env.observation_bytes(), env.observation_bytes()), env.height(), env.width());
          const bool expected = !begins && oracle::Deadlock(text).dead();
          ASSERT_EQ(env.deadlocks()[e] != 0, expected) << "step " << step << ", environment " << e << ", large " << large;
          (expected ? dead : alive) += 1;
          last += expected && ended;
        }
      }
    }
  EXPECT_GT(dead, 100);
  EXPECT_GT(alive, 100);
  EXPECT_GT(last, 10) << "boards of episodes that ended";
}

// Episodes end on dead boards where that is asked for, truncated, in every mode and tier as in the oracle.
inline void expect_ends_on_deadlock(const Device& device, int steps) {
  std::int64_t ended[2] = {0, 0};
  for (const bool large : {false, true})
    for (const AutoReset mode : {AutoReset::same_step, AutoReset::next_step, AutoReset::disabled})
      for (const bool ends : {false, true}) {
        Twin twin(small_levels(), large,
                  {.num_envs = 37,
                   .observation = ends ? Observation::cells : Observation::none,
                   .auto_reset = mode,
                   .min_steps = 9,
                   .max_steps = 30,
                   .end_on_deadlock = ends,
                   .symmetry = true,
                   .seed = 3},
                  device);
        ASSERT_NO_FATAL_FAILURE(play(twin, steps, false));
        ended[ends] += twin.ended() - twin.solved();
      }
  EXPECT_GT(ended[true], ended[false] + 50) << "too few episodes ended on dead boards to tell";
}

}  // namespace boxwarp::test
