#include "host/learner/minibatch.hpp"

namespace boxwarp {

Minibatch::Minibatch(const TrainConfig& config, bool bootstrap_)
    : steps(config.unroll), boards(config.minibatch_envs), bootstrap(bootstrap_) {}

void Minibatch::add(MemoryPlan& plan, const Rollout& rollout, bool advantages) {
  const auto b = static_cast<std::size_t>(boards), tb = static_cast<std::size_t>(steps) * b;
  const auto a = static_cast<std::size_t>(rollout.actions);
  const std::size_t state = static_cast<std::size_t>(rollout.layers) * b * rollout.state_size;
  constexpr const char* kName = "minibatch";
  plan.add(kName, &cells, (tb + b) * rollout.board_cells);
  plan.add(kName, &starts, tb + b);
  for (float** array : {&h_start, &c_start}) plan.add(kName, array, state);
  plan.add(kName, &behaviour_logits, tb * a);
  plan.add(kName, &reward, tb);
  for (std::uint8_t** array : {&action, &done, &truncated}) plan.add(kName, array, tb);
  for (float** array : {&logits, &grad_logits}) plan.add(kName, array, (tb + b) * a);
  for (float** array : {&values, &grad_values}) plan.add(kName, array, tb + b);
  if (!advantages) return;
  for (float** array : {&advantage, &target}) plan.add(kName, array, tb);
}

void Minibatch::gather(const Device& device, const Rollout& r, const std::int32_t* environments, const float* all_advantages,
                       const float* all_targets) {
  const auto columns = [&](auto* to, const auto* from, int rows, std::size_t items) {
    device.learn->gather(*device.executor, {.rows = rows,
                                            .all = r.boards,
                                            .count = boards,
                                            .bytes = items * sizeof(*from),
                                            .columns = environments,
                                            .from = from,
                                            .to = to});
  };
  columns(cells, r.cells, steps + 1, r.board_cells);
  columns(starts, r.starts, steps + 1, 1);
  columns(h_start, r.h_start, r.layers, r.state_size);
  columns(c_start, r.c_start, r.layers, r.state_size);
  columns(behaviour_logits, r.logits, steps, static_cast<std::size_t>(r.actions));
  columns(action, r.action, steps, 1);
  columns(reward, r.reward, steps, 1);
  columns(done, r.done, steps, 1);
  columns(truncated, r.truncated, steps, 1);
  if (all_advantages == nullptr) return;
  columns(advantage, all_advantages, steps, 1);
  columns(target, all_targets, steps, 1);
}

UnrollView Minibatch::unroll() const {
  return {.steps = bootstrap ? steps + 1 : steps,
          .boards = boards,
          .cells = cells,
          .episode_starts = starts,
          .h_start = h_start,
          .c_start = c_start,
          .logits = logits,
          .values = values,
          .h_end = nullptr,
          .c_end = nullptr};
}

TrajectoryView Minibatch::trajectory(int actions) const {
  return {.steps = steps,
          .boards = boards,
          .actions = actions,
          .logits = logits,
          .values = values,
          .behaviour_logits = behaviour_logits,
          .action = action,
          .reward = reward,
          .done = done,
          .truncated = truncated};
}

}  // namespace boxwarp
