// Where configurations of trainings start.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "host/learner/config.hpp"
#include "levels/error.hpp"

namespace boxwarp {

namespace {

// Two epochs of PPO on small boards: what a processor learns from in minutes.
void make_quick(TrainConfig& config) {
  config.algorithm = Algorithm::ppo;
  config.frames = config.schedule_frames = 2'000'000;
  config.num_envs = 64;
  config.minibatch_envs = 16;
  config.epochs = 2;
  config.min_steps = 20;
  config.max_steps = 40;
  config.symmetry = true;
  config.reward_scale = 0.1;
  config.curriculum = 0.6;
  config.curriculum_start = 0.04;
  config.gamma = 0.93;
  config.lambda = 0.9;
  config.entropy_coefficient_end = 0.002;
  config.value_coefficient = 0.5;
  config.logit_l2 = config.head_l2 = 0;
  config.normalise_advantages = true;
  config.learning_rate = 2e-3;
  config.learning_rate_end = 2e-4;
  config.max_gradient_norm = 0.5;
  config.adam_epsilon = 1e-5;
  config.network = {.layers = 1,
                    .ticks = 1,
                    .channels = 16,
                    .height = 0,
                    .width = 0,
                    .hidden = 128,
                    .encoder_kernel = 3,
                    .input = NetInput::planes};
  config.head_gain = 0.1;
  config.checkpoint_minutes = 1.0;
}

// `paper` with so many times its boards and minibatches, enough of them to fill a GPU, and as many gradient steps an update.
//
// Clip and eps, derived again, are the same numbers. Every gradient of the published runs is longer than the clip (norms of
// 0.036 to 1600 against 2.5e-4), so Adam sees a vector of that length whatever the batch: 2.2e-7 an element beside an eps of
// 1.6e-7. Minibatches n times as large shorten the noise in it by sqrt(n) at most: for n = 32 norms of 0.006 or more, which
// are still 25 times the clip.
//
// The learning rate grows by sqrt(n). A gradient cut to a fixed length is a direction, whose share of signal grows by
// sqrt(n) while noise prevails, and so does what a step gains. Equal gain for equal frames asks for n in each of n times
// fewer steps; the learning rate gives the rest. Its first steps come from moments of few gradients: hence a warm-up.
void make_throughput(TrainConfig& config, int times) {
  config.num_envs *= times;
  config.minibatch_envs *= times;
  config.learning_rate *= std::sqrt(times);
  config.learning_rate_end *= std::sqrt(times);
  config.warm_up_frames = 64 * config.frames_per_update();  // 512 gradient steps, several memories of Adam's moments
}

// Activations of a minibatch of DRC(3,3) on 10x10 boards take about 0.7 MiB for each step and board in bf16.
constexpr int kTimesFor80GB = 32;  // 1,024 boards x 21 steps: 15 GiB, and states of 8,192 boards
constexpr int kTimesFor24GB = 16;  // half of that

}  // namespace

std::vector<std::string> preset_names() { return {"paper", "throughput", "throughput24", "quick"}; }

TrainConfig preset(const std::string& name) {
  TrainConfig config;  // as it stands, number by number the published recipe
  config.preset = name;
  if (name == "paper") return config;
  if (name == "throughput") {
    make_throughput(config, kTimesFor80GB);
  } else if (name == "throughput24") {
    make_throughput(config, kTimesFor24GB);
  } else if (name == "quick") {
    make_quick(config);
  } else {
    throw BadInput(fmt::format("--preset: found '{}', allowed are {}", name, fmt::join(preset_names(), ", ")));
  }
  return config;
}

TrainConfig base_config(const std::string& preset_name, const TrainConfig* before) {
  if (before == nullptr) return preset(preset_name.empty() ? TrainConfig{}.preset : preset_name);
  if (preset_name.empty()) return *before;
  TrainConfig config = preset(preset_name);
  config.frames = before->frames;
  config.seed = before->seed;
  config.checkpoint_minutes = before->checkpoint_minutes;
  return config;
}

}  // namespace boxwarp
