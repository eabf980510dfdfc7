#include "host/learner/level_pool.hpp"

#include <gtest/gtest.h>

#include <new>
#include <system_error>

#include "levels/error.hpp"
#include "tests/host/few_threads.hpp"

namespace boxwarp {
namespace {

std::vector<std::string> expected(const StartSource& source, std::int64_t from, std::int64_t count) {
  StartGenerator generator(source.options);
  std::vector<std::string> texts;
  for (std::int64_t i = from; i < from + count; ++i)
    texts.push_back(text_entry(generator.level(source.seed, static_cast<std::uint64_t>(source.first + i)).level, 0));
  return texts;
}

std::vector<std::string> taken(LevelPool& pool, std::int64_t count) {
  std::vector<std::string> texts;
  for (const LevelRows& level : pool.take(count)) texts.push_back(text_entry(level, 0));
  return texts;
}

TEST(LevelPool, GivesTheGeneratorsLevelsInOrderWhateverTheThreads) {
  const StartSource source = parse_starts("generated:like=boxoban,seed=3,first=50");
  const std::vector<std::string> all = expected(source, 0, 21);
  for (const int threads : {1, 3}) {
    LevelPool pool(source, 0, threads, 4);
    std::vector<std::string> texts;
    for (const std::int64_t count : {1, 0, 9, 2, 9}) {
      const std::vector<std::string> part = taken(pool, count);
      texts.insert(texts.end(), part.begin(), part.end());
    }
    EXPECT_EQ(texts, all);
    EXPECT_EQ(pool.taken(), 21);
  }
}

TEST(LevelPool, GoesOnFromAnyNumber) {
  const StartSource source = parse_starts("generated:size=7x7,boxes=1,pushes=3:6,seed=4");
  LevelPool pool(source, 5, 2, 8);
  EXPECT_EQ(taken(pool, 3), expected(source, 5, 3));
  pool.restart(2);
  EXPECT_EQ(taken(pool, 4), expected(source, 2, 4));
  pool.restart(40);
  EXPECT_EQ(taken(pool, 2), expected(source, 40, 2));
}

TEST(LevelPool, TellsWhereALevelCannotBeMade) {
  const StartSource source = parse_starts("generated:size=5x5,boxes=1,pushes=500,seed=4");
  LevelPool pool(source, 0, 2, 2);
  EXPECT_THROW(pool.take(1), BadInput);
  EXPECT_THROW(pool.take(1), BadInput);
}

// A level that cannot be made is told when it is asked for, not when some thread ran into it.
TEST(LevelPool, FailsAtTheSameLevelWhateverTheThreads) {
  const auto maker = []() -> LevelMaker {
    return [](std::int64_t number) {
      if (number == 3 || number == 6) throw BadInput("level " + std::to_string(number));
      LevelRows level;
      level.height = static_cast<int>(number);
      return level;
    };
  };
  for (const int threads : {1, 4}) {
    LevelPool pool(maker, 0, threads, 8);
    EXPECT_EQ(pool.take(1)[0].height, 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the others are made, or failed
    EXPECT_EQ(pool.take(2)[1].height, 2);
    for (int again = 0; again < 2; ++again) {
      try {
        pool.take(5);
        FAIL() << "level 3 cannot be made";
      } catch (const BadInput& error) {
        EXPECT_STREQ(error.what(), "level 3");
      }
      EXPECT_EQ(pool.taken(), 3);
    }
    pool.restart(4);
    EXPECT_EQ(pool.take(2)[1].height, 5);
    EXPECT_THROW(pool.take(1), BadInput);
  }
}

TEST(LevelPool, PassesOnWhatGoesWrongInItsThreads) {
  LevelPool pool([]() -> LevelMaker { throw std::bad_alloc(); }, 0, 2, 2);
  EXPECT_THROW(pool.take(1), std::bad_alloc);
}

TEST(LevelPool, OfMoreThreadsThanThereAreIsRefused) {
  test::expect_with_few_threads([] {
    try {
      LevelPool([]() -> LevelMaker { return [](std::int64_t) { return LevelRows(); }; }, 0, 4000, 1);
      return false;
    } catch (const std::system_error&) {
      return true;
    }
  });
}

}  // namespace
}  // namespace boxwarp
