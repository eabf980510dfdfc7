#include "host/learner/rollout.hpp"

namespace boxwarp {

Rollout::Rollout(const TrainConfig& config)
    : steps(config.unroll),
      boards(config.num_envs),
      actions(config.network.actions),
      board_cells(static_cast<std::size_t>(config.network.height * config.network.width)),
      state_size(board_cells * static_cast<std::size_t>(config.network.channels)),
      layers(state_layers(config.network)) {}

std::size_t Rollout::state_count() const {
  return static_cast<std::size_t>(layers) * static_cast<std::size_t>(boards) * state_size;
}

void Rollout::add(MemoryPlan& plan, bool final_observations) {
  const auto n = static_cast<std::size_t>(boards), a = static_cast<std::size_t>(actions);
  const std::size_t tn = static_cast<std::size_t>(steps) * n;
  constexpr const char* kName = "rollout";
  plan.add(kName, &cells, (tn + n) * board_cells);
  plan.add(kName, &starts, tn + n);
  for (float** state : {&h_start, &c_start, &h, &c}) plan.add(kName, state, state_count());
  plan.add(kName, &logits, (tn + n) * a);
  plan.add(kName, &values, tn + n);
  plan.add(kName, &reward, tn);
  for (std::uint8_t** bytes : {&action, &done, &truncated}) plan.add(kName, bytes, tn);
  if (!final_observations) return;
  plan.add(kName, &final_logits, n * a);
  plan.add(kName, &final_values, n);
  plan.add(kName, &no_starts, n);
}

namespace {

// One pass of the acting network over all boards; the state goes on where `carries`.
void act(Network& network, Rollout& r, const std::uint8_t* cells, const std::uint8_t* starts, bool carries, float* logits,
         float* values) {
  network.forward({.steps = 1,
                   .boards = r.boards,
                   .cells = cells,
                   .episode_starts = starts,
                   .h_start = r.h,
                   .c_start = r.c,
                   .logits = logits,
                   .values = values,
                   .h_end = carries ? r.h : nullptr,
                   .c_end = carries ? r.c : nullptr},
                  false);
}

}  // namespace

void roll_out(const Actor& actor, const TrainConfig& config, bool bootstrap, const LearnClock* clock, Rollout& r,
              UpdateReport* report) {
  const auto& [device, memory, env, network] = actor;
  const LearnOps& learn = *device.learn;
  Executor& executor = *device.executor;
  const EnvStateView& state = env.device_state();
  const EnvOutputView& told = env.device_output();
  const auto n = static_cast<std::size_t>(r.boards), a = static_cast<std::size_t>(r.actions);
  const auto last = static_cast<std::size_t>(r.steps);

  memory.copy(r.h_start, r.h, sizeof(float) * r.state_count());
  memory.copy(r.c_start, r.c, sizeof(float) * r.state_count());
  memory.copy(r.starts, r.starts + last * n, n);
  memory.copy(r.cells, told.observation, r.cell_bytes());
  for (std::size_t t = 0; t < last; ++t) {
    float* logits = r.logits + t * n * a;
    std::uint8_t* action = r.action + t * n;
    act(network, r, r.cells + t * r.cell_bytes(), r.starts + t * n, true, logits, r.values + t * n);
    learn.sample(executor, r.boards, r.actions, logits, state.seed, state.environment, clock, static_cast<int>(t), action);
    env.device_step(action);
    // The state that the network carries is not reset yet: it is that of the episode that ended.
    if (r.final_values != nullptr)
      act(network, r, told.final_observation, r.no_starts, false, r.final_logits, r.final_values);
    learn.record(executor,
                 {.boards = r.boards,
                  .reward = told.reward,
                  .terminated = told.terminated,
                  .truncated = told.truncated,
                  .episode_length = told.episode_length,
                  .episode_matched = told.episode_matched,
                  .final_value = r.final_values,
                  .reward_scale = config.reward_scale,
                  .gamma = config.gamma,
                  .reward_row = r.reward + t * n,
                  .done_row = r.done + t * n,
                  .truncated_row = r.truncated + t * n,
                  .starts = r.starts + (t + 1) * n},
                 report);
    memory.copy(r.cells + (t + 1) * r.cell_bytes(), told.observation, r.cell_bytes());
  }
  // The state after the bootstrap is not kept: the next rollout starts here.
  if (bootstrap)
    act(network, r, r.cells + last * r.cell_bytes(), r.starts + last * n, false, r.logits + last * n * a,
        r.values + last * n);
}

}  // namespace boxwarp
