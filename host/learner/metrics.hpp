// What an update tells people.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "host/engine/vector_env.hpp"
#include "kernels/learn/learn.hpp"

namespace boxwarp {

// What happened to the episodes that ended, in whole numbers, so that no order of threads can show.
struct EpisodeCounts {
  std::int64_t episodes = 0, solved = 0, steps = 0, matched = 0;

  double solved_share() const { return episodes == 0 ? 0.0 : static_cast<double>(solved) / static_cast<double>(episodes); }
  double mean_length() const { return episodes == 0 ? 0.0 : static_cast<double>(steps) / static_cast<double>(episodes); }
  double mean_return(const Rewards& rewards) const;
};

struct UpdateMetrics {
  std::int64_t update;  // counted from 1
  std::int64_t frames;  // of the whole run up to here
  double learning_rate, entropy, policy_loss, value_loss, gradient_norm, explained_variance;
  EpisodeCounts episodes;
  double mean_return;
  std::int64_t fresh_levels = 0;  // made anew before each update; 0: the set stays as it is
  std::int64_t levels_kept = 0;   // places among those of this update that kept their old level: no attempt gave a new one

  // Episodes that ended for each level that was made anew; 0 where none was.
  double level_reuse() const;
};

// report: of update number `update`, which brought the run to so many frames.
UpdateMetrics metrics_of(const UpdateReport& report, std::int64_t update, std::int64_t frames);

// A line of metrics.jsonl. seconds: of training up to here; frames_per_second: of this update.
nlohmann::ordered_json to_json(const UpdateMetrics& metrics, double seconds, double frames_per_second);

}  // namespace boxwarp
