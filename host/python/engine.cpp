#include "host/python/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "host/cuda/backend.hpp"
#include "host/python/arrays.hpp"
#include "host/python/forks.hpp"
#include "kernels/sokoban/board.hpp"
#include "levels/error.hpp"

namespace boxwarp::python {

Engine::Engine(std::shared_ptr<const LevelBank> levels, const EnvironmentOptions& options)
    : device_(options.device),
      env_(options.config, std::move(levels), device_),
      double_buffer_(options.double_buffer),
      process_(forks()),
      actions_(static_cast<std::size_t>(env_.num_envs())),
      returns_(actions_.size()) {
  if (double_buffer_) second_.resize(actions_.size() * env_.observation_bytes());
}

std::uint8_t* Engine::observations(int buffer) const {
  if (buffer == 1) return const_cast<std::uint8_t*>(second_.data());
  return env_.device_output().observation;
}

int Engine::cuda_index() const { return on_processor() ? 0 : boxwarp::cuda_index(*device_.executor); }

void Engine::wait_for(std::uintptr_t stream) {
  const auto mine = turn();
  if (!on_processor()) cuda_wait_for(*device_.executor, stream);
}

void Engine::make_wait(std::uintptr_t stream) {
  const auto mine = turn();
  if (!on_processor()) cuda_make_wait(*device_.executor, stream);
}

// The process first: what was locked when it forked stays locked in the child.
std::unique_lock<std::mutex> Engine::turn() {
  if (process_ != forks())
    throw DeviceError("these environments were made before the process forked; make them anew in the child");
  return std::unique_lock(busy_);
}

void Engine::reset(std::span<const std::uint8_t> mask, std::span<const std::int64_t> levels) {
  const auto mine = turn();
  // A reset draws into the engine's own buffer, and rows that it leaves alone must be there, too.
  if (current_ == 1 && !mask.empty()) std::ranges::copy(second_, observations(0));
  env_.reset(mask, levels);
  current_ = 0;
}

void Engine::reset(std::uint64_t seed) {
  const auto mine = turn();
  env_.reset(seed);
  current_ = 0;
}

void Engine::reset_each(std::span<const std::uint64_t> seeds) {
  const auto mine = turn();
  env_.reset_each(seeds);
  current_ = 0;
}

template <class Integer>
void Engine::convert(const Integer* actions) {
  const auto choices = static_cast<Integer>(env_.num_actions());
  const bool skips = env_.config().auto_reset == AutoReset::next_step;
  for (std::size_t e = 0; e < actions_.size(); ++e) {
    const Integer action = actions[e];
    actions_[e] = action >= 0 && action < choices ? static_cast<std::uint8_t>(action) : std::uint8_t{0};
    if (action >= 0 && action < choices) continue;
    if (skips && env_.state().ended[e] != 0) continue;  // this call starts the next episode, whatever the action
    throw BadInput(fmt::format("step: action {} of environment {} is not in 0 to {}", action, e, env_.num_actions() - 1));
  }
}

void Engine::step(const AnyArray& actions) {
  const auto mine = turn();
  if (actions.ndim() != 1 || actions.shape(0) != actions_.size()) {
    std::string shape;
    for (std::size_t i = 0; i < actions.ndim(); ++i) shape += fmt::format("{}{}", i == 0 ? "" : ", ", actions.shape(i));
    throw BadInput(fmt::format("step: found actions of shape ({}), takes ({},)", shape, actions_.size()));
  }
  const nanobind::dlpack::dtype type = actions.dtype();
  if (actions.device_type() != nanobind::device::cpu::value) {
    if (on_processor() || type != nanobind::dtype<std::uint8_t>())
      throw BadInput("step: actions on a GPU must be uint8 and on the GPU of the environments");
    env_.device_step(static_cast<const std::uint8_t*>(actions.data()));
    return;
  }
  if (type == nanobind::dtype<std::int64_t>())
    convert(static_cast<const std::int64_t*>(actions.data()));
  else if (type == nanobind::dtype<std::int32_t>())
    convert(static_cast<const std::int32_t*>(actions.data()));
  else if (type == nanobind::dtype<std::uint8_t>())
    return stepped(static_cast<const std::uint8_t*>(actions.data()));
  else
    throw BadInput(fmt::format("step: found actions of type {}, takes int32, int64 or uint8", text_of(type)));
  stepped(actions_.data());
}

void Engine::stepped(const std::uint8_t* actions) {
  if (double_buffer_) {
    env_.device_step({.actions = actions, .observations = observations(1 - current_)}, 1);
    current_ = 1 - current_;
    if (env_.config().auto_reset == AutoReset::disabled) keep_ended_rows();
  } else {
    env_.step(std::span(actions, actions_.size()));
  }
  if (on_processor()) tell_returns();
}

// An episode that is over is not drawn again, so its last observation comes along from the other buffer.
void Engine::keep_ended_rows() {
  const std::size_t bytes = env_.observation_bytes();
  for (std::size_t e = 0; e < actions_.size(); ++e) {
    if (env_.state().ended[e] == 0 || env_.terminated()[e] != 0 || env_.truncated()[e] != 0) continue;
    std::copy_n(observations(1 - current_) + e * bytes, bytes, observations(current_) + e * bytes);
  }
}

void Engine::tell_returns() {
  const auto terminated = env_.terminated(), truncated = env_.truncated();
  constexpr std::size_t kAtOnce = sizeof(std::uint64_t);
  for (std::size_t e = 0; e < actions_.size(); ++e) {
    if (e % kAtOnce == 0 && e + kAtOnce <= actions_.size()) {  // most episodes go on: look at eight flags at once
      std::uint64_t ended[2];
      std::memcpy(&ended[0], terminated.data() + e, kAtOnce);
      std::memcpy(&ended[1], truncated.data() + e, kAtOnce);
      if ((ended[0] | ended[1]) == 0) {
        e += kAtOnce - 1;
        continue;
      }
    }
    if (terminated[e] != 0 || truncated[e] != 0) returns_[e] = env_.episode_return(static_cast<std::int64_t>(e));
  }
}

void Engine::step_many(const AnyArray* actions, int steps, std::span<float> reward, std::span<std::int32_t> episodes,
                       std::span<std::int32_t> solved) {
  const auto mine = turn();
  std::span<const std::uint8_t> given;
  if (actions != nullptr) {
    if (actions->dtype() != nanobind::dtype<std::uint8_t>() || actions->device_type() != nanobind::device::cpu::value ||
        actions->ndim() != 2 || actions->shape(1) != actions_.size())
      throw BadInput(fmt::format("step_many: takes actions as uint8 of shape (steps, {})", actions_.size()));
    given = {static_cast<const std::uint8_t*>(actions->data()), actions->size()};
    steps = static_cast<int>(actions->shape(0));
  }
  env_.step_many(given, steps, {.reward = reward.data(), .episodes = episodes.data(), .solved = solved.data()});
}

void Engine::random_actions(std::span<std::uint8_t> actions) {
  const auto mine = turn();
  env_.random_actions(actions);
}

void Engine::render(int tile, std::span<std::uint8_t> picture) {
  const auto mine = turn();
  env_.render({.kind = Observation::pixels, .tile = tile}, picture);
}

std::vector<std::byte> Engine::save() {
  const auto mine = turn();
  return env_.save();
}

void Engine::restore(std::span<const std::byte> state) {
  const auto mine = turn();
  env_.restore(state);
  current_ = 0;
}

void Engine::synchronize() {
  const auto mine = turn();
  env_.synchronize();
}

}  // namespace boxwarp::python
