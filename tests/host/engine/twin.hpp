// A VectorEnv beside as many environments of the oracle, played together and compared after every call.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <map>
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

// The drawing of each cell, taken from a picture that shows them all (Pictures.PixelsShowEveryCellByItsTile looks at those).
inline const std::map<char, oracle::Bytes>& tiles_of(std::size_t size) {
  static std::map<std::size_t, std::map<char, oracle::Bytes>> known;
  std::map<char, oracle::Bytes>& tiles = known[size];
  const Texts texts = {{"#####", "# .@#", "#$* #", "#####"}, {"#####", "# .+#", "#$* #", "#####"}};
  for (std::size_t e = 0; tiles.size() < 7; ++e) {
    VectorEnv env({}, bank_from({texts[e]}), open_device("cpu", 1));
    env.reset();
    const std::size_t height = texts[e].size(), width = texts[e][0].size(), line = width * size * 3;
    oracle::Bytes picture(height * size * line);
    env.render({.kind = Observation::pixels, .tile = static_cast<int>(size)}, picture);
    for (std::size_t row = 0; row < height; ++row)
      for (std::size_t column = 0; column < width; ++column) {
        oracle::Bytes tile;
        for (std::size_t y = 0; y < size; ++y) {
          const auto from = picture.begin() + static_cast<std::ptrdiff_t>((row * size + y) * line + column * size * 3);
          tile.insert(tile.end(), from, from + static_cast<std::ptrdiff_t>(size * 3));
        }
        tiles[texts[e][row][column]] = tile;
      }
  }
  return tiles;
}

inline oracle::Bytes pixels(const oracle::Text& board, std::size_t size) {
  const std::map<char, oracle::Bytes>& tiles = tiles_of(size);
  oracle::Bytes picture;
  for (const std::string& row : board)
    for (std::size_t y = 0; y < size; ++y)
      for (const char cell : row) {
        const auto line = tiles.at(cell).begin() + static_cast<std::ptrdiff_t>(y * size * 3);
        picture.insert(picture.end(), line, line + static_cast<std::ptrdiff_t>(size * 3));
      }
  return picture;
}

class Twin {
 public:
  Twin(const Texts& texts, bool large, VectorEnvConfig config, int threads = 1)
      : Twin(texts, large, config, open_device("cpu", threads)) {}

  Twin(const Texts& texts, bool large, VectorEnvConfig config, const Device& device)
      : bank_(bank_from(texts, large)),
        device_(device),
        env_(std::make_unique<VectorEnv>(config, bank_, device)),
        config_(config),
        rules_{.levels = texts,
               .height = config.height != 0 ? config.height : bank_->view().height,
               .width = config.width != 0 ? config.width : bank_->view().width,
               .sequential = config.level_order == LevelOrder::sequential,
               .min_steps = config.min_steps,
               .max_steps = config.max_steps,
               .symmetry = config.symmetry,
               .no_op = config.no_op,
               .end_on_deadlock = config.end_on_deadlock,
               .targets_covered = config.solved_rule == SolvedRule::targets_covered,
               .step = config.rewards.step,
               .box = config.rewards.box,
               .finish = config.rewards.finish,
               .idle = config.rewards.no_op,
               .total_environments = config.total_envs != 0 ? config.total_envs : config.num_envs,
               .after_end = config.auto_reset == AutoReset::same_step   ? oracle::AfterEnd::next_at_once
                            : config.auto_reset == AutoReset::next_step ? oracle::AfterEnd::next_in_next_step
                                                                        : oracle::AfterEnd::nothing} {
    make_oracles();
    const std::size_t bytes = env_->final_observations().size() / count();
    for (std::size_t e = 0; e < count(); ++e) {
      const auto row = env_->final_observations().subspan(e * bytes, bytes);
      final_.emplace_back(row.begin(), row.end());
    }
  }

  VectorEnv& env() { return *env_; }
  oracle::Environment& slow(std::size_t e) { return slow_[e]; }
  std::size_t count() const { return static_cast<std::size_t>(config_.num_envs); }
  // Not where the next call starts a new episode instead.
  bool looks_at_action(std::size_t e) const { return !slow_[e].over() || config_.auto_reset != AutoReset::next_step; }
  std::int64_t ended() const { return ended_; }
  std::int64_t solved() const { return solved_; }

