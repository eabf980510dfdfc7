// What one step of all environments told, kept in a row of the rollout.
#include "host/cpu/learn.hpp"
#include "kernels/learn/recording.hpp"

namespace boxwarp::cpu {

void record(Executor&, const RecordView& view, UpdateReport* report) {
  for (int e = 0; e < view.boards; ++e) {
    if (!keep_step(view, static_cast<std::size_t>(e))) continue;
    ++report->episodes;
    report->solved += view.terminated[e] != 0;
    report->episode_steps += view.episode_length[e];
    report->episode_matched += view.episode_matched[e];
  }
}

}  // namespace boxwarp::cpu
