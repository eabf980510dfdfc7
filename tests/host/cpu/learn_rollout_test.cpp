// The small operations around a rollout: the clock, what a step told, the order of environments and their columns.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "host/cpu/operations.hpp"
#include "host/cpu/thread_pool.hpp"
#include "kernels/sokoban/random.hpp"
#include "tests/host/cpu/learn_case.hpp"

namespace boxwarp {
namespace {

const LearnOps& ops() { return cpu_learn_ops(); }

TEST(Clock, AnUpdateBeginsWithItsRatesAndAClearReport) {
  ThreadPool pool(1);
  const UpdateSchedules schedules{
      .learning_rate = {.schedule = Schedule::linear, .start = 4, .end = 0, .updates = 8, .warm_up = 0},
      .entropy = {.schedule = Schedule::constant, .start = 0.5, .end = 0, .updates = 8, .warm_up = 0}};
  LearnClock clock{.step_call = 40, .update = 2, .gradient_step = 16, .learning_rate = 0, .entropy = 0};
  UpdateReport report{}, kept[2]{};
  report.policy_loss = 5;
  report.not_finite = report.episodes = 5;
  ops().begin_update(pool, schedules, &clock, &report);
  EXPECT_EQ(clock.learning_rate, 3);
  EXPECT_EQ(clock.entropy, 0.5);
  EXPECT_EQ(report.learning_rate, 3);
  EXPECT_EQ(report.entropy_coefficient, 0.5);
  EXPECT_EQ(report.policy_loss, 0);
  EXPECT_EQ(report.not_finite, 0);
  EXPECT_EQ(report.episodes, 0);

  report.episodes = 7;
  ops().end_update(pool, 20, &report, kept, 2, &clock);
  EXPECT_EQ(clock.update, 3);
  EXPECT_EQ(clock.step_call, 60u);
  EXPECT_EQ(clock.gradient_step, 16);
  EXPECT_EQ(kept[0].episodes, 7);
  EXPECT_EQ(kept[1].episodes, 0);
  ops().end_update(pool, 20, &report, kept, 2, &clock);
  EXPECT_EQ(kept[1].episodes, 7);
}

// Five environments: goes on, solved, ran into the cap, both flags clear again, ran into the cap.
struct Told {
  std::vector<float> reward{-0.1f, 10.9f, -0.1f, 0.9f, -1.1f}, final_value{9, 9, 2, 9, -3};
  std::vector<std::uint8_t> terminated{0, 1, 0, 0, 0}, truncated{0, 0, 1, 0, 1};
  std::vector<std::int32_t> length{99, 12, 30, 99, 40}, matched{99, 4, 1, 99, -1};
  std::vector<float> reward_row = std::vector<float>(5);
  std::vector<std::uint8_t> done_row = std::vector<std::uint8_t>(5, 7), truncated_row = done_row, starts = done_row;

