// Episodes recorded in the published environment, played again: rewards to the last bit, flags, and every picture.
#include "tests/host/engine/recorded.hpp"

#include <bit>

#include "host/engine/vector_env.hpp"
#include "tests/host/small_levels.hpp"
#include "tests/oracle/sha256.hpp"

namespace boxwarp::test {
namespace {

TEST(Sha256, GivesTheKnownAnswers) {
  EXPECT_EQ(oracle::sha256({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(oracle::sha256({'a', 'b', 'c'}), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(oracle::sha256(std::vector<std::uint8_t>(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

class RecordedEpisodes : public testing::Test {
 protected:
  void SetUp() override {
    const std::filesystem::path path = recorded_path();
    if (path.empty()) GTEST_SKIP() << "no recorded episodes: name a file of them in BOXWARP_TRACES";
    episodes_ = recorded_episodes(path);
    ASSERT_FALSE(episodes_.empty());
  }

  // The level that the recorded environment went on with, where it is known.
  std::optional<Text> next_level(const Recorded& episode) {
    if (episode.next_hash.empty()) return std::nullopt;
    if (!episode.next_level) return episode.text;
    const std::vector<Text>& levels = collection_.levels(episode.level_file);
    if (static_cast<std::size_t>(*episode.next_level) >= levels.size()) return std::nullopt;
    return levels[static_cast<std::size_t>(*episode.next_level)];
  }

  // Episodes with the same cap and size of board, which one VectorEnv can play side by side.
  std::vector<std::vector<const Recorded*>> groups() const {
    std::map<std::tuple<int, std::size_t, std::size_t>, std::vector<const Recorded*>> found;
    for (const Recorded& episode : episodes_)
      found[{episode.max_steps, episode.text.size(), episode.text[0].size()}].push_back(&episode);
    std::vector<std::vector<const Recorded*>> result;
    for (auto& [key, group] : found) result.push_back(std::move(group));
    return result;
  }

  // Plays every episode, boards of them at a time; each in the last batch fills up with episodes played before.
  void replay(std::size_t boards, AutoReset mode, bool large, int threads) {
    for (const std::vector<const Recorded*>& group : groups())
      for (std::size_t first = 0; first < group.size(); first += boards) {
        std::vector<const Recorded*> batch;
        for (std::size_t i = 0; i < boards; ++i) batch.push_back(group[(first + i) % group.size()]);
        replay_batch(batch, mode, large, threads);
        if (HasFatalFailure()) return;
      }
  }

  void replay_batch(const std::vector<const Recorded*>& batch, AutoReset mode, bool large, int threads) {
    // Level e is environment e's episode, level e + N the one that follows it: sequential order plays them so.
    std::vector<Text> levels;
    for (const Recorded* episode : batch) levels.push_back(episode->text);
    std::vector<bool> next_known;
    std::size_t longest = 0;
    for (const Recorded* episode : batch) {
      const std::optional<Text> next = next_level(*episode);
      next_known.push_back(next.has_value());
      levels.push_back(next.value_or(episode->text));
      longest = std::max(longest, episode->actions.size());
    }
    const int cap = batch[0]->max_steps;
    VectorEnv env({.num_envs = static_cast<std::int64_t>(batch.size()),
                   .level_order = LevelOrder::sequential,
                   .auto_reset = mode,
                   .min_steps = cap,
                   .max_steps = cap},
                  bank_from(levels, large), open_device("cpu", threads));
    env.reset();
    for (std::size_t e = 0; e < batch.size(); ++e) ASSERT_EQ(hash(env, env.observations(), e), batch[e]->first_hash);

    const bool same_step = mode == AutoReset::same_step;
    std::vector<std::uint8_t> over(batch.size());
    for (std::size_t t = 0; t <= longest; ++t) {  // one step more, for what follows the longest
      std::vector<std::int32_t> actions;
      for (const Recorded* episode : batch) actions.push_back(t < episode->actions.size() ? episode->actions[t] : 0);
      env.step(actions);
      for (std::size_t e = 0; e < batch.size(); ++e) {
        const Recorded& episode = *batch[e];
        SCOPED_TRACE("episode " + std::to_string(episode.id) + ", step " + std::to_string(t));
        if (t == episode.actions.size() && over[e] != 0 && !same_step)
          expect_after_end(env, mode, e, episode, next_known[e]);
        if (t >= episode.actions.size()) continue;
        ASSERT_EQ(std::bit_cast<std::uint32_t>(env.rewards()[e]), std::bit_cast<std::uint32_t>(episode.rewards[t]))
            << env.rewards()[e] << " and " << episode.rewards[t];
        ASSERT_EQ(env.terminated()[e], episode.terminated[t]);
        ASSERT_EQ(env.truncated()[e], episode.truncated[t]);
        const bool done = env.terminated()[e] || env.truncated()[e];
        ASSERT_EQ(hash(env, done && same_step ? env.final_observations() : env.observations(), e), episode.hashes[t]);
        ++steps_;
        if (!done) continue;
        ASSERT_EQ(t + 1, episode.actions.size()) << "an episode ends with its last action";
        ASSERT_EQ(env.episode_lengths()[e], static_cast<std::int32_t>(t + 1));
        ASSERT_EQ(env.finished_level_ids()[e], static_cast<std::int64_t>(e));
        over[e] = 1;
        if (!same_step || !next_known[e]) continue;
        ASSERT_EQ(hash(env, env.observations(), e), episode.next_hash) << "what the environment goes on with";
        ++nexts_;
      }
    }
    for (std::size_t e = 0; e < batch.size(); ++e)
      ASSERT_EQ(over[e], batch[e]->terminated.back() | batch[e]->truncated.back()) << batch[e]->id;
  }

  // The step after the last one of an episode, where that did not start the next.
  void expect_after_end(const VectorEnv& env, AutoReset mode, std::size_t e, const Recorded& episode, bool next_known) {
    ASSERT_EQ(env.rewards()[e], 0.0f);
    const bool starts = mode == AutoReset::next_step;
    ASSERT_EQ(env.terminated()[e], starts ? 0 : episode.terminated.back());
    ASSERT_EQ(env.truncated()[e], starts ? 0 : episode.truncated.back());
    if (starts && !next_known) return;
    ASSERT_EQ(hash(env, env.observations(), e), starts ? episode.next_hash : episode.hashes.back());
    ++nexts_;
  }

  static std::string hash(const VectorEnv& env, std::span<const std::uint8_t> rows, std::size_t e) {
    const auto row = rows.subspan(e * env.observation_bytes(), env.observation_bytes());
    return oracle::sha256({row.begin(), row.end()}).substr(0, 16);
  }

  std::vector<Recorded> episodes_;
  Collection collection_;
  std::int64_t steps_ = 0, nexts_ = 0;  // compared
};

TEST_F(RecordedEpisodes, PlayAgainAloneAndSideBySideInEveryModeAndTier) {
  std::int64_t recorded = 0;
  for (const Recorded& episode : episodes_) recorded += static_cast<std::int64_t>(episode.actions.size());
  for (const AutoReset mode : {AutoReset::same_step, AutoReset::next_step, AutoReset::disabled}) {
    steps_ = nexts_ = 0;
    ASSERT_NO_FATAL_FAILURE(replay(1, mode, false, 1));
    EXPECT_EQ(steps_, recorded);
    std::printf("mode %d: %lld steps of %zu episodes compared, and %lld boards that followed\n", static_cast<int>(mode),
                static_cast<long long>(steps_), episodes_.size(), static_cast<long long>(nexts_));
    for (const bool large : {false, true})
      for (const std::size_t boards : std::vector<std::size_t>{1, 7, 64}) {
        if (boards == 1 && !large) continue;  // have been played
        SCOPED_TRACE(std::to_string(boards) + (large ? " boards of the large tier" : " boards"));
        ASSERT_NO_FATAL_FAILURE(replay(boards, mode, large, 2));
      }
  }
}

TEST_F(RecordedEpisodes, EndOnTheRecordedBoards) {
  for (const Recorded& episode : episodes_) {
    if (episode.final_board.empty()) continue;
    const auto bank = bank_from({episode.text});
    VectorEnv env({.observation = Observation::cells, .min_steps = episode.max_steps, .max_steps = episode.max_steps}, bank,
                  open_device("cpu", 1));
    env.reset();
    for (const std::int32_t action : episode.actions) env.step(std::vector<std::int32_t>{action});
    if ((env.terminated()[0] | env.truncated()[0]) == 0) continue;
    std::size_t cell = 0;
    for (const std::string& row : episode.final_board)
      for (const char c : row) ASSERT_EQ("# .*$@+"[env.final_observations()[cell++]], c) << "episode " << episode.id;
  }
}

}  // namespace
}  // namespace boxwarp::test
