#include "host/learner/config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "host/engine/option_names.hpp"
#include "host/learner/net_options.hpp"
#include "kernels/sokoban/board.hpp"
#include "levels/error.hpp"

namespace boxwarp {

constexpr auto words(Algorithm) {
  return std::to_array<Word<Algorithm>>({{"vtrace", Algorithm::vtrace}, {"a2c", Algorithm::a2c}, {"ppo", Algorithm::ppo}});
}
constexpr auto words(Truncation) {
  return std::to_array<Word<Truncation>>({{"mask", Truncation::mask}, {"final", Truncation::final}});
}
constexpr auto words(PrecisionChoice) {
  return std::to_array<Word<PrecisionChoice>>(
      {{"auto", PrecisionChoice::automatic}, {"bf16", PrecisionChoice::bf16}, {"float32", PrecisionChoice::float32}});
}
constexpr auto words(RecomputeChoice) {
  return std::to_array<Word<RecomputeChoice>>(
      {{"auto", RecomputeChoice::automatic}, {"true", RecomputeChoice::always}, {"false", RecomputeChoice::never}});
}
constexpr auto words(Schedule) {
  return std::to_array<Word<Schedule>>(
      {{"constant", Schedule::constant}, {"linear", Schedule::linear}, {"cosine", Schedule::cosine}});
}

namespace {

using Json = nlohmann::ordered_json;

// Calls visit(name, member, what it is) for every member; network members have dotted names.
template <class Config, class Visit>
void for_each_member(Config& c, Visit&& visit) {
  visit("preset", c.preset, "where the configuration began; changes nothing else");
  visit("algorithm", c.algorithm, "what the loss is of");
  visit("seed", c.seed, "of everything random");
  visit("frames", c.frames, "length of the run in environment steps, rounded up to whole updates");
  visit("schedule_frames", c.schedule_frames, "length of the schedules and the curriculum; 0: as long as the run");
  visit("num_envs", c.num_envs, "boards that are played at a time; an update takes num_envs * unroll frames");
  visit("unroll", c.unroll, "steps of each board in an update");
  visit("minibatch_envs", c.minibatch_envs, "boards of a gradient step, with all their steps; a divisor of num_envs");
  visit("epochs", c.epochs, "passes over each update's frames; more than 1 for ppo only");
  visit("min_steps", c.min_steps, "an episode is cut off after a number of steps that is drawn from here on ...");
  visit("max_steps", c.max_steps, "... up to here; harder levels need more");
  visit("symmetry", c.symmetry, "turn and reflect each episode's level at random");
  visit("solved_rule", c.solved_rule, "when a level is solved");
  visit("end_on_deadlock", c.end_on_deadlock, "end an episode, as cut off, where its board is dead");
  visit("no_op", c.no_op, "a fifth action, which does nothing");
  visit("curriculum", c.curriculum,
        "share of the schedule over which the levels in play grow to all of the set; 0: all at once");
  visit("curriculum_start", c.curriculum_start, "share of the levels, the first of the set, that a curriculum begins with");
  visit("fresh_levels", c.fresh_levels,
        "levels of a generated set that are made anew before each update; needs curriculum=0");
  visit("reward_scale", c.reward_scale, "of the rewards that the learner sees");
  visit("truncation", c.truncation, "what a step that was cut off counts: nothing, or the value of the board after it");
  visit("actor_lag", c.actor_lag,
        "1: act with the weights before the last update, as the published runs did; 0: with the last");
  visit("gamma", c.gamma, "discount of a step");
  visit("lambda", c.lambda, "of V-trace's or GAE's mean over lengths of look-ahead");
  visit("entropy_coefficient", c.entropy_coefficient, "weight of the entropy in the loss at the start ...");
  visit("entropy_coefficient_end", c.entropy_coefficient_end, "... and at the end of the schedule");
  visit("value_coefficient", c.value_coefficient, "weight of the value's loss");
  visit("logit_l2", c.logit_l2, "weight of the squares of the logits");
  visit("head_l2", c.head_l2, "weight of the squares of the weights of policy and value");
  visit("clip", c.clip, "ppo: how far ratios count, 1 - clip to 1 + clip");
  visit("normalise_advantages", c.normalise_advantages, "ppo: to mean 0 and standard deviation 1 in each minibatch");
  visit("learning_rate", c.learning_rate, "of Adam at the start ...");
  visit("learning_rate_end", c.learning_rate_end, "... and at the end of the schedule");
  visit("schedule", c.schedule, "how learning rate and entropy's weight go from start to end");
  visit("warm_up_frames", c.warm_up_frames, "frames over which the learning rate grows to its schedule");
  visit("max_gradient_norm", c.max_gradient_norm, "longer gradients are cut to this length");
  visit("adam_beta1", c.adam_beta1, "memory of Adam's mean");
  visit("adam_beta2", c.adam_beta2, "memory of Adam's mean of squares");
  visit("adam_epsilon", c.adam_epsilon, "Adam's addend below the fraction");
  visit("network.layers", c.network.layers, "layers of the DRC, or sequences of the ResNet");
  visit("network.ticks", c.network.ticks, "passes through all layers in a step; 1 for a ResNet");
  visit("network.channels", c.network.channels, "channels of each layer, a multiple of 16");
  visit("network.height", c.network.height, "of the boards that it plays; 0: of the largest level");
  visit("network.width", c.network.width, "the same for their width");
  visit("network.hidden", c.network.hidden, "width of the dense layer");
  visit("network.encoder_kernel", c.network.encoder_kernel, "side of the encoder's convolutions, 3 or 4");
  visit("network.input", c.network.input, "how the network sees a board");
  for_each_later_option(c.network, [&visit](const std::string& name, auto& option, const char* text) {
    visit(("network." + name).c_str(), option, text);
  });
  visit("head_gain", c.head_gain, "size of the first weights of policy and value");
  visit("checkpoint_minutes", c.checkpoint_minutes, "between checkpoints; 0: after every update");
  visit("precision", c.precision, "of the products on a GPU (auto: bf16); a processor always has float32");
  visit("recompute", c.recompute, "compute activations again in the backward pass; auto: where memory asks for it");
}

// Whether a whole number is one of the type's, exactly: its largest may have no double of its own.
template <class Integer>
bool fits(const Json& value) {
  if (value.is_number_float())
    return value.get<double>() >= static_cast<double>(std::numeric_limits<Integer>::min()) &&
           value.get<double>() < std::ldexp(1.0, std::numeric_limits<Integer>::digits);
  return value.is_number_unsigned() ? std::in_range<Integer>(value.get<std::uint64_t>())
                                    : std::in_range<Integer>(value.get<std::int64_t>());
}

// Reads one value; returns what is expected instead, or nothing if it was read.
template <class Member>
std::string read_value(const Json& value, Member& member) {
  if constexpr (std::is_same_v<Member, bool>) {
    if (!value.is_boolean()) return "true or false";
  } else if constexpr (std::is_enum_v<Member>) {
    return read_word(value, member) ? "" : "one of " + words_of(member);
  } else if constexpr (std::is_integral_v<Member>) {
    if (!value.is_number() || (value.is_number_float() && std::floor(value.get<double>()) != value.get<double>()))
      return "a whole number";
    if (!fits<Member>(value))
      return fmt::format("a whole number from {} to {}", std::numeric_limits<Member>::min(),
                         std::numeric_limits<Member>::max());
  } else if constexpr (std::is_floating_point_v<Member>) {
    if (!value.is_number()) return "a number";
  } else {
    if (!value.is_string()) return "text";
  }
  if constexpr (!std::is_enum_v<Member>) member = value.get<Member>();
  return {};
}

void set_member(const std::string& name, const Json& value, TrainConfig& config, std::vector<std::string>& mistakes) {
  bool known = false;
  std::vector<std::string> names;
  for_each_member(config, [&](const char* member_name, auto& member, const char*) {
    names.emplace_back(member_name);
    if (name != member_name) return;
    known = true;
    const std::string expected = read_value(value, member);
    if (!expected.empty()) mistakes.push_back(fmt::format("{}: found {}, takes {}", name, value.dump(), expected));
  });
  config.network.actions = kActions + config.no_op;
  if (!known) mistakes.push_back(fmt::format("{}: no such setting; there are {}", name, fmt::join(names, ", ")));
}

}  // namespace

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

Json to_json(const TrainConfig& config) {
  Json json;
  for_each_member(config, [&json](const std::string& name, const auto& member, const char*) {
    const std::size_t dot = name.find('.');
    Json& value = dot == std::string::npos ? json[name] : json[name.substr(0, dot)][name.substr(dot + 1)];
    if constexpr (HasWords<std::decay_t<decltype(member)>>)
      value = word_in_json(member);
    else
      value = member;
  });
  return json;
}

void apply_json(const Json& changes, TrainConfig& config, std::vector<std::string>& mistakes) {
  if (!changes.is_object()) {
    mistakes.push_back("configuration: takes a JSON object");
    return;
  }
  for (const auto& [name, value] : changes.items()) {
    if (!value.is_object()) {
      set_member(name, value, config, mistakes);
      continue;
    }
    for (const auto& [inner, inner_value] : value.items()) set_member(name + "." + inner, inner_value, config, mistakes);
  }
}

std::vector<Setting> settings_of(const TrainConfig& config) {
  std::vector<Setting> settings;
  for_each_member(config, [&settings](const char* name, const auto& member, const char* text) {
    Setting setting{.name = name, .value = "", .text = text};
    if constexpr (HasWords<std::decay_t<decltype(member)>>) {
      setting.value = word_of(member);
      setting.text += " (" + words_of(member) + ")";
    } else if constexpr (std::is_convertible_v<decltype(member), std::string>) {
      setting.value = member;
    } else {
      setting.value = fmt::format("{}", member);
    }
    settings.push_back(std::move(setting));
  });
  return settings;
}

void apply_setting(const std::string& setting, TrainConfig& config, std::vector<std::string>& mistakes) {
  const std::size_t equals = setting.find('=');
  if (equals == std::string::npos || equals == 0) {
    mistakes.push_back(fmt::format("--set: found '{}', takes name=value", setting));
    return;
  }
  const std::string text = setting.substr(equals + 1);
  Json value = Json::parse(text, nullptr, false);
  if (value.is_discarded()) value = text;
  set_member(setting.substr(0, equals), value, config, mistakes);
}

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
  const std::size_t before_network = mistakes.size();
  within("network.layers", c.network.layers, 1, 16);
  within("network.ticks", c.network.ticks, 1, 64);
  within("network.channels", c.network.channels, 16, 1024);
  demand(c.network.channels % 16 == 0, "network.channels", c.network.channels, "a multiple of 16");
  within("network.height", c.network.height, 0, 64);
  within("network.width", c.network.width, 0, 64);
  within("network.hidden", c.network.hidden, 1, 1 << 16);
  within("network.encoder_kernel", c.network.encoder_kernel, 3, 4);
  demand(c.network.actions == kActions + c.no_op, "network.actions", c.network.actions,
         fmt::format("{} {} no_op", kActions + c.no_op, c.no_op ? "with" : "without"));
  if (mistakes.size() == before_network) {
    NetShape shape = c.network;
    if (shape.height == 0) shape.height = kLargestSize;
    if (shape.width == 0) shape.width = kLargestSize;
    for (const std::string& mistake : mistakes_in(shape)) mistakes.push_back("network: " + mistake);
  }
  demand(std::isfinite(c.head_gain) && c.head_gain >= 0, "head_gain", c.head_gain, "0 or more");
  demand(std::isfinite(c.checkpoint_minutes) && c.checkpoint_minutes >= 0, "checkpoint_minutes", c.checkpoint_minutes,
         "0 (after every update) or more");
  return mistakes;
}

std::int64_t TrainConfig::scheduled_updates() const {
  return std::max<std::int64_t>(1, (schedule_frames != 0 ? schedule_frames : frames) / frames_per_update());
}

UpdateSchedules TrainConfig::schedules() const {
  const std::int64_t planned = scheduled_updates();
  return {.learning_rate = {.schedule = schedule,
                            .start = learning_rate,
                            .end = learning_rate_end,
                            .updates = planned,
                            .warm_up = (warm_up_frames + frames_per_update() - 1) / frames_per_update()},
          .entropy = {.schedule = schedule,
                      .start = entropy_coefficient,
                      .end = entropy_coefficient_end,
                      .updates = planned,
                      .warm_up = 0}};
}

}  // namespace boxwarp
