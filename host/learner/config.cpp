#include "host/learner/config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "host/engine/option_names.hpp"
#include "host/learner/net_options.hpp"

namespace boxwarp {

constexpr auto words(Algorithm) {
  return std::to_array<Word<Algorithm>>({{"vtrace", Algorithm::vtrace}, {"a2c", Algorithm::a2c}, {"ppo", Algorithm::ppo}});
}
constexpr auto words(Truncation) {
  return std::to_array<Word<Truncation>>({{"mask", Truncation::mask}, {"final", Truncation::final}});
}
constexpr auto words(PrecisionChoice) {
  return std::to_array<Word<PrecisionChoice>>({{"auto", PrecisionChoice::automatic},
                                               {"bf16", PrecisionChoice::bf16},
                                               {"bf16-wgmma", PrecisionChoice::bf16_wgmma},
                                               {"float32", PrecisionChoice::float32}});
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
  visit("snapshot_frames", c.snapshot_frames, "the run's folder keeps the agent each so many frames; 0: never");
  visit("precision", c.precision,
        "of the products on a GPU (auto: bf16); bf16-wgmma: by warpgroups, H100 and H200; a processor always has float32");
  visit("recompute", c.recompute, "compute activations again in the backward pass; auto: where memory asks for it");
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

// The settings that there are follow the first that is none.
void tell_unknown(const std::string& name, const TrainConfig& config, std::vector<std::string>& mistakes) {
  std::vector<std::string> names;
  for_each_member(config, [&names](const std::string& member, const auto&, const char*) { names.push_back(member); });
  const std::string all = fmt::format("; there are {}", fmt::join(names, ", "));
  const bool told = std::ranges::any_of(mistakes, [&all](const std::string& line) { return line.ends_with(all); });
  mistakes.push_back(fmt::format("{}: no such setting{}", name, told ? "" : all));
}

void set_member(const std::string& name, const Json& value, TrainConfig& config, std::vector<std::string>& mistakes) {
  bool known = false;
  for_each_member(config, [&](const char* member_name, auto& member, const char*) {
    if (name != member_name) return;
    known = true;
    const std::string expected = read_value(value, member);
    if (!expected.empty()) mistakes.push_back(fmt::format("{}: found {}, takes {}", name, value.dump(), expected));
  });
  config.network.actions = kActions + config.no_op;
  if (!known) tell_unknown(name, config, mistakes);
}

}  // namespace

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
  if (changes.contains("train")) {  // config.json of a run, and what is laid over it
    apply_json(changes["train"], config, mistakes);
    Json others = changes;
    for (const char* member : {"train", "levels", "memory_bytes"}) others.erase(member);
    return apply_json(others, config, mistakes);
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
