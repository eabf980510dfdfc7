// A VectorEnv beside as many environments of the oracle, played together and compared after every call.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <memory>
#include <string>
#include <vector>

#include "host/engine/device.hpp"
#include "host/engine/vector_env.hpp"
#include "tests/host/small_levels.hpp"
#include "tests/oracle/environment.hpp"
#include "tests/oracle/numbers.hpp"

namespace boxwarp::test {

using Texts = std::vector<oracle::Text>;

class Twin {
 public:
  Twin(const Texts& texts, bool large, VectorEnvConfig config, int threads = 1)
      : Twin(texts, large, config, open_device("cpu", threads)) {}

  Twin(const Texts& texts, bool large, VectorEnvConfig config, const Device& device)
      : bank_(bank_from(texts, large)),
        env_(config, bank_, device),
        config_(config),
        rules_{.levels = texts,
               .height = config.height != 0 ? config.height : bank_->view().height,
               .width = config.width != 0 ? config.width : bank_->view().width,
               .sequential = config.level_order == LevelOrder::sequential,
               .min_steps = config.min_steps,
               .max_steps = config.max_steps,
               .step = config.rewards.step,
               .box = config.rewards.box,
               .finish = config.rewards.finish,
               .total_environments = config.total_envs != 0 ? config.total_envs : config.num_envs,
               .after_end = config.auto_reset == AutoReset::same_step   ? oracle::AfterEnd::next_at_once
                            : config.auto_reset == AutoReset::next_step ? oracle::AfterEnd::next_in_next_step
                                                                        : oracle::AfterEnd::nothing} {
    make_oracles();
    const std::size_t bytes = env_.final_observations().size() / count();
    for (std::size_t e = 0; e < count(); ++e) {
      const auto row = env_.final_observations().subspan(e * bytes, bytes);
      final_.emplace_back(row.begin(), row.end());
    }
  }

  VectorEnv& env() { return env_; }
  oracle::Environment& slow(std::size_t e) { return slow_[e]; }
  std::size_t count() const { return static_cast<std::size_t>(config_.num_envs); }
  // Not where the next call starts a new episode instead.
  bool looks_at_action(std::size_t e) const { return !slow_[e].over() || config_.auto_reset != AutoReset::next_step; }
  std::int64_t ended() const { return ended_; }
  std::int64_t solved() const { return solved_; }

  void seed(std::uint64_t seed) {
    env_.reset(seed);
    config_.seed = seed;
    config_.seeds.clear();
    make_oracles();
    start();
  }
  void start() {
    if (config_.seeds.empty())
      env_.reset(config_.seed);
    else
      env_.reset();
    for (oracle::Environment& slow : slow_) slow.seed();
    told_.assign(count(), {});
    expect_equal();
  }
  void reset(const std::vector<std::uint8_t>& mask, const std::vector<std::int64_t>& levels) {
    env_.reset(mask, levels);
    for (std::size_t e = 0; e < count(); ++e) {
      if (!mask.empty() && mask[e] == 0) continue;
      slow_[e].reset(levels.empty() ? -1 : levels[e]);
      told_[e] = {};
    }
    expect_equal();
  }
  // The actions of random play, which have to be the oracle's own.
  void step_at_random() {
    std::vector<std::uint8_t> actions(count());
    env_.random_actions(actions);
    for (std::size_t e = 0; e < count(); ++e) ASSERT_EQ(actions[e], slow_[e].random_action()) << "environment " << e;
    env_.step(actions);
    step_oracles({actions.begin(), actions.end()});
  }
  void step(const std::vector<std::int32_t>& actions) {
    env_.step(actions);
    step_oracles(actions);
  }

