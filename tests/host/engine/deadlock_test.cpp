// Dead boards as the environment tells them.
#include "levels/error.hpp"
#include "tests/host/engine/deadlocks.hpp"

namespace boxwarp::test {
namespace {

TEST(Deadlocks, AreWhatTheOracleSaysInEveryModeAndTier) { expect_deadlocks(open_device("cpu", 2), 30); }

TEST(Deadlocks, EndEpisodesWhereThatIsAskedFor) { expect_ends_on_deadlock(open_device("cpu", 2), 60); }

TEST(Deadlocks, AStateTellsWhetherTheyEndEpisodes) {
  const auto bank = bank_from(small_levels());
  VectorEnv ends({.num_envs = 2, .end_on_deadlock = true}, bank, open_device("cpu", 1)),
      told({.num_envs = 2, .deadlock = true}, bank, open_device("cpu", 1));
  ends.reset();
  EXPECT_EQ(ends.deadlocks().size(), 2u);
  EXPECT_THROW(told.restore(ends.save()), BadInput);
  EXPECT_NO_THROW(ends.restore(ends.save()));
}

TEST(Deadlocks, AreNotToldUnlessAskedForAndNotByManySteps) {
  const auto bank = bank_from(small_levels());
  VectorEnv plain({.num_envs = 3}, bank, open_device("cpu", 1)),
      told({.num_envs = 3, .deadlock = true}, bank, open_device("cpu", 1));
  EXPECT_TRUE(plain.deadlocks().empty());
  plain.reset();
  told.reset();
  EXPECT_THROW(plain.restore(told.save()), BadInput);
  std::vector<float> reward(3);
  std::vector<std::int32_t> episodes(3), solved(3);
  EXPECT_THROW(told.step_many({}, 5, {reward.data(), episodes.data(), solved.data()}), BadInput);
}

TEST(Deadlocks, NothingIsToldWhereALostBoxIsOneTooMany) {
  const auto bank = bank_from({{"######", "#@ $.#", "#    #", "#$   #", "######"}});
  for (const SolvedRule rule : {SolvedRule::boxes_matched, SolvedRule::targets_covered}) {
    VectorEnv env({.num_envs = 1, .min_steps = 9, .max_steps = 9, .solved_rule = rule, .end_on_deadlock = true}, bank,
                  open_device("cpu", 1));
    env.reset();
    env.step(std::vector<std::uint8_t>{1});
    EXPECT_EQ(env.deadlocks()[0], rule == SolvedRule::boxes_matched);
    EXPECT_EQ(env.truncated()[0], rule == SolvedRule::boxes_matched) << "and ends nothing";
    EXPECT_EQ(env.terminated()[0], 0);
  }
}

TEST(Deadlocks, GoOnAfterRestoreAsIfNothingHadHappened) {
  for (const bool large : {false, true}) {
    const VectorEnvConfig config{
        .num_envs = 33, .min_steps = 5, .max_steps = 30, .deadlock = true, .symmetry = true, .seed = 8};
    const auto bank = bank_from(small_levels(), large);
    VectorEnv env(config, bank, open_device("cpu", 1)), other(config, bank, open_device("cpu", 2));
    std::vector<std::uint8_t> actions(33);
    const auto go_on = [&](VectorEnv& of) {
      for (int step = 0; step < 20; ++step) {
        of.random_actions(actions);
        of.step(actions);
      }
      return of.save();
    };
    env.reset();
    other.restore(go_on(env));
    EXPECT_TRUE(go_on(env) == go_on(other));
  }
}

}  // namespace
}  // namespace boxwarp::test
