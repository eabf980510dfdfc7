#include "host/learner/iteration.hpp"

#include <algorithm>
#include <numeric>

#include "host/learner/initial_weights.hpp"

namespace boxwarp {

namespace {

Precision precision_of(PrecisionChoice choice) {
  switch (choice) {
    case PrecisionChoice::float32: return Precision::float32;
    case PrecisionChoice::bf16_wgmma: return Precision::bf16_wgmma;
    case PrecisionChoice::automatic:
    case PrecisionChoice::bf16: break;
  }
  return Precision::bf16;
}

VectorEnvConfig env_config(const TrainConfig& config) {
  VectorEnvConfig env;
  env.num_envs = config.num_envs;
  env.observation = Observation::cells;
  env.min_steps = config.min_steps;
  env.max_steps = config.max_steps;
  env.height = config.network.height;
  env.width = config.network.width;
  env.symmetry = config.symmetry;
  env.solved_rule = config.solved_rule;
  env.end_on_deadlock = config.end_on_deadlock;
  env.no_op = config.no_op;
  env.final_observation = config.truncation == Truncation::final;
  env.seed = config.seed;
  return env;
}

// PPO finds advantages with the values of the rollout; the others find targets with the current ones in the loss.
bool finds_returns(const TrainConfig& config) { return config.algorithm == Algorithm::ppo; }
bool shuffles(const TrainConfig& config) { return config.algorithm == Algorithm::ppo; }

bool is_head(const ParameterTensor& tensor) {
  return tensor.name.starts_with("action_net.") || tensor.name.starts_with("value_net.");
}

}  // namespace

Iteration::Iteration(const TrainConfig& config, std::shared_ptr<const LevelBank> levels, const Device& device)
    : config_(config),
      device_(device),
      env_(env_config(config), std::move(levels), device),
      memory_(device),
      rollout_(config),
      minibatch_(config, !finds_returns(config)),
      parameter_count_(parameter_count(config.network)) {
  mode_ = chosen_mode();
  const MemoryPlan memory = plan(mode_);
  memory_.take(memory);
  parts_ = memory.parts();
  network_ = device.net->create(*device.executor, config_.network, limits(), mode_, network_memory_);
  for (const ParameterTensor& tensor : parameter_tensors(config_.network)) {
    if (!is_head(tensor)) continue;
    if (!heads_.empty() && heads_.back().offset + heads_.back().size == tensor.offset)
      heads_.back().size += tensor.size;
    else
      heads_.push_back({tensor.offset, tensor.size});
  }
  std::vector<std::int32_t> order(static_cast<std::size_t>(config_.num_envs));
  std::iota(order.begin(), order.end(), 0);
  memory_.upload(order_, std::span<const std::int32_t>(order));
  const std::vector<float> weights = initial_weights(config_.network, static_cast<float>(config_.head_gain), config_.seed);
  memory_.upload(parameters_, std::span<const float>(weights));
  begin_anew({});
}

NetLimits Iteration::limits() const {
  return {.forward_boards = config_.num_envs,
          .forward_steps = 1,
          .training_boards = config_.minibatch_envs,
          .training_steps = config_.unroll + (minibatch_.bootstrap ? 1 : 0)};
}

MemoryPlan Iteration::plan(const NetMode& mode) {
  MemoryPlan plan("training");
  plan.add("network", &network_memory_, device_.net->memory_bytes(config_.network, limits(), mode));
  rollout_.add(plan, config_.truncation == Truncation::final);
  minibatch_.add(plan, rollout_, finds_returns(config_));
  const auto n = static_cast<std::size_t>(config_.num_envs), tn = n * static_cast<std::size_t>(config_.unroll);
  if (finds_returns(config_))
    for (float** array : {&advantages_, &targets_}) plan.add("rollout", array, tn);
  plan.add("rollout", &order_, n);
  for (float** array : {&parameters_, &adam_m_, &adam_v_, &gradient_}) plan.add("parameters", array, parameter_count_);
  if (config_.actor_lag != 0) plan.add("parameters", &acting_, parameter_count_);
  plan.add("parameters", &norm_, 1);
  plan.add("parameters", &clock_, 1);
  plan.add("parameters", &report_, 1);
  plan.add("parameters", &reports_, kKeptReports);
  if (config_.fresh_levels > 0) plan.add("rollout", &levels_made_, made_at(kKeptReports));
  plan.add("minibatch", &workspace_,
           device_.learn->workspace_bytes(config_.minibatch_envs, config_.unroll, parameter_count_));
  return plan;
}

NetMode Iteration::chosen_mode() {
  NetMode mode{.precision = precision_of(config_.precision), .recompute = config_.recompute == RecomputeChoice::always};
  const std::optional<std::size_t> room = memory_.free_bytes();
  if (config_.recompute == RecomputeChoice::automatic && room)
    mode.recompute = plan(mode).bytes() + reserve_of(*room) > *room;
  return mode;
}

void Iteration::run_recorded(void (Iteration::*launches)(), Order& order) {
  if (!memory_.is_far() || !order.has_run) {  // the first run loads the kernels, which a recording had better not
    (this->*launches)();
    order.has_run = true;
    return;
  }
  if (order.recording == nullptr)
    order.recording = env_.device_record("iteration", config_.unroll, [this, launches] { (this->*launches)(); });
  order.recording->launch();
}

void Iteration::begin() {
  device_.learn->begin_update(*device_.executor, config_.schedules(), clock_, report_);
  if (acting_ != nullptr) network_->load(acting_);
  roll_out({device_, memory_, env_, *network_}, config_, finds_returns(config_), clock_, rollout_, report_);
}

void Iteration::play_only() {
  begin();
  device_.learn->end_update(*device_.executor, config_.unroll, report_, reports_, kKeptReports, clock_);
}

void Iteration::iterate() {
  const LearnOps& learn = *device_.learn;
  Executor& executor = *device_.executor;
  begin();
  if (acting_ != nullptr) {
    memory_.copy(acting_, parameters_, sizeof(float) * parameter_count_);
    network_->load(parameters_);
  }
  if (finds_returns(config_)) find_returns();
  for (int epoch = 0; epoch < config_.epochs; ++epoch) {
    if (shuffles(config_)) learn.shuffle(executor, config_.seed, epoch, config_.num_envs, clock_, order_);
    for (int first = 0; first < config_.num_envs; first += config_.minibatch_envs) learn_from(order_ + first);
  }
  learn.end_update(executor, config_.unroll, report_, reports_, kKeptReports, clock_);
}

void Iteration::find_returns() {
  device_.learn->gae(*device_.executor, rollout_.steps, rollout_.boards, rollout_.values, rollout_.reward, rollout_.done,
                     rollout_.truncated, static_cast<float>(config_.gamma), static_cast<float>(config_.lambda), advantages_,
                     targets_);
}

// One gradient step: forward, loss, backward, L2 of the heads, clip, Adam.
void Iteration::learn_from(const std::int32_t* environments) {
  const LearnOps& learn = *device_.learn;
  Executor& executor = *device_.executor;
  const LossCoefficients coefficients{.gamma = static_cast<float>(config_.gamma),
                                      .lambda = static_cast<float>(config_.lambda),
                                      .value = static_cast<float>(config_.value_coefficient),
                                      .logit_l2 = static_cast<float>(config_.logit_l2),
                                      .clip = static_cast<float>(config_.clip),
                                      .on_policy = config_.algorithm == Algorithm::a2c};
  Minibatch& batch = minibatch_;
  batch.gather(device_, rollout_, environments, advantages_, targets_);
  const UnrollView unroll = batch.unroll();
  network_->forward(unroll, true);
  const TrajectoryView trajectory = batch.trajectory(rollout_.actions);
  if (finds_returns(config_)) {
    const auto samples = static_cast<std::size_t>(batch.steps) * static_cast<std::size_t>(batch.boards);
    if (config_.normalise_advantages) learn.normalise(executor, samples, batch.advantage, workspace_);
    learn.ppo_loss(executor, trajectory, batch.advantage, batch.target, coefficients, clock_, batch.grad_logits,
                   batch.grad_values, report_, workspace_);
  } else {
    learn.vtrace_loss(executor, trajectory, coefficients, clock_, batch.grad_logits, batch.grad_values, report_, workspace_);
  }
  network_->backward(unroll, {.grad_logits = batch.grad_logits,
                              .grad_values = batch.grad_values,
                              .grad_parameters = gradient_,
                              .grad_h_start = nullptr,
                              .grad_c_start = nullptr});
  if (config_.head_l2 != 0) {
    for (const Range& head : heads_)
      learn.add_scaled(executor, head.size, static_cast<float>(2 * config_.head_l2), parameters_ + head.offset,
                       gradient_ + head.offset);
  }
  learn.norm(executor, gradient_, parameter_count_, norm_, workspace_);
  learn.adam(executor,
             {.count = parameter_count_,
              .parameters = parameters_,
              .m = adam_m_,
              .v = adam_v_,
              .gradient = gradient_,
              .norm = norm_,
              .max_norm = config_.max_gradient_norm,
              .beta1 = static_cast<float>(config_.adam_beta1),
              .beta2 = static_cast<float>(config_.adam_beta2),
              .epsilon = static_cast<float>(config_.adam_epsilon)},
             clock_, report_);
  network_->load(parameters_);
}

std::vector<UpdateReport> Iteration::reports(std::int64_t updates, int count) const {
  const std::vector<UpdateReport> all = memory_.values(reports_, kKeptReports);
  std::vector<UpdateReport> result;
  for (std::int64_t update = updates - count; update < updates; ++update)
    result.push_back(all[static_cast<std::size_t>(update % kKeptReports)]);
  return result;
}

void Iteration::renew_levels(const ReversePlay& rules, const LevelRange& range, std::int64_t first_slot,
                             std::int64_t updates, std::int64_t nth) {
  env_.device_renew_levels(rules, range, first_slot, levels_made_ + made_at(updates % kKeptReports) + nth);
}

std::vector<std::int64_t> Iteration::levels_kept(std::int64_t updates, int count) const {
  const std::vector<std::uint8_t> all = memory_.values(levels_made_, made_at(kKeptReports));
  std::vector<std::int64_t> result;
  for (std::int64_t update = updates - count; update < updates; ++update) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(made_at(update % kKeptReports));
    result.push_back(std::count(begin, begin + config_.fresh_levels, std::uint8_t{0}));
  }
  return result;
}