  UpdateReport record(bool looks_at_the_end) {
    ThreadPool pool(1);
    UpdateReport report{};
    report.episodes = 100;
    ops().record(pool,
                 {.boards = 5,
                  .reward = reward.data(),
                  .terminated = terminated.data(),
                  .truncated = truncated.data(),
                  .episode_length = length.data(),
                  .episode_matched = matched.data(),
                  .final_value = looks_at_the_end ? final_value.data() : nullptr,
                  .reward_scale = 0.5,
                  .gamma = 0.25,
                  .reward_row = reward_row.data(),
                  .done_row = done_row.data(),
                  .truncated_row = truncated_row.data(),
                  .starts = starts.data()},
                 &report);
    return report;
  }
};

using Flags = std::vector<std::uint8_t>;

TEST(Record, AStepThatRanIntoTheCapIsMasked) {
  Told told;
  const UpdateReport report = told.record(false);
  EXPECT_EQ(told.done_row, (Flags{0, 1, 1, 0, 1}));
  EXPECT_EQ(told.starts, told.done_row);
  EXPECT_EQ(told.truncated_row, (Flags{0, 0, 1, 0, 1}));
  for (std::size_t e = 0; e < 5; ++e) EXPECT_EQ(told.reward_row[e], static_cast<float>(0.5 * told.reward[e]));
  EXPECT_EQ(report.episodes, 103);
  EXPECT_EQ(report.solved, 1);
  EXPECT_EQ(report.episode_steps, 82);
  EXPECT_EQ(report.episode_matched, 4);
}

TEST(Record, OrItsRewardGetsTheDiscountedValueOfTheEnd) {
  Told told;
  told.record(true);
  EXPECT_EQ(told.done_row, (Flags{0, 1, 1, 0, 1}));
  EXPECT_EQ(told.truncated_row, (Flags{0, 0, 0, 0, 0}));
  EXPECT_EQ(told.reward_row[1], static_cast<float>(0.5 * told.reward[1])) << "a solved board has no value after its end";
  EXPECT_EQ(told.reward_row[2], static_cast<float>(0.5 * told.reward[2] + 0.25 * 2));
  EXPECT_EQ(told.reward_row[4], static_cast<float>(0.5 * told.reward[4] - 0.25 * 3));
}

std::vector<std::int32_t> shuffled(std::uint64_t seed, int epoch, int count, std::int64_t update) {
  ThreadPool pool(1);
  std::vector<std::int32_t> order(static_cast<std::size_t>(count) + 2, -9);
  LearnClock clock{};
  clock.update = update;
  ops().shuffle(pool, seed, epoch, count, &clock, order.data() + 1);
  EXPECT_TRUE(order.front() == -9 && order.back() == -9);
  return {order.begin() + 1, order.end() - 1};
}

TEST(Shuffle, IsThePermutationOfFisherAndYates) {
  std::vector<std::int32_t> expected(9);
  std::iota(expected.begin(), expected.end(), 0);
  for (std::uint32_t place = 8; place > 0; --place)
    std::swap(expected[place], expected[below(draw(5, 2 * 9 + place, Stream::shuffling, 77), place + 1)]);
  EXPECT_EQ(shuffled(5, 2, 9, 77), expected);
  std::ranges::sort(expected);
  std::vector<std::int32_t> sorted = shuffled(5, 0, 9, 77);
  EXPECT_NE(sorted, expected);
  std::ranges::sort(sorted);
  EXPECT_EQ(sorted, expected);
  EXPECT_NE(shuffled(5, 0, 9, 77), shuffled(5, 1, 9, 77));
  EXPECT_NE(shuffled(5, 0, 9, 77), shuffled(5, 0, 9, 78));
  EXPECT_EQ(shuffled(5, 0, 1, 77), (std::vector<std::int32_t>{0}));
}

TEST(Gather, PutsColumnsSideBySide) {
  ThreadPool pool(1);
  const std::vector<std::int32_t> columns{3, 0, 3};
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{3}, std::size_t{16}}) {
    std::vector<std::uint8_t> from(4 * 5 * bytes), to(4 * 3 * bytes + 1, 77);
    for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<std::uint8_t>(i);
    ops().gather(
        pool,
        {.rows = 4, .all = 5, .count = 3, .bytes = bytes, .columns = columns.data(), .from = from.data(), .to = to.data()});
    for (std::size_t row = 0; row < 4; ++row)
      for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t b = 0; b < bytes; ++b)
          EXPECT_EQ(to[(row * 3 + i) * bytes + b], from[(row * 5 + static_cast<std::size_t>(columns[i])) * bytes + b]);
    EXPECT_EQ(to.back(), 77);
  }
}

TEST(Normalise, BringsMeanToZeroAndDeviationToOne) {
  ThreadPool pool(1);
  oracle::Numbers numbers(3);
  for (const std::size_t count : {std::size_t{2}, std::size_t{33}, std::size_t{1000}}) {
    Guarded x(count);
    for (std::size_t i = 0; i < count; ++i) x.data()[i] = static_cast<float>(50 + 3 * numbers.normal());
    ops().normalise(pool, count, x.data(), nullptr);
    double sum = 0, square = 0;
    for (std::size_t i = 0; i < count; ++i) sum += x[i];
    for (std::size_t i = 0; i < count; ++i) square += double{x[i]} * x[i];
    const auto n = static_cast<double>(count);
    EXPECT_NEAR(sum / n, 0, 1e-6);  // rounding to float of numbers about one
    EXPECT_NEAR(square / (n - 1), 1, 1e-6);
    EXPECT_TRUE(x.intact());
  }
  std::vector<float> constant(7, 3.5f);
  ops().normalise(pool, 7, constant.data(), nullptr);
  EXPECT_EQ(constant, std::vector<float>(7, 0.0f));
  float alone = 3;
  ops().normalise(pool, 1, &alone, nullptr);
  EXPECT_EQ(alone, 3) << "one number has no deviation";
}

TEST(AddScaled, RoundsTheProductBeforeTheSum) {
  ThreadPool pool(1);
  const float x = 1 + 0x1p-23f, scale = 1 + 0x1p-23f;  // the product needs 2^-46
  float y = -(1 + 0x1p-22f);
  ops().add_scaled(pool, 1, scale, &x, &y);
  EXPECT_EQ(y, 0) << "with one rounding it would be 2^-46";
}

}  // namespace
}  // namespace boxwarp
