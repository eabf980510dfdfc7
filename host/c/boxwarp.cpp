#include "host/c/boxwarp.h"

#include <cstddef>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "host/engine/build_info.hpp"
#include "host/engine/option_names.hpp"
#include "host/engine/vector_env.hpp"
#include "levels/error.hpp"

struct boxwarp_env {
  boxwarp_env(const boxwarp::VectorEnvConfig& config, std::shared_ptr<const boxwarp::LevelBank> levels,
              const boxwarp::Device& device)
      : env(config, std::move(levels), device), on_device(device.far_memory != nullptr) {}
  mutable std::mutex turn;
  boxwarp::VectorEnv env;
  bool on_device;
};

namespace {

using namespace boxwarp;

thread_local std::string last_error;

boxwarp_status told(boxwarp_status status, const char* what) noexcept {
  try {
    last_error = what;
  } catch (...) {  // no memory even for the message
    last_error.clear();
  }
  return status;
}

// Runs work(); its exception becomes a status and a message.
template <class Work>
boxwarp_status guarded(Work&& work) noexcept {
  try {
    work();
    return BOXWARP_OK;
  } catch (const BadInput& error) {
    return told(BOXWARP_BAD_INPUT, error.what());
  } catch (const DeviceError& error) {
    return told(BOXWARP_DEVICE, error.what());
  } catch (const std::exception& error) {
    return told(BOXWARP_FAILED, error.what());
  } catch (...) {
    return told(BOXWARP_FAILED, "unknown failure");
  }
}

// The same in the environment's turn.
template <class Work>
boxwarp_status in_turn(const boxwarp_env* env, Work&& work) noexcept {
  return guarded([&] {
    if (env == nullptr) throw BadInput("the environment is null; boxwarp_create makes one");
    const std::lock_guard lock(env->turn);
    work();
  });
}

void demand(const void* pointer, const char* what) {
  if (pointer == nullptr) throw BadInput(std::string(what) + " is null");
}

// What programs of the first version know of the options.
constexpr std::size_t kFirstOptions = offsetof(boxwarp_options, no_op);

boxwarp_options default_options() {
  const VectorEnvConfig config;
  return {.size = sizeof(boxwarp_options),
          .num_envs = config.num_envs,
          .levels = nullptr,
          .device = "auto",
          .threads = 0,
          .observation = "rgb",
          .layout = "chw",
          .dtype = "uint8",
          .tile = config.tile,
          .autoreset = "same_step",
          .level_order = "random",
          .min_steps = config.min_steps,
          .max_steps = config.max_steps,
          .reward_step = config.rewards.step,
          .reward_box = config.rewards.box,
          .reward_finish = config.rewards.finish,
          .height = 0,
          .width = 0,
          .symmetry = 0,
          .final_observation = 1,
          .seed = 0,
          .no_op = 0,
          .end_on_deadlock = 0,
          .reward_no_op = config.rewards.no_op,
          .solved_rule = "boxes_matched"};
}

void demand_options_size(const char* where, std::size_t size) {
  if (size < kFirstOptions || size > sizeof(boxwarp_options))
    throw BadInput(std::string(where) + ": found options of " + std::to_string(size) + " bytes, takes " +
                   std::to_string(kFirstOptions) + " to " + std::to_string(sizeof(boxwarp_options)) +
                   "; boxwarp_options_init sets their size, and this library must not be older than the header");
}

VectorEnvConfig config_of(const boxwarp_options& options) {
  VectorEnvConfig config;
  config.num_envs = options.num_envs;
  config.observation = option_named<Observation>("observation", options.observation);
  config.layout = option_named<Layout>("layout", options.layout);
  config.element = option_named<Element>("dtype", options.dtype);
  config.tile = options.tile;
  config.auto_reset = option_named<AutoReset>("autoreset", options.autoreset);
  config.level_order = option_named<LevelOrder>("level_order", options.level_order);
  config.min_steps = options.min_steps;
  config.max_steps = options.max_steps;
  config.rewards = {.step = options.reward_step,
                    .box = options.reward_box,
                    .finish = options.reward_finish,
                    .no_op = options.reward_no_op};
  config.height = options.height;
  config.width = options.width;
  config.symmetry = options.symmetry != 0;
  config.final_observation = options.final_observation != 0;
  config.seed = options.seed;
  config.no_op = options.no_op != 0;
  config.end_on_deadlock = options.end_on_deadlock != 0;
  config.solved_rule = option_named<SolvedRule>("solved_rule", options.solved_rule);
  return config;
}

}  // namespace

