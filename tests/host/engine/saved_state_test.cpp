// States that were edited: what no play gives is refused by name, and the engine stays as it was.
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>

#include "host/engine/vector_env.hpp"
#include "kernels/sokoban/reverse_play.hpp"
#include "levels/error.hpp"
#include "tests/host/small_levels.hpp"

namespace boxwarp::test {
namespace {

constexpr std::size_t kEnvs = 3, kHeader = 112;

// Where each array of states of version 03 begins.
std::map<std::string, std::size_t> places(std::size_t words, bool no_op, bool deadlock, std::size_t observation,
                                          std::size_t final_observation) {
  std::map<std::string, std::size_t> places;
  std::size_t at = kHeader;
  const auto lay = [&](const char* name, std::size_t bytes) {
    places[name] = at;
    at += kEnvs * bytes;
  };
  for (const char* name : {"seed", "episode", "order_index"}) lay(name, 8);
  for (const char* name : {"walls", "targets", "boxes"}) lay(name, 8 * words);
  lay("player", 8);
  lay("environment", 4);
  for (const char* name : {"order_start", "level", "finished_level"}) lay(name, 8);
  for (const char* name : {"steps", "cap", "matched"}) lay(name, 4);
  lay("idle", no_op ? 4 : 0);
  for (const char* name : {"episode_length", "episode_matched"}) lay(name, 4);
  lay("episode_idle", no_op ? 4 : 0);
  lay("reward", 4);
  for (const char* name : {"terminated", "truncated", "ended"}) lay(name, 1);
  lay("observation", observation);
  lay("final_observation", final_observation);
  lay("deadlock", deadlock ? 1 : 0);
  lay("live", deadlock ? 8 * words : 0);
  lay("stuck", deadlock && words > 1 ? 8 * words : 0);
  lay("end", 0);
  return places;
}

class SavedStates : public testing::TestWithParam<bool> {
 protected:
  std::size_t words() const { return GetParam() ? 5 : 1; }
  std::unique_ptr<VectorEnv> make(VectorEnvConfig config) {
    config.num_envs = kEnvs;
    config.min_steps = config.max_steps = 9;
    return std::make_unique<VectorEnv>(
        config,
        bank_from({{"######", "#@   #", "# $ .#", "#    #", "######"}, {"####", "#@$#", "# .#", "####"}}, GetParam()),
        open_device("cpu", 1));
  }

  // Environment 1 of the state with another value in an array.
  template <class T>
  static std::vector<std::byte> edited(std::vector<std::byte> state, std::size_t array, T value) {
    std::memcpy(state.data() + array + sizeof value, &value, sizeof value);
    return state;
  }

  static void expect_refused(VectorEnv& env, const std::vector<std::byte>& state, const std::string& word) {
    const std::vector<std::byte> before = env.save();
    try {
      env.restore(state);
      ADD_FAILURE() << word << " was taken";
    } catch (const BadInput& error) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
    EXPECT_TRUE(env.save() == before) << word;
  }
};

TEST_P(SavedStates, RefuseWhatNoPlayGivesAndChangeNothing) {
  const auto env = make({.observation = Observation::cells,
                         .level_order = LevelOrder::sequential,
                         .no_op = true,
                         .deadlock = true,
                         .symmetry = true});
  env->reset();
  env->step(std::vector<std::int32_t>{3, 1, 4});
  const std::vector<std::byte> state = env->save();
  auto at = places(words(), true, true, 30, 30);
  ASSERT_EQ(at["end"], state.size());
  const auto refused = [&](const char* array, auto... values) {
    (expect_refused(*env, edited(state, at[array], values), array), ...);
  };
  refused("level", std::int64_t{-48}, std::int64_t{-1}, std::int64_t{2}, std::int64_t{1} << 60);
  refused("order_start", std::int64_t{-96}, std::int64_t{3}, std::int64_t{1} << 62);
  refused("order_index", std::uint64_t{1} << 63, ~std::uint64_t{0}, std::uint64_t{1} << 61);
  refused("steps", -1, 10);
  refused("cap", 0, 8, 10, -5, 1 << 30);
  refused("matched", 4097, std::numeric_limits<std::int32_t>::min());
  refused("idle", -1, 2);
  refused("player", GetParam() ? std::uint64_t{64 * 5} : std::uint64_t{0}, ~std::uint64_t{0});
  for (const char* flag : {"terminated", "truncated", "ended", "deadlock"}) refused(flag, std::uint8_t{2});
  refused("ended", std::uint8_t{1});  // never with same_step
  expect_refused(*env, edited(state, at["finished_level"], std::int64_t{2}), "finished level");
  expect_refused(*env, edited(state, at["observation"], std::uint8_t{7}), "the observation");
  expect_refused(*env, edited(state, at["final_observation"], std::uint8_t{255}), "the final observation");
  env->restore(state);
  EXPECT_TRUE(env->save() == state);
}

TEST_P(SavedStates, OfEpisodesThatAreOverHaveNoLevel) {
  const auto env = make({.auto_reset = AutoReset::next_step});
  env->reset();
  for (int step = 0; step < 9; ++step) env->step(std::vector<std::int32_t>{0, 0, 0});
  const std::vector<std::byte> state = env->save();
  auto at = places(words(), false, false, env->observation_bytes(), 0);
  ASSERT_EQ(at["end"], state.size());
  ASSERT_EQ(env->level_ids()[1], -1);
  expect_refused(*env, edited(state, at["level"], std::int64_t{0}), "level of an episode that is over");
  expect_refused(*env, edited(state, at["ended"], std::uint8_t{0}), "level");
  env->restore(state);
}

TEST_P(SavedStates, RefusePlayersOutsideOfLevelsOfTheirOwn) {
  const auto env = make({.symmetry = true});
  env->reset();
  EXPECT_EQ(env->renew_levels({.height = 5, .width = 6, .boxes = 1}, {.seed = 3, .first = 0, .count = 1}, 0), 1);
  const std::vector<std::byte> state = env->save();
  const std::size_t players = state.size() - 2 * sizeof(std::uint16_t);
  const auto other = make({.symmetry = true});
  other->reset();
  for (const int player : {GetParam() ? 5 * 64 : 3 * 8, 7, 65535}) {
    if (GetParam() && player == 7) continue;  // column 7 lies beyond; 6 is the first
    expect_refused(*other, edited(state, players, static_cast<std::uint16_t>(player)), "player of level 1");
  }
  expect_refused(*other, edited(state, players, static_cast<std::uint16_t>(GetParam() ? 6 : 4)), "player of level 1");
  other->restore(state);
  EXPECT_TRUE(other->save() == state);
}

INSTANTIATE_TEST_SUITE_P(Tiers, SavedStates, testing::Bool(),
                         [](const auto& tier) { return tier.param ? "large" : "small"; });

}  // namespace
}  // namespace boxwarp::test
