#include "host/learner/rollout.hpp"

#include <algorithm>

namespace boxwarp {

double EpisodeCounts::mean_return(const Rewards& rewards) const {
  if (episodes == 0) return 0.0;
  const double total = rewards.step * static_cast<double>(steps) + rewards.box * static_cast<double>(matched) +
                       rewards.finish * static_cast<double>(solved);
  return total / static_cast<double>(episodes);
}

Rollout::Rollout(const NetShape& shape, int steps_, int boards_)
    : steps(steps_),
      boards(boards_),
      actions(shape.actions),
      board_cells(static_cast<std::size_t>(shape.height * shape.width)),
      state_size(board_cells * static_cast<std::size_t>(shape.channels)),
      layers(state_layers(shape)) {
  const auto n = static_cast<std::size_t>(boards), tn = static_cast<std::size_t>(steps) * n;
  cells.resize((tn + n) * board_cells);
  starts.resize(tn + n);
  h_start.resize(static_cast<std::size_t>(layers) * n * state_size);
  c_start.resize(h_start.size());
  logits.resize((tn + n) * static_cast<std::size_t>(actions));
  values.resize(tn + n);
  action.resize(tn);
  reward.resize(tn);
  done.resize(tn);
  truncated.resize(tn);
}

std::size_t Rollout::memory_bytes() const {
  return cells.size() + starts.size() + done.size() + truncated.size() +
         sizeof(float) * (h_start.size() + c_start.size() + logits.size() + values.size() + reward.size()) +
         sizeof(std::int32_t) * action.size();
}

Actor::Actor(const VectorEnvConfig& config, std::shared_ptr<const LevelBank> levels, const Device& device,
             const NetShape& shape)
    : env(config, std::move(levels), device) {
  const auto n = static_cast<std::size_t>(config.num_envs);
  const auto cells = static_cast<std::size_t>(shape.height * shape.width * shape.channels);
  h.resize(static_cast<std::size_t>(state_layers(shape)) * n * cells);
  c.resize(h.size());
  starts.assign(n, 1);
  actions.resize(n);
}

namespace {

// Writes what the step that was just taken told into row t.
void record(const VectorEnv& env, double reward_scale, std::size_t t, Rollout& rollout, Actor& actor,
            EpisodeCounts& counts) {
  const auto n = static_cast<std::size_t>(rollout.boards);
  for (std::size_t e = 0; e < n; ++e) {
    const bool is_solved = env.terminated()[e] != 0, is_done = is_solved || env.truncated()[e] != 0;
    rollout.action[t * n + e] = actor.actions[e];
    rollout.reward[t * n + e] = static_cast<float>(reward_scale * env.rewards()[e]);
    rollout.truncated[t * n + e] = env.truncated()[e];
    rollout.done[t * n + e] = actor.starts[e] = is_done;
    if (!is_done) continue;
    ++counts.episodes;
    counts.solved += is_solved;
    counts.steps += env.episode_lengths()[e];
    counts.matched += env.episode_matched()[e];
  }
}

}  // namespace

EpisodeCounts roll_out(const Device& device, Network& network, Actor& actor, double reward_scale, bool bootstrap,
                       Rollout& rollout) {
  const auto n = static_cast<std::size_t>(rollout.boards), a = static_cast<std::size_t>(rollout.actions);
  EpisodeCounts counts;
  rollout.h_start = actor.h;
  rollout.c_start = actor.c;
  for (std::size_t t = 0; t <= static_cast<std::size_t>(rollout.steps); ++t) {
    std::uint8_t* cells = rollout.cells.data() + t * n * rollout.board_cells;
    std::uint8_t* starts = rollout.starts.data() + t * n;
    std::ranges::copy(actor.env.observations(), cells);
    std::ranges::copy(actor.starts, starts);
    const bool last = t == static_cast<std::size_t>(rollout.steps);
    if (last && !bootstrap) break;
    // The state after the bootstrap is not kept: the next rollout starts here.
    network.forward({.steps = 1,
                     .boards = rollout.boards,
                     .cells = cells,
                     .episode_starts = starts,
                     .h_start = actor.h.data(),
                     .c_start = actor.c.data(),
                     .logits = rollout.logits.data() + t * n * a,
                     .values = rollout.values.data() + t * n,
                     .h_end = last ? nullptr : actor.h.data(),
                     .c_end = last ? nullptr : actor.c.data()},
                    false);
    if (last) break;
    const EnvStateView& state = actor.env.state();
    device.learn->sample(*device.executor, rollout.boards, rollout.actions, rollout.logits.data() + t * n * a, state.seed,
                         state.environment, actor.env.step_calls(), actor.actions.data());
    actor.env.step(actor.actions);
    record(actor.env, reward_scale, t, rollout, actor, counts);
  }
  return counts;
}

}  // namespace boxwarp