  oracle::Bytes drawn(const oracle::Text& board, const ObservationFormat& format) const {
    const bool last = format.layout == Layout::hwc;
    const std::size_t size = format.element == Element::u8 ? 1 : format.element == Element::bf16 ? 2 : 4;
    switch (format.kind) {
      case Observation::none:
      case Observation::pixels: return {};  // pixels have a test of their own
      case Observation::rgb: return oracle::rgb(board, last);
      case Observation::planes: return oracle::as_numbers(oracle::planes(board, last), size);
      case Observation::planes4: return oracle::as_numbers(oracle::planes4(board, last), size);
      case Observation::cells: return oracle::cells(board);
      case Observation::packed:
        return bank_->view().tier == Tier::small ? oracle::packed_small(board) : oracle::packed_large(board);
    }
    return {};
  }

  void expect_rendered(const ObservationFormat& format) {
    oracle::Bytes want;
    for (const oracle::Environment& slow : slow_) {
      const oracle::Bytes one = drawn(slow.board(), format);
      want.insert(want.end(), one.begin(), one.end());
    }
    oracle::Bytes got(want.size());
    env_.render(format, got);
    EXPECT_EQ(got, want);
  }

 private:
  ObservationFormat format() const {
    return {.kind = config_.observation, .layout = config_.layout, .element = config_.element, .tile = config_.tile};
  }

  void make_oracles() {
    slow_.clear();
    for (std::size_t e = 0; e < count(); ++e) {
      const auto number = config_.first_environment + static_cast<std::uint32_t>(e);
      const bool own_seed = !config_.seeds.empty();
      slow_.emplace_back(rules_, own_seed ? config_.seeds[e] : config_.seed, own_seed ? 0 : number, number);
    }
  }

  void step_oracles(const std::vector<std::int32_t>& actions) {
    for (std::size_t e = 0; e < count(); ++e) {
      told_[e] = slow_[e].step(actions[e]);
      if (!told_[e].ended) continue;
      ++ended_;
      solved_ += told_[e].terminated;
      final_[e] = drawn(told_[e].ended->board, format());
    }
    expect_equal();
  }

  void expect_equal() {
    const std::size_t bytes = env_.observation_bytes();
    ASSERT_EQ(env_.observations().size(), count() * bytes);
    for (std::size_t e = 0; e < count(); ++e) {
      SCOPED_TRACE("environment " + std::to_string(e));
      const oracle::Told& told = told_[e];
      ASSERT_EQ(std::bit_cast<std::uint32_t>(env_.rewards()[e]), std::bit_cast<std::uint32_t>(told.reward))
          << env_.rewards()[e] << " and " << told.reward;
      ASSERT_EQ(env_.terminated()[e], told.terminated);
      ASSERT_EQ(env_.truncated()[e], told.truncated);
      ASSERT_EQ(env_.level_ids()[e], slow_[e].level());
      ASSERT_EQ(env_.state().cap[e], slow_[e].cap());
      ASSERT_EQ(env_.state().ended[e], slow_[e].over());
      const auto row = [&](std::span<const std::uint8_t> rows) {
        return oracle::Bytes(rows.begin() + static_cast<std::ptrdiff_t>(e * bytes),
                             rows.begin() + static_cast<std::ptrdiff_t>((e + 1) * bytes));
      };
      ASSERT_EQ(row(env_.observations()), drawn(slow_[e].board(), format()));
      if (!env_.final_observations().empty()) {
        ASSERT_EQ(row(env_.final_observations()), final_[e]);
      }
      if (told.ended) {
        ASSERT_EQ(env_.finished_level_ids()[e], told.ended->level);
        ASSERT_EQ(env_.episode_lengths()[e], told.ended->steps);
        ASSERT_EQ(env_.episode_matched()[e], told.ended->matched);
        ASSERT_NEAR(env_.episode_return(static_cast<std::int64_t>(e)), told.ended->sum_of_rewards, 1e-9);
      }
    }
  }

  std::shared_ptr<const LevelBank> bank_;
  VectorEnv env_;
  VectorEnvConfig config_;
  oracle::Rules rules_;
  std::vector<oracle::Environment> slow_;
  std::vector<oracle::Told> told_;
  std::vector<oracle::Bytes> final_;  // (N) what the final observations must hold
  std::int64_t ended_ = 0, solved_ = 0;
};

}  // namespace boxwarp::test
