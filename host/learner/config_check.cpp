// What a configuration of a training may be.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <utility>

#include "host/learner/config.hpp"
#include "kernels/sokoban/board.hpp"
#include "levels/error.hpp"

namespace boxwarp {

std::vector<std::string> mistakes_in(const TrainConfig& c) {
  std::vector<std::string> mistakes;
  const auto demand = [&mistakes](bool holds, const char* name, auto found, const std::string& takes) {
    if (!holds) mistakes.push_back(fmt::format("{}: found {}, takes {}", name, found, takes));
  };
  const auto within = [&](const char* name, auto found, auto low, auto high) {
    demand(found >= low && found <= high, name, found, fmt::format("{} to {}", low, high));
  };
  const auto not_negative = [&](const char* name, double found) {
    demand(std::isfinite(found) && found >= 0, name, found, "0 or more");
  };
  within("num_envs", c.num_envs, 1, 1 << 24);
  within("unroll", c.unroll, 1, 10'000);
  within("minibatch_envs", c.minibatch_envs, 1, 1 << 24);
  within("epochs", c.epochs, 1, 1000);
  within("frames", c.frames, 1, kMostFrames);
  within("schedule_frames", c.schedule_frames, 0, kMostFrames);
  if (c.minibatch_envs >= 1)
    demand(c.num_envs % c.minibatch_envs == 0, "minibatch_envs", c.minibatch_envs,
           fmt::format("a divisor of num_envs ({})", c.num_envs));
  demand(c.algorithm == Algorithm::ppo || c.epochs == 1, "epochs", c.epochs, "1 for vtrace and a2c, or algorithm=ppo");
  within("min_steps", c.min_steps, 1, 1 << 30);
  demand(c.max_steps >= c.min_steps, "max_steps", c.max_steps, fmt::format("min_steps ({}) or more", c.min_steps));
  within("curriculum", c.curriculum, 0.0, 1.0);
  demand(c.curriculum_start > 0 && c.curriculum_start <= 1, "curriculum_start", c.curriculum_start, "more than 0, up to 1");
  demand(c.fresh_levels >= 0, "fresh_levels", c.fresh_levels, "0 (the set stays as it is) or more");
  demand(c.fresh_levels == 0 || c.curriculum == 0, "fresh_levels", c.fresh_levels,
         "0 with a curriculum, which needs its levels in order");
  demand(std::isfinite(c.reward_scale) && c.reward_scale > 0, "reward_scale", c.reward_scale, "more than 0");
  within("actor_lag", c.actor_lag, 0, 1);
  demand(c.actor_lag == 0 || c.algorithm != Algorithm::a2c, "actor_lag", c.actor_lag,
         "0 for a2c, which takes the weights that acted for its own");
  within("gamma", c.gamma, 0.0, 1.0);
  within("lambda", c.lambda, 0.0, 1.0);
  not_negative("entropy_coefficient", c.entropy_coefficient);
  not_negative("entropy_coefficient_end", c.entropy_coefficient_end);
  not_negative("value_coefficient", c.value_coefficient);
  not_negative("logit_l2", c.logit_l2);
  not_negative("head_l2", c.head_l2);
  demand(std::isfinite(c.clip) && c.clip > 0, "clip", c.clip, "more than 0");
  not_negative("learning_rate", c.learning_rate);
  not_negative("learning_rate_end", c.learning_rate_end);
  within("warm_up_frames", c.warm_up_frames, 0, kMostFrames);
  demand(std::isfinite(c.max_gradient_norm) && c.max_gradient_norm > 0, "max_gradient_norm", c.max_gradient_norm,
         "more than 0");
  demand(c.adam_beta1 >= 0 && c.adam_beta1 < 1, "adam_beta1", c.adam_beta1, "0 to less than 1");
  demand(c.adam_beta2 >= 0 && c.adam_beta2 < 1, "adam_beta2", c.adam_beta2, "0 to less than 1");
  demand(std::isfinite(c.adam_epsilon) && c.adam_epsilon > 0, "adam_epsilon", c.adam_epsilon, "more than 0");
  demand(c.network.actions == kActions + c.no_op, "network.actions", c.network.actions,
         fmt::format("{} {} no_op", kActions + c.no_op, c.no_op ? "with" : "without"));
  NetShape shape = c.network;
  shape.actions = kActions;                            // told above
  if (shape.height == 0) shape.height = kLargestSize;  // of the largest level, which is not known here
  if (shape.width == 0) shape.width = kLargestSize;
  for (const std::string& mistake : mistakes_in(shape)) mistakes.push_back("network." + mistake);
  demand(std::isfinite(c.head_gain) && c.head_gain >= 0, "head_gain", c.head_gain, "0 or more");
  demand(std::isfinite(c.checkpoint_minutes) && c.checkpoint_minutes >= 0, "checkpoint_minutes", c.checkpoint_minutes,
         "0 (after every update) or more");
  within("snapshot_frames", c.snapshot_frames, 0, kMostFrames);
  return mistakes;
}

void demand_correct(const TrainConfig& config, std::vector<std::string> mistakes) {
  for (std::string& mistake : mistakes_in(config)) mistakes.push_back(std::move(mistake));
  if (!mistakes.empty()) throw BadInput(fmt::format("configuration:\n  {}", fmt::join(mistakes, "\n  ")));
}

}  // namespace boxwarp