extern "C" {

int boxwarp_abi_version(void) { return BOXWARP_ABI_VERSION; }

const char* boxwarp_version(void) { return program_version(); }

const char* boxwarp_last_error(void) { return last_error.c_str(); }

boxwarp_status boxwarp_options_init_sized(boxwarp_options* options, size_t size) {
  return guarded([&] {
    demand(options, "boxwarp_options_init: options");
    demand_options_size("boxwarp_options_init", size);
    boxwarp_options defaults = default_options();
    defaults.size = size;
    std::memcpy(options, &defaults, size);
  });
}

#undef boxwarp_options_init
void boxwarp_options_init(boxwarp_options* options) { boxwarp_options_init_sized(options, kFirstOptions); }

boxwarp_status boxwarp_create(const boxwarp_options* options, boxwarp_env** env) {
  if (env != nullptr) *env = nullptr;
  return guarded([&] {
    demand(options, "boxwarp_create: options");
    demand(env, "boxwarp_create: env");
    demand_options_size("boxwarp_create", options->size);
    boxwarp_options all = default_options();
    std::memcpy(&all, options, options->size);
    for (const char* text :
         {all.device, all.observation, all.layout, all.dtype, all.autoreset, all.level_order, all.solved_rule})
      demand(text, "boxwarp_create: a text of the options");
    if (all.levels == nullptr) throw BadInput("boxwarp_create: options.levels must name a file, a folder or a generator");
    auto levels = std::make_shared<const LevelBank>(load_levels({all.levels}));
    *env = new boxwarp_env(config_of(all), std::move(levels), open_device(all.device, all.threads));
  });
}

void boxwarp_destroy(boxwarp_env* env) { delete env; }

boxwarp_status boxwarp_reset(boxwarp_env* env, const uint8_t* mask, const int64_t* level_ids) {
  return in_turn(env, [&] {
    const auto n = static_cast<std::size_t>(env->env.num_envs());
    env->env.reset(mask == nullptr ? std::span<const std::uint8_t>() : std::span(mask, n),
                   level_ids == nullptr ? std::span<const std::int64_t>() : std::span(level_ids, n));
  });
}

boxwarp_status boxwarp_reset_seed(boxwarp_env* env, uint64_t seed) {
  return in_turn(env, [&] { env->env.reset(seed); });
}

boxwarp_status boxwarp_step(boxwarp_env* env, const int32_t* actions) {
  return in_turn(env, [&] {
    demand(actions, "boxwarp_step: actions");
    env->env.step(std::span(actions, static_cast<std::size_t>(env->env.num_envs())));
  });
}

boxwarp_status boxwarp_step_device(boxwarp_env* env, const uint8_t* actions) {
  return in_turn(env, [&] {
    demand(actions, "boxwarp_step_device: actions");
    env->env.device_step(actions);
  });
}

boxwarp_status boxwarp_synchronize(boxwarp_env* env) {
  return in_turn(env, [&] { env->env.synchronize(); });
}

boxwarp_status boxwarp_random_actions(const boxwarp_env* env, uint8_t* actions) {
  return in_turn(env, [&] {
    demand(actions, "boxwarp_random_actions: actions");
    env->env.random_actions(std::span(actions, static_cast<std::size_t>(env->env.num_envs())));
  });
}

boxwarp_status boxwarp_get_buffers(const boxwarp_env* env, boxwarp_buffers* buffers) {
  return in_turn(env, [&] {
    demand(buffers, "boxwarp_get_buffers: buffers");
    if (buffers->size != sizeof(boxwarp_buffers))
      throw BadInput("boxwarp_get_buffers: set buffers->size to sizeof(boxwarp_buffers) first");
    const EnvOutputView& output = env->env.device_output();
    *buffers = {.size = sizeof(boxwarp_buffers),
                .num_envs = env->env.num_envs(),
                .height = env->env.height(),
                .width = env->env.width(),
                .observation_bytes = env->env.observation_bytes(),
                .observations = output.observation,
                .final_observations = output.final_observation,
                .rewards = output.reward,
                .terminated = output.terminated,
                .truncated = output.truncated,
                .level_ids = env->env.device_state().level,
                .finished_level_ids = output.finished_level,
                .episode_lengths = output.episode_length,
                .on_device = env->on_device};
  });
}

boxwarp_status boxwarp_save(const boxwarp_env* env, void* state, size_t capacity, size_t* bytes) {
  return in_turn(env, [&] {
    demand(bytes, "boxwarp_save: bytes");
    const std::vector<std::byte> saved = env->env.save();
    *bytes = saved.size();
    if (saved.size() > capacity) return;
    demand(state, "boxwarp_save: state");
    std::memcpy(state, saved.data(), saved.size());
  });
}

boxwarp_status boxwarp_restore(boxwarp_env* env, const void* state, size_t bytes) {
  return in_turn(env, [&] {
    demand(state, "boxwarp_restore: state");
    env->env.restore({static_cast<const std::byte*>(state), bytes});
  });
}

}  // extern "C"