  void seed(std::uint64_t seed) {
    env_->reset(seed);
    config_.seed = seed;
    config_.seeds.clear();
    make_oracles();
    start();
  }
  void start() {
    if (config_.seeds.empty())
      env_->reset(config_.seed);
    else
      env_->reset();
    for (oracle::Environment& slow : slow_) slow.seed();
    told_.assign(count(), {});
    expect_equal();
  }
  void reset(const std::vector<std::uint8_t>& mask, const std::vector<std::int64_t>& levels) {
    env_->reset(mask, levels);
    for (std::size_t e = 0; e < count(); ++e) {
      if (!mask.empty() && mask[e] == 0) continue;
      slow_[e].reset(levels.empty() ? -1 : levels[e]);
      told_[e] = {};
    }
    expect_equal();
  }
  // Everything goes on in another engine that knows nothing but what this one saved.
  void go_on_elsewhere() {
    const std::vector<std::byte> saved = env_->save();
    auto other = std::make_unique<VectorEnv>(config_, bank_, device_);
    other->restore(saved);
    EXPECT_EQ(other->save(), saved);
    env_ = std::move(other);
    expect_equal();
  }
  // The actions of random play, which have to be the oracle's own.
  void step_at_random() {
    std::vector<std::uint8_t> actions(count());
    env_->random_actions(actions);
    for (std::size_t e = 0; e < count(); ++e) ASSERT_EQ(actions[e], slow_[e].random_action()) << "environment " << e;
    env_->step(actions);
    step_oracles({actions.begin(), actions.end()});
  }
  void step(const std::vector<std::int32_t>& actions) {
    env_->step(actions);
    step_oracles(actions);
  }

  oracle::Bytes drawn(const oracle::Text& board, const ObservationFormat& format) const {
    const bool last = format.layout == Layout::hwc;
    const std::size_t size = format.element == Element::u8 ? 1 : format.element == Element::bf16 ? 2 : 4;
    switch (format.kind) {
      case Observation::none: return {};
      case Observation::pixels: return pixels(board, static_cast<std::size_t>(format.tile));
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
    env_->render(format, got);
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
    const std::size_t bytes = env_->observation_bytes();
    ASSERT_EQ(env_->observations().size(), count() * bytes);
    for (std::size_t e = 0; e < count(); ++e) {
      SCOPED_TRACE("environment " + std::to_string(e));
      const oracle::Told& told = told_[e];
      ASSERT_EQ(std::bit_cast<std::uint32_t>(env_->rewards()[e]), std::bit_cast<std::uint32_t>(told.reward))
          << env_->rewards()[e] << " and " << told.reward;
      ASSERT_EQ(env_->terminated()[e], told.terminated);
      ASSERT_EQ(env_->truncated()[e], told.truncated);
      ASSERT_EQ(env_->level_ids()[e], slow_[e].level());
      ASSERT_EQ(env_->state().cap[e], slow_[e].cap());
      ASSERT_EQ(env_->state().ended[e], slow_[e].over());
      const auto row = [&](std::span<const std::uint8_t> rows) {
        return oracle::Bytes(rows.begin() + static_cast<std::ptrdiff_t>(e * bytes),
                             rows.begin() + static_cast<std::ptrdiff_t>((e + 1) * bytes));
      };
      ASSERT_EQ(row(env_->observations()), drawn(slow_[e].board(), format()));
      if (!env_->final_observations().empty()) {
        ASSERT_EQ(row(env_->final_observations()), final_[e]);
      }
      if (told.ended) {
        ASSERT_EQ(env_->finished_level_ids()[e], told.ended->level);
        ASSERT_EQ(env_->episode_lengths()[e], told.ended->steps);
        ASSERT_EQ(env_->episode_matched()[e], told.ended->matched);
        if (config_.no_op) {
          ASSERT_EQ(env_->episode_idle()[e], told.ended->idle);
        }
        ASSERT_NEAR(env_->episode_return(static_cast<std::int64_t>(e)), told.ended->sum_of_rewards, 1e-9);
      }
    }
  }

  std::shared_ptr<const LevelBank> bank_;
  Device device_;
  std::unique_ptr<VectorEnv> env_;
  VectorEnvConfig config_;
  oracle::Rules rules_;
  std::vector<oracle::Environment> slow_;
  std::vector<oracle::Told> told_;
  std::vector<oracle::Bytes> final_;  // (N) what the final observations must hold
  std::int64_t ended_ = 0, solved_ = 0;
};

}  // namespace boxwarp::test
