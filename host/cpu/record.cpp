// What one step of all environments told, kept in a row of the rollout.
#include "host/cpu/learn.hpp"

namespace boxwarp::cpu {

void record(Executor&, const RecordView& view, UpdateReport* report) {
  for (int e = 0; e < view.boards; ++e) {
    const bool solved = view.terminated[e] != 0, truncated = view.truncated[e] != 0, done = solved || truncated;
    const bool sees_end = view.final_value != nullptr;
    double reward = view.reward_scale * view.reward[e];
    if (truncated && sees_end) reward += view.gamma * view.final_value[e];
    view.reward_row[e] = static_cast<float>(reward);
    view.done_row[e] = view.starts[e] = done;
    view.truncated_row[e] = truncated && !sees_end;
    if (!done) continue;
    ++report->episodes;
    report->solved += solved;
    report->episode_steps += view.episode_length[e];
    report->episode_matched += view.episode_matched[e];
  }
}

}  // namespace boxwarp::cpu
