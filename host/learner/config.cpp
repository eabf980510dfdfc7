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

// Calls visit(name, member) for every member; network members have dotted names.
template <class Config, class Visit>
void for_each_member(Config& c, Visit&& visit) {
  visit("preset", c.preset);
  visit("algorithm", c.algorithm);
  visit("seed", c.seed);
  visit("frames", c.frames);
  visit("schedule_frames", c.schedule_frames);
  visit("num_envs", c.num_envs);
  visit("unroll", c.unroll);
  visit("minibatch_envs", c.minibatch_envs);
  visit("epochs", c.epochs);
  visit("min_steps", c.min_steps);
  visit("max_steps", c.max_steps);
  visit("symmetry", c.symmetry);
  visit("solved_rule", c.solved_rule);
  visit("end_on_deadlock", c.end_on_deadlock);
  visit("no_op", c.no_op);
  visit("curriculum", c.curriculum);
  visit("curriculum_start", c.curriculum_start);
  visit("fresh_levels", c.fresh_levels);
  visit("reward_scale", c.reward_scale);
  visit("truncation", c.truncation);
  visit("actor_lag", c.actor_lag);
  visit("gamma", c.gamma);
  visit("lambda", c.lambda);
  visit("entropy_coefficient", c.entropy_coefficient);
  visit("entropy_coefficient_end", c.entropy_coefficient_end);
  visit("value_coefficient", c.value_coefficient);
  visit("logit_l2", c.logit_l2);
  visit("head_l2", c.head_l2);
  visit("clip", c.clip);
  visit("normalise_advantages", c.normalise_advantages);
  visit("learning_rate", c.learning_rate);
  visit("learning_rate_end", c.learning_rate_end);
  visit("schedule", c.schedule);
  visit("warm_up_frames", c.warm_up_frames);
  visit("max_gradient_norm", c.max_gradient_norm);
  visit("adam_beta1", c.adam_beta1);
  visit("adam_beta2", c.adam_beta2);
  visit("adam_epsilon", c.adam_epsilon);
  visit("network.layers", c.network.layers);
  visit("network.ticks", c.network.ticks);
  visit("network.channels", c.network.channels);
  visit("network.height", c.network.height);
  visit("network.width", c.network.width);
  visit("network.hidden", c.network.hidden);
  visit("network.encoder_kernel", c.network.encoder_kernel);
  visit("network.input", c.network.input);
  for_each_later_option(c.network,
                        [&visit](const std::string& name, auto& option) { visit(("network." + name).c_str(), option); });
  visit("head_gain", c.head_gain);
  visit("checkpoint_minutes", c.checkpoint_minutes);
  visit("snapshot_frames", c.snapshot_frames);
  visit("precision", c.precision);
  visit("recompute", c.recompute);
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
  for_each_member(config, [&names](const std::string& member, const auto&) { names.push_back(member); });
  const std::string all = fmt::format("; there are {}", fmt::join(names, ", "));
  const bool told = std::ranges::any_of(mistakes, [&all](const std::string& line) { return line.ends_with(all); });
  mistakes.push_back(fmt::format("{}: no such setting{}", name, told ? "" : all));
}

void set_member(const std::string& name, const Json& value, TrainConfig& config, std::vector<std::string>& mistakes) {
  bool known = false;
  for_each_member(config, [&](const char* member_name, auto& member) {
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
  for_each_member(config, [&json](const std::string& name, const auto& member) {
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
