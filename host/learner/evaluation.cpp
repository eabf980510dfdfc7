#include "host/learner/evaluation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <utility>

#include "host/engine/vector_env.hpp"
#include "levels/error.hpp"

namespace boxwarp {

namespace {

constexpr std::int64_t kBoardsAtOnce = 256, kFarBoardsAtOnce = 4096;  // enough to fill a processor, a GPU

VectorEnvConfig evaluation_config(const NetShape& shape, const LevelBank& levels, std::int64_t boards, int cap,
                                  const EvaluationRules& rules) {
  const LevelBankView bank = levels.view();
  if (bank.height > shape.height || bank.width > shape.width)
    throw BadInput(fmt::format("the network takes boards of up to {}x{}, the largest level is {}x{}: use levels that fit",
                               shape.height, shape.width, bank.height, bank.width));
  if (cap < 1) throw BadInput(fmt::format("--cap: found {}, takes 1 or more", cap));
  if (const int actions = kActions + rules.no_op; shape.actions != actions)
    throw BadInput(fmt::format("--no-op: the network has {} actions, the environment {} {} it", shape.actions, actions,
                               rules.no_op ? "with" : "without"));
  VectorEnvConfig config;
  config.num_envs = boards;
  config.observation = Observation::cells;
  config.level_order = LevelOrder::sequential;
  config.min_steps = config.max_steps = cap;
  config.height = shape.height;
  config.width = shape.width;
  config.final_observation = false;
  config.no_op = rules.no_op;
  config.solved_rule = rules.solved_rule;
  config.end_on_deadlock = rules.end_on_deadlock;
  return config;
}

void check_thinking(int thinking) {
  if (thinking < 0) throw BadInput(fmt::format("--think: found {}, takes 0 or more steps", thinking));
}

// What one board showed before each step: numbers of 64 bits made from the cells, which differ if the cells do but for one
// pair in 10^19.
class Sights {
 public:
  // observations: (boards, cells)
  void see(std::span<const std::uint8_t> observations, std::size_t board, std::size_t cells) {
    const auto* from = reinterpret_cast<const char*>(observations.data()) + board * cells;
    seen_.push_back(std::hash<std::string_view>()(std::string_view(from, cells)));
  }
  // The step after what was seen last brought a box onto a target.
  void gain() { gained_ = seen_.size(); }

  std::vector<Cycle> cycles() const { return cycles_in(std::span(seen_).first(gained_)); }

 private:
  std::vector<std::uint64_t> seen_;
  std::size_t gained_ = 0;
};

// A policy that plays the boards that are not done yet, and only those.
class Players {
 public:
  Players(const Weights& weights, std::int64_t boards, const Device& device, Precision precision)
      : policy_(weights, static_cast<int>(boards), device, precision),
        cell_count_(static_cast<std::size_t>(weights.shape.height * weights.shape.width)) {}

  // Boards 0..boards, all with the state zeroed.
  void start(std::int64_t boards) {
    active_.resize(static_cast<std::size_t>(boards));
    std::iota(active_.begin(), active_.end(), std::size_t{0});
    policy_.start(static_cast<int>(boards));
  }

  const std::vector<std::size_t>& active() const { return active_; }

  // One pass over the active boards of observations (all boards, H * W).
  void forward(std::span<const std::uint8_t> observations) {
    cells_.resize(active_.size() * cell_count_);
    for (std::size_t slot = 0; slot < active_.size(); ++slot)
      std::copy_n(observations.data() + active_[slot] * cell_count_, cell_count_, cells_.data() + slot * cell_count_);
    policy_.forward(cells_);
  }

  void choose(std::span<std::uint8_t> actions) const {
    for (std::size_t slot = 0; slot < active_.size(); ++slot)
      actions[active_[slot]] = static_cast<std::uint8_t>(policy_.greedy(static_cast<int>(slot)));
  }

  // Goes on without the boards whose flag is set.
  void drop(const std::vector<std::uint8_t>& done) {
    std::vector<std::size_t> slots, boards;
    for (std::size_t slot = 0; slot < active_.size(); ++slot) {
      if (done[active_[slot]] != 0) continue;
      slots.push_back(slot);
      boards.push_back(active_[slot]);
    }
    if (slots.size() == active_.size()) return;
    policy_.keep(slots);
    active_ = std::move(boards);
  }

