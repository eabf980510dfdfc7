// Saved states of environments. The input is laid over a good state: its first byte chooses the kind of environments, and
// each ten bytes after it are a place of two bytes and what stands there. A state that is taken is played on.
#include <algorithm>
#include <array>
#include <cstring>

#include "host/engine/vector_env.hpp"
#include "kernels/sokoban/reverse_play.hpp"
#include "levels/error.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/host/small_levels.hpp"

namespace {

using namespace boxwarp;

constexpr std::size_t kKinds = 8, kEdit = 10, kPlace = 2;

std::unique_ptr<VectorEnv> environments(std::size_t kind) {
  static const std::shared_ptr<const LevelBank> banks[] = {
      test::easy_levels(), test::bank_from({{"######", "#@   #", "# $ .#", "#    #", "######"}}, true)};
  VectorEnvConfig config{.num_envs = 3,
                         .observation = kind % 2 != 0 ? Observation::cells : Observation::planes,
                         .level_order = kind / 2 % 2 != 0 ? LevelOrder::sequential : LevelOrder::random,
                         .auto_reset = kind % 3 == 0   ? AutoReset::same_step
                                       : kind % 3 == 1 ? AutoReset::next_step
                                                       : AutoReset::disabled,
                         .min_steps = 3,
                         .max_steps = 6,
                         .no_op = kind % 2 != 0,
                         .deadlock = kind % 4 == 1,
                         .symmetry = kind % 3 == 0};
  auto env = std::make_unique<VectorEnv>(config, banks[kind / 4 % 2], open_device("cpu", 1));
  env->reset();
  const bool makes_levels = kind % 4 >= 2;
  if (makes_levels) env->renew_levels({.height = 5, .width = 6, .boxes = 1}, {.seed = 1, .first = 0, .count = 1}, 0);
  return env;
}

struct Kind {
  std::unique_ptr<VectorEnv> env;
  std::vector<std::byte> state;
};

Kind& kind_of(std::size_t number) {
  static std::array<Kind, kKinds> kinds;
  Kind& kind = kinds[number % kKinds];
  if (kind.env == nullptr) {
    kind.env = environments(number % kKinds);
    kind.state = kind.env->save();
  }
  return kind;
}

void play(VectorEnv& env) {
  std::vector<std::uint8_t> actions(3), picture(3 * env.observation_bytes());
  for (int step = 0; step < 20; ++step) {
    env.random_actions(actions);
    env.step(actions);
    env.render({.kind = env.config().observation}, picture);
    const auto in_set = [&env](std::int64_t level) { return level >= -1 && level < env.levels().levels().size(); };
    DEMAND(std::ranges::all_of(env.level_ids(), in_set) && std::ranges::all_of(env.finished_level_ids(), in_set));
  }
  env.reset();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Kind& kind = kind_of(data[0]);
  std::vector<std::byte> state = kind.state;
  for (std::size_t at = 1; at + kEdit <= size; at += kEdit) {
    const std::size_t place = (data[at] + 256u * data[at + 1]) % state.size();
    std::memcpy(state.data() + place, data + at + kPlace, std::min(kEdit - kPlace, state.size() - place));
  }
  try {
    kind.env->restore(state);
    DEMAND(kind.env->save() == state);
    play(*kind.env);
  } catch (const BadInput&) {
  }
  return 0;
}
