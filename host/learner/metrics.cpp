#include "host/learner/metrics.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace boxwarp {

namespace {

// 1 - var(target - value) / var(target)
double explained_variance(const UpdateReport& report) {
  const auto n = static_cast<double>(report.samples);
  const double spread = report.target_square_sum - report.target_sum * report.target_sum / n;
  return spread > 0 ? 1.0 - (report.error_square_sum - report.error_sum * report.error_sum / n) / spread : 0.0;
}

}  // namespace

double EpisodeCounts::mean_return(const Rewards& rewards) const {
  if (episodes == 0) return 0.0;
  const double total = rewards.step * static_cast<double>(steps) + rewards.box * static_cast<double>(matched) +
                       rewards.finish * static_cast<double>(solved);
  return total / static_cast<double>(episodes);
}

double UpdateMetrics::level_reuse() const {
  const std::int64_t made = fresh_levels - levels_kept;
  return made > 0 ? static_cast<double>(episodes.episodes) / static_cast<double>(made) : 0.0;
}

UpdateMetrics metrics_of(const UpdateReport& report, std::int64_t update, std::int64_t frames) {
  const auto steps = static_cast<double>(report.gradient_steps);
  const EpisodeCounts episodes{.episodes = report.episodes,
                               .solved = report.solved,
                               .steps = report.episode_steps,
                               .matched = report.episode_matched};
  return {.update = update,
          .frames = frames,
          .learning_rate = report.learning_rate,
          .entropy = report.entropy / steps,
          .policy_loss = report.policy_loss / steps,
          .value_loss = report.value_loss / steps,
          .gradient_norm = report.gradient_norm / steps,
          .explained_variance = explained_variance(report),
          .episodes = episodes,
          .mean_return = episodes.mean_return(Rewards{})};
}

nlohmann::ordered_json to_json(const UpdateMetrics& m, double seconds, double frames_per_second) {
  nlohmann::ordered_json line{{"update", m.update},
                              {"frames", m.frames},
                              {"seconds", std::round(seconds * 1000) / 1000},
                              {"frames_per_second", std::round(frames_per_second)},
                              {"learning_rate", m.learning_rate},
                              {"entropy", m.entropy},
                              {"policy_loss", m.policy_loss},
                              {"value_loss", m.value_loss},
                              {"gradient_norm", m.gradient_norm},
                              {"explained_variance", m.explained_variance},
                              {"episodes", m.episodes.episodes},
                              {"solved", m.episodes.solved_share()},
                              {"mean_return", m.mean_return},
                              {"mean_length", m.episodes.mean_length()}};
  if (m.fresh_levels > 0) {
    line["level_reuse"] = m.level_reuse();
    line["levels_kept"] = m.levels_kept;
  }
  return line;
}

}  // namespace boxwarp