 private:
  Policy policy_;
  std::size_t cell_count_;
  std::vector<std::size_t> active_;  // board of each slot, ascending
  std::vector<std::uint8_t> cells_;
};

double return_of(const Rewards& r, std::int64_t steps, std::int64_t matched, std::int64_t solved) {
  return r.step * static_cast<double>(steps) + r.box * static_cast<double>(matched) + r.finish * static_cast<double>(solved);
}

// Sums are whole numbers, so that their order does not show.
EvaluationResult summary(int thinking, std::vector<LevelResult> results, const Rewards& rewards) {
  std::int64_t solved = 0, steps = 0, matched = 0;
  for (LevelResult& result : results) {
    solved += result.solved;
    steps += result.length;
    matched += result.matched;
    result.episode_return = return_of(rewards, result.length, result.matched, result.solved);
  }
  const auto n = static_cast<double>(results.size()), share = static_cast<double>(solved) / n;
  return {.thinking = thinking,
          .levels = static_cast<std::int64_t>(results.size()),
          .solved = share,
          .standard_error = std::sqrt(share * (1 - share) / n),
          .mean_return = return_of(rewards, steps, matched, solved) / n,
          .mean_length = static_cast<double>(steps) / n,
          .of_levels = std::move(results)};
}

}  // namespace

EvaluationResult evaluate(const Weights& weights, std::shared_ptr<const LevelBank> levels, const Device& device,
                          int thinking, int cap, std::int64_t limit, const std::function<void(std::int64_t done)>& progress,
                          Precision precision, const EvaluationRules& rules) {
  check_thinking(thinking);
  if (limit < 0) throw BadInput(fmt::format("--limit: found {}, takes 0 (all levels) or more", limit));
  const std::int64_t all = levels->levels().size(), total = limit == 0 ? all : std::min(limit, all);
  const std::int64_t boards = std::min(device.far_memory == nullptr ? kBoardsAtOnce : kFarBoardsAtOnce, total);
  VectorEnv env(evaluation_config(weights.shape, *levels, boards, cap, rules), levels, device);
  Players players(weights, boards, device, precision);
  std::vector<std::uint8_t> actions(static_cast<std::size_t>(boards)), done;
  std::vector<Sights> sights;
  std::vector<std::vector<std::uint8_t>> played;
  std::vector<LevelResult> results;
  std::int64_t finished = 0;
  const auto cells = static_cast<std::size_t>(env.height() * env.width());

  for (std::int64_t first = 0; first < total; first += boards) {
    const std::int64_t count = std::min(boards, total - first);
    std::vector<std::int64_t> ids(static_cast<std::size_t>(boards), first);  // boards without a level of their own idle
    std::iota(ids.begin(), ids.begin() + count, first);
    env.reset({}, ids);
    players.start(count);
    done.assign(static_cast<std::size_t>(boards), 0);
    sights.assign(static_cast<std::size_t>(boards), {});
    results.resize(static_cast<std::size_t>(first + count));
    played.assign(static_cast<std::size_t>(boards), {});
    for (int pass = 0; pass < thinking; ++pass) players.forward(env.observations());
    while (!players.active().empty()) {
      players.forward(env.observations());
      std::ranges::fill(actions, std::uint8_t{0});
      players.choose(actions);
      for (const std::size_t board : players.active()) sights[board].see(env.observations(), board, cells);
      env.step(actions);
      for (const std::size_t board : players.active()) {
        played[board].push_back(actions[board]);
        if (env.rewards()[board] > 0) sights[board].gain();
        if ((env.terminated()[board] | env.truncated()[board]) == 0) continue;
        done[board] = 1;
        ++finished;
        results[static_cast<std::size_t>(first) + board] = {.solved = env.terminated()[board] != 0,
                                                            .length = env.episode_lengths()[board],
                                                            .matched = env.episode_matched()[board],
                                                            .cycles = sights[board].cycles(),
                                                            .actions = std::move(played[board])};
      }
      players.drop(done);
      if (progress) progress(finished);
    }
  }
  return summary(thinking, std::move(results), env.config().rewards);
}

RecordedEpisode record_episode(const Weights& weights, std::shared_ptr<const LevelBank> levels, const Device& device,
                               std::int64_t level, int thinking, int cap, Precision precision,
                               const EvaluationRules& rules) {
  check_thinking(thinking);
  VectorEnvConfig config = evaluation_config(weights.shape, *levels, 1, cap, rules);
  config.final_observation = true;
  VectorEnv env(config, levels, device);
  Policy policy(weights, 1, device, precision);
  env.reset({}, std::vector<std::int64_t>{level});
  RecordedEpisode episode;
  episode.height = env.height();
  episode.width = env.width();
  episode.level = level;
  episode.title = levels->levels().level(level).title;
  const auto keep = [&episode](std::span<const std::uint8_t> cells) {
    episode.boards.emplace_back(cells.begin(), cells.end());
  };
  keep(env.observations());
  for (int pass = 0; pass < thinking; ++pass) policy.forward(env.observations());
  for (bool done = false; !done;) {
    policy.forward(env.observations());
    const auto action = static_cast<std::uint8_t>(policy.greedy(0));
    env.step(std::span(&action, 1));
    episode.actions.push_back(action);
    episode.rewards.push_back(env.rewards()[0]);
    episode.solved = env.terminated()[0] != 0;
    done = episode.solved || env.truncated()[0] != 0;
    keep(done ? env.final_observations() : env.observations());
  }
  return episode;
}

}  // namespace boxwarp
