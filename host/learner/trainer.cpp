#include "host/learner/trainer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <numeric>

#include "kernels/sokoban/random.hpp"
#include "levels/error.hpp"
#include "levels/generate/generate.hpp"

namespace boxwarp {

struct Trainer::Sums {
  double policy_loss = 0, value_loss = 0, entropy = 0, gradient_norm = 0;
  double target = 0, target_square = 0, error = 0, error_square = 0;
  std::int64_t samples = 0, steps = 0;

  void add(const LossStatistics& loss, double norm) {
    policy_loss += loss.policy_loss;
    value_loss += loss.value_loss;
    entropy += loss.entropy;
    gradient_norm += norm;
    target += loss.target_sum;
    target_square += loss.target_square_sum;
    error += loss.error_sum;
    error_square += loss.error_square_sum;
    samples += loss.samples;
    ++steps;
  }

  // 1 - var(target - value) / var(target)
  double explained_variance() const {
    const auto n = static_cast<double>(samples);
    const double spread = target_square - target * target / n;
    return spread > 0 ? 1.0 - (error_square - error * error / n) / spread : 0.0;
  }
};

namespace {

// Are these the levels of one generator, none left out?
bool is_generated(const LevelSet& set) {
  if (set.files().size() != 1 || !set.files()[0].starts_with(kGeneratedPrefix)) return false;
  return set.origin(set.size() - 1).ordinal == parse_generated(set.files()[0]).first + set.size() - 1;
}

TrainConfig checked(TrainConfig config, const LevelBank& levels) {
  const LevelBankView bank = levels.view();
  if (config.network.height == 0) config.network.height = bank.height;
  if (config.network.width == 0) config.network.width = bank.width;
  std::vector<std::string> mistakes = mistakes_in(config);
  if (config.network.height < bank.height || config.network.width < bank.width)
    mistakes.push_back(fmt::format("network.height, network.width: found {}x{}, take {}x{} (the largest level) or more",
                                   config.network.height, config.network.width, bank.height, bank.width));
  const LevelSet& set = levels.levels();
  if (config.fresh_levels > 0 && !is_generated(set))
    mistakes.push_back("fresh_levels: takes one set of generated levels, as --levels generated:size=10x10,boxes=4,count=100000");
  if (config.fresh_levels > set.size())
    mistakes.push_back(fmt::format("fresh_levels: found {}, takes at most the {} levels of the set", config.fresh_levels,
                                   set.size()));
  if (!mistakes.empty()) throw BadInput(fmt::format("configuration:\n  {}", fmt::join(mistakes, "\n  ")));
  return config;
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
  env.final_observation = false;
  env.seed = config.seed;
  return env;
}

bool uses_bootstrap_step(const TrainConfig& config) { return config.algorithm == Algorithm::vtrace; }

NetLimits net_limits(const TrainConfig& config) {
  return {.forward_boards = config.num_envs,
          .forward_steps = 1,
          .training_boards = config.minibatch_envs,
          .training_steps = config.unroll + (uses_bootstrap_step(config) ? 1 : 0)};
}

// The updates over which schedules and the curriculum run.
std::int64_t scheduled_updates(const TrainConfig& config) {
  const std::int64_t frames = config.schedule_frames != 0 ? config.schedule_frames : config.frames;
  return std::max<std::int64_t>(1, frames / config.frames_per_update());
}

bool is_head(const ParameterTensor& tensor) {
  return tensor.name.starts_with("action_net.") || tensor.name.starts_with("value_net.");
}

}  // namespace

Trainer::Trainer(TrainConfig config, std::shared_ptr<const LevelBank> levels, const Device& device)
    : config_(checked(std::move(config), *levels)),
      levels_(std::move(levels)),
      device_(device),
      network_(net_ops(device).create(*device.executor, config_.network, net_limits(config_))),
      actor_(env_config(config_), levels_, device, config_.network),
      rollout_(config_.network, config_.unroll, config_.num_envs),
      minibatch_(rollout_, config_.minibatch_envs, uses_bootstrap_step(config_)),
      parameters_(initial_weights(config_.network, static_cast<float>(config_.head_gain), config_.seed)),
      adam_m_(parameters_.size()),
      adam_v_(parameters_.size()),
      gradient_(parameters_.size()),
      tensors_(parameter_tensors(config_.network)) {
  learn_ops(device);  // a device without them is told now, not after a rollout
  if (config_.algorithm == Algorithm::ppo) {
    advantages_.resize(rollout_.reward.size());
    targets_.resize(rollout_.reward.size());
  }
  limit_levels();
  actor_.env.reset();
  network_->load(parameters_.data());
}

UpdateMetrics Trainer::update() {
  const std::int64_t planned = scheduled_updates(config_);
  const double learning_rate =
      scheduled(config_.schedule, config_.learning_rate, config_.learning_rate_end, updates_, planned);
  const double entropy =
      scheduled(config_.schedule, config_.entropy_coefficient, config_.entropy_coefficient_end, updates_, planned);
  const bool ppo = config_.algorithm == Algorithm::ppo;

  limit_levels();
  renew_levels();
  const EpisodeCounts episodes = roll_out(device_, *network_, actor_, config_.reward_scale, ppo, rollout_);
  if (ppo) {
    device_.learn->gae(*device_.executor, rollout_.steps, rollout_.boards, rollout_.values.data(), rollout_.reward.data(),
                       rollout_.done.data(), rollout_.truncated.data(), static_cast<float>(config_.gamma),
                       static_cast<float>(config_.lambda), advantages_.data(), targets_.data());
  }
  Sums sums;
  for (int epoch = 0; epoch < config_.epochs; ++epoch) {
    const std::vector<std::int32_t> order = environment_order(epoch);
    const auto size = static_cast<std::size_t>(config_.minibatch_envs);
    for (std::size_t begin = 0; begin < order.size(); begin += size)
      learn_from(std::span(order).subspan(begin, size), learning_rate, entropy, sums);
  }
  ++updates_;
  const auto steps = static_cast<double>(sums.steps);
  return {.update = updates_,
          .frames = frames(),
          .learning_rate = learning_rate,
          .entropy = sums.entropy / steps,
          .policy_loss = sums.policy_loss / steps,
          .value_loss = sums.value_loss / steps,
          .gradient_norm = sums.gradient_norm / steps,
          .explained_variance = sums.explained_variance(),
          .episodes = episodes,
          .mean_return = episodes.mean_return(Rewards{})};
}

// The levels lie in order of difficulty where a curriculum is wanted: it starts with the first of them and grows evenly.
void Trainer::limit_levels() {
  if (config_.curriculum == 0) return;
  const double passed =
      static_cast<double>(updates_) / (config_.curriculum * static_cast<double>(scheduled_updates(config_)));
  const double share = config_.curriculum_start + (1 - config_.curriculum_start) * std::min(1.0, passed);
  const auto all = static_cast<double>(levels_->levels().size());
  actor_.env.limit_levels(std::max<std::int64_t>(1, std::llround(share * all)));
}

// The generator's levels follow on those of the set, round and round its places, so that any update's levels are known.
void Trainer::renew_levels() {
  if (config_.fresh_levels == 0 || updates_ == 0) return;
  const LevelSet& set = levels_->levels();
  const GenerateOptions options = parse_generated(set.files()[0]);
  const std::int64_t made = (updates_ - 1) * config_.fresh_levels;
  for (std::int64_t done = 0; done < config_.fresh_levels;) {
    const std::int64_t slot = (made + done) % set.size();
    const std::int64_t count = std::min(config_.fresh_levels - done, set.size() - slot);
    actor_.env.renew_levels(options.play, {options.seed, options.first + set.size() + made + done, count}, slot);
    done += count;
  }
}

// One gradient step: forward, loss, backward, clip, Adam.
void Trainer::learn_from(std::span<const std::int32_t> environments, double learning_rate, double entropy, Sums& sums) {
  Minibatch& batch = minibatch_;
  batch.gather(rollout_, environments, advantages_, targets_);
  const UnrollView unroll = batch.unroll();
  network_->forward(unroll, true);

  const TrajectoryView trajectory{.steps = batch.steps,
                                  .boards = batch.boards,
                                  .actions = rollout_.actions,
                                  .logits = batch.logits.data(),
                                  .values = batch.values.data(),
                                  .behaviour_logits = batch.behaviour_logits.data(),
                                  .action = batch.action.data(),
                                  .reward = batch.reward.data(),
                                  .done = batch.done.data(),
                                  .truncated = batch.truncated.data()};
  const LossCoefficients coefficients{.gamma = static_cast<float>(config_.gamma),
                                      .lambda = static_cast<float>(config_.lambda),
                                      .entropy = static_cast<float>(entropy),
                                      .value = static_cast<float>(config_.value_coefficient),
                                      .logit_l2 = static_cast<float>(config_.logit_l2),
                                      .clip = static_cast<float>(config_.clip)};
  LossStatistics loss;
  if (config_.algorithm == Algorithm::vtrace) {
    loss = device_.learn->vtrace_loss(*device_.executor, trajectory, coefficients, batch.grad_logits.data(),
                                      batch.grad_values.data());
  } else {
    if (config_.normalise_advantages) normalise(batch.advantage);
    loss = device_.learn->ppo_loss(*device_.executor, trajectory, batch.advantage.data(), batch.target.data(), coefficients,
                                   batch.grad_logits.data(), batch.grad_values.data());
  }
  network_->backward(unroll, {.grad_logits = batch.grad_logits.data(),
                              .grad_values = batch.grad_values.data(),
                              .grad_parameters = gradient_.data(),
                              .grad_h_start = nullptr,
                              .grad_c_start = nullptr});
  for (const ParameterTensor& tensor : tensors_) {
    if (config_.head_l2 == 0 || !is_head(tensor)) continue;
    for (std::size_t i = tensor.offset; i < tensor.offset + tensor.size; ++i)
      gradient_[i] += static_cast<float>(2 * config_.head_l2) * parameters_[i];
  }
  const double norm = device_.learn->norm(*device_.executor, gradient_.data(), gradient_.size());
  if (!loss.finite || !std::isfinite(norm))
    throw std::runtime_error(
        fmt::format("update {}: the loss or its gradient is not finite (policy loss {}, value loss {}, "
                    "gradient norm {}); lower learning_rate or max_gradient_norm",
                    updates_ + 1, loss.policy_loss, loss.value_loss, norm));
  const double scale = norm > config_.max_gradient_norm ? config_.max_gradient_norm / norm : 1.0;
  device_.learn->adam(*device_.executor, parameters_.size(), parameters_.data(), adam_m_.data(), adam_v_.data(),
                      gradient_.data(), static_cast<float>(scale), static_cast<float>(learning_rate),
                      static_cast<float>(config_.adam_beta1), static_cast<float>(config_.adam_beta2),
                      static_cast<float>(config_.adam_epsilon), ++gradient_steps_);
  network_->load(parameters_.data());
  sums.add(loss, norm);
}

// V-trace takes the environments in order; PPO shuffles them (Fisher and Yates) anew in every epoch.
std::vector<std::int32_t> Trainer::environment_order(int epoch) const {
  std::vector<std::int32_t> order(static_cast<std::size_t>(config_.num_envs));
  std::iota(order.begin(), order.end(), 0);
  if (config_.algorithm == Algorithm::vtrace) return order;
  for (std::size_t left = order.size(); left > 1; --left) {
    const auto number = static_cast<std::uint32_t>(static_cast<std::size_t>(epoch) * order.size() + left - 1);
    const RandomWords words = draw(config_.seed, number, Stream::shuffling, static_cast<std::uint64_t>(updates_));
    std::swap(order[left - 1], order[below(words, left)]);
  }
  return order;
}

double Trainer::parameter_norm() const {
  return device_.learn->norm(*device_.executor, parameters_.data(), parameters_.size());
}

Trainer::MemoryUse Trainer::memory_use() const {
  return {.network = network_->memory_bytes(),
          .rollout = rollout_.memory_bytes() + minibatch_.memory_bytes() +
                     sizeof(float) * (actor_.h.size() + actor_.c.size() + advantages_.size() + targets_.size()),
          .parameters = sizeof(float) * 4 * parameters_.size(),
          .levels = levels_->memory_bytes()};
}

}  // namespace boxwarp
