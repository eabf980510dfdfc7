// Everything that decides a training run, as one value: presets, JSON, and a check of the whole.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "kernels/learn/learn.hpp"
#include "kernels/net/net.hpp"
#include "kernels/sokoban/rules.hpp"

namespace boxwarp {

// a2c is vtrace that takes every ratio for 1.
enum class Algorithm : std::uint8_t { vtrace, a2c, ppo };

// What becomes of a step that ran into the cap: it is masked out of the loss, or its reward gets gamma times the value of
// the episode's last observation, for one more pass of the network over all boards in each step of the rollout.
enum class Truncation : std::uint8_t { mask, final };

// Of a device's products; auto: bf16.
enum class PrecisionChoice : std::uint8_t { automatic, bf16, bf16_wgmma, float32 };
// automatic: where activations of a minibatch do not fit what is free of the device's memory less a reserve (iteration.hpp).
enum class RecomputeChoice : std::uint8_t { automatic, always, never };

// Of a run and of its schedules: centuries of training, and sums with them do not overflow.
inline constexpr std::int64_t kMostFrames = std::int64_t{1} << 50;

struct TrainConfig {
  std::string preset = "paper";
  Algorithm algorithm = Algorithm::vtrace;
  std::uint64_t seed = 0;

  // How much, and in which pieces. An update is num_envs * unroll frames.
  std::int64_t frames = 2'002'944'000;           // length of the run, rounded up to whole updates
  std::int64_t schedule_frames = 2'002'944'000;  // length of the schedules; 0: as long as the run
  int num_envs = 256;
  int unroll = 20;
  int minibatch_envs = 32;  // whole sequences; num_envs is a multiple
  int epochs = 1;           // passes over each rollout; vtrace: 1

  // The environment.
  int min_steps = 30, max_steps = 120;
  bool symmetry = false;
  SolvedRule solved_rule = SolvedRule::boxes_matched;
  bool end_on_deadlock = false;   // a dead board ends its episode, truncated
  bool no_op = false;             // a fifth action, which does nothing; network.actions counts it
  double curriculum = 0.0;        // share of the schedule over which the levels in play grow to all; 0: all from the start
  double curriculum_start = 0.1;  // share of the levels, the first of the set, in play at the start of a curriculum
  std::int64_t fresh_levels = 0;  // levels of a generated set that are made anew before each update but the first
  double reward_scale = 1.0;      // of what the learner sees
  Truncation truncation = Truncation::mask;
  int actor_lag = 0;  // 1: the weights that act are those before the last update, as in the published runs

  // The loss.
  double gamma = 0.97, lambda = 0.5;
  double entropy_coefficient = 0.01, entropy_coefficient_end = 0.01;
  double value_coefficient = 0.25;
  double logit_l2 = 1.5625e-6, head_l2 = 1.5625e-8;
  double clip = 0.2;                  // ppo
  bool normalise_advantages = false;  // ppo: mean 0, standard deviation 1 in each minibatch

  // The optimiser.
  double learning_rate = 4e-4, learning_rate_end = 4e-6;
  Schedule schedule = Schedule::linear;  // of learning rate and entropy coefficient
  std::int64_t warm_up_frames = 0;       // over which the learning rate grows to its schedule
  double max_gradient_norm = 2.5e-4;
  double adam_beta1 = 0.9, adam_beta2 = 0.99, adam_epsilon = 1.5625e-7;

  // The network; height and width 0: of the largest level.
  NetShape network{.height = 0, .width = 0};
  double head_gain = 1.0;  // of the orthogonal initialisation of policy and value

  double checkpoint_minutes = 5.0;
  std::int64_t snapshot_frames = 0;  // each so many frames the run's folder keeps its weights as they are; 0: never

  // How it is computed; a processor always computes in float32.
  PrecisionChoice precision = PrecisionChoice::automatic;
  RecomputeChoice recompute = RecomputeChoice::automatic;

  std::int64_t frames_per_update() const { return std::int64_t{num_envs} * unroll; }
  std::int64_t updates() const { return (frames + frames_per_update() - 1) / frames_per_update(); }
  // The updates over which schedules and the curriculum run.
  std::int64_t scheduled_updates() const;
  UpdateSchedules schedules() const;
};

std::vector<std::string> preset_names();
// Throws BadInput that names the presets.
TrainConfig preset(const std::string& name);

// Where a run's configuration starts, before what changes it: the preset (empty: the first of them). To go on from another
// run (before, else null): what that one had, or a preset that is named, with that run's frames, seed and
// checkpoint_minutes.
TrainConfig base_config(const std::string& preset_name, const TrainConfig* before);

// All members in one JSON object, the network's nested under "network".
nlohmann::ordered_json to_json(const TrainConfig& config);

// Changes the members that the object names, and network.actions with no_op; where it is the config.json of a run, first
// those of the run. Adds a line to `mistakes` for each member that is unknown or of the wrong type.
void apply_json(const nlohmann::ordered_json& changes, TrainConfig& config, std::vector<std::string>& mistakes);

struct Setting {
  std::string name;   // dotted: "network.channels"
  std::string value;  // of the configuration, as --set takes it
  std::string text;   // what it is, in one line, with the words that it takes
};
// All of them, in the order of to_json.
std::vector<Setting> settings_of(const TrainConfig& config);

// "name=value" with a dotted name ("network.channels=16"); the value is JSON or a bare word.
void apply_setting(const std::string& setting, TrainConfig& config, std::vector<std::string>& mistakes);

// A line for each value that is out of range or does not fit the others.
std::vector<std::string> mistakes_in(const TrainConfig& config);

// Throws BadInput with these mistakes and with those in the configuration, all of them, if there are any.
void demand_correct(const TrainConfig& config, std::vector<std::string> mistakes = {});

}  // namespace boxwarp