const char* Iteration::kernels() const { return device_.net->kernels(config_.network, mode_); }

std::vector<float> Iteration::parameters() const { return memory_.values(parameters_, parameter_count_); }

double Iteration::parameter_norm() const {
  device_.learn->norm(*device_.executor, parameters_, parameter_count_, norm_, workspace_);
  return memory_.values(norm_, 1)[0];
}

LearnClock Iteration::clock() const { return memory_.values(clock_, 1)[0]; }

void Iteration::set(const LearnClock& clock) {
  memory_.upload(clock_, clock);
  network_->load(parameters_);
}

void Iteration::begin_anew(const LearnClock& clock) {
  const std::vector<std::uint8_t> all_start(static_cast<std::size_t>(config_.num_envs), 1);
  memory_.upload(rollout_.next_starts(), std::span<const std::uint8_t>(all_start));
  if (acting_ != nullptr) memory_.copy(acting_, parameters_, sizeof(float) * parameter_count_);
  set(clock);
}

Iteration::MemoryUse Iteration::memory_use() const {
  MemoryUse use{.network = 0, .rollout = 0, .parameters = 0, .environments = env_.memory_bytes()};
  for (const MemoryPart& part : parts_) {
    if (part.name == "network") use.network += part.bytes;
    if (part.name == "rollout" || part.name == "minibatch") use.rollout += part.bytes;
    if (part.name == "parameters") use.parameters += part.bytes;
  }
  if (use.network == 0) use.network = network_->memory_bytes();  // its own
  return use;
}

}  // namespace boxwarp
