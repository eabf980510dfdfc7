// What the learner's kernels around the losses are held to, wherever they run: actions, records, permutations, minibatches,
// norms and gradient steps against oracles; in integers and in Adam to the bit.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "host/cpu/operations.hpp"
#include "host/cpu/thread_pool.hpp"
#include "kernels/sokoban/random.hpp"
#include "tests/kernels/learn_arrays.hpp"
#include "tests/oracle/close.hpp"
#include "tests/oracle/philox.hpp"

namespace boxwarp::test {

template <class Memory>
class LearnStepChecks {
  template <class T>
  using Buffer = typename Memory::template Buffer<T>;

 public:
  LearnStepChecks(const LearnOps& ops, Executor& executor) : ops_(ops), executor_(executor) {}

  // The first action whose share of the softmax exceeds the number of stream `action`. exp() of float is good to two units
  // in the last place on either side, so sums of five weights lie within 1e-6 of the oracle's: where a boundary is nearer to
  // the number than that, either neighbour may be drawn. No such case is among these.
  void sampled_actions() {
    oracle::Numbers numbers(5);
    for (const int boards : {1, 7, 31, 33, 129})
      for (const int actions : {4, 5}) {
        Input<Memory, float> logits{"logits"};
        Input<Memory, std::uint64_t> seed{"seed"};
        Input<Memory, std::uint32_t> environment{"environment"};
        for (int b = 0; b < boards; ++b) {
          for (int a = 0; a < actions; ++a)
            logits.plain.push_back(b % 5 == a ? -1e9f : static_cast<float>(2 * numbers.normal()));
          seed.plain.push_back(numbers.next());
          environment.plain.push_back(static_cast<std::uint32_t>(numbers.next()));
        }
        Buffer<std::uint8_t> action(logits.plain.size(), "action");
        action.fill(99);
        const std::uint64_t step_call = (1ull << 40) + 3;
        Buffer<LearnClock> clock(1, "clock");
        clock.fill({.step_call = step_call, .update = 5, .gradient_step = 7, .learning_rate = 0, .entropy = 0});
        ops_.sample(executor_, boards, actions, logits.far(), seed.far(), environment.far(), clock.data(), 13,
                    action.data());
        const std::vector<std::uint8_t> drawn = action.values();
        const auto a = static_cast<std::size_t>(actions);
        for (std::size_t b = 0; b < seed.plain.size(); ++b) {
          const std::uint32_t word = oracle::draw(seed.plain[b], environment.plain[b], 2, step_call + 13)[0];
          const double number = static_cast<double>(word >> 8) / 16777216.0;
          double total = 0, sum = 0;
          for (std::size_t i = 0; i < a; ++i) total += std::exp(double{logits.plain[b * a + i]});
          std::size_t expected = 0;
          for (; expected < a; ++expected) {
            sum += std::exp(double{logits.plain[b * a + expected]}) / total;
            if (logits.plain[b * a + expected] > -1e8f) {
              ASSERT_GT(std::fabs(sum - number), 1e-6) << "too near a boundary to tell: choose another seed";
            }
            if (number < sum) break;
          }
          EXPECT_EQ(drawn[b], expected) << b << " of " << boards;
        }
        for (std::size_t i = seed.plain.size(); i < drawn.size(); ++i) EXPECT_EQ(drawn[i], 99);
      }
  }

  void records() {
    oracle::Numbers numbers(8);
    for (const int boards : {1, 7, 31, 33, 129})
      for (const bool has_final : {false, true}) {
        const auto n = static_cast<std::size_t>(boards);
        Input<Memory, float> reward{"reward"}, final_value{"final_value"};
        Input<Memory, std::uint8_t> terminated{"terminated"}, truncated{"truncated"};
        Input<Memory, std::int32_t> length{"length"}, matched{"matched"};
        for (std::size_t e = 0; e < n; ++e) {
          reward.plain.push_back(static_cast<float>(numbers.normal()));
          final_value.plain.push_back(static_cast<float>(numbers.normal()));
          terminated.plain.push_back(numbers.one_in(4));
          truncated.plain.push_back(!terminated.plain[e] && numbers.one_in(3));
          length.plain.push_back(numbers.below(2000000000));
          matched.plain.push_back(numbers.below(9) - 4);
        }
        Buffer<float> reward_row(n, "reward_row");
        Buffer<std::uint8_t> done_row(n, "done_row"), truncated_row(n, "truncated_row"), starts(n, "starts");
        Buffer<UpdateReport> report(1, "report");
        UpdateReport before{};
        before.episodes = 10, before.solved = 20, before.episode_steps = 30, before.episode_matched = 40;
        report.fill(before);
        ops_.record(executor_,
                    {.boards = boards,
                     .reward = reward.far(),
                     .terminated = terminated.far(),
                     .truncated = truncated.far(),
                     .episode_length = length.far(),
                     .episode_matched = matched.far(),
                     .final_value = has_final ? final_value.far() : nullptr,
                     .reward_scale = 0.1,
                     .gamma = 0.97,
                     .reward_row = reward_row.data(),
                     .done_row = done_row.data(),
                     .truncated_row = truncated_row.data(),
                     .starts = starts.data()},
                    report.data());
        for (std::size_t e = 0; e < n; ++e) {
          const bool done = terminated.plain[e] || truncated.plain[e];
          const double seen =
              0.1 * double{reward.plain[e]} + (has_final && truncated.plain[e] ? 0.97 * double{final_value.plain[e]} : 0);
          EXPECT_TRUE(oracle::close(reward_row.values()[e], seen, 1e-8, 1.2e-7)) << e;
          EXPECT_EQ(done_row.values()[e], done);
          EXPECT_EQ(starts.values()[e], done);
          EXPECT_EQ(truncated_row.values()[e], truncated.plain[e] && !has_final);
          before.episodes += done;
          before.solved += terminated.plain[e];
          before.episode_steps += done ? length.plain[e] : 0;
          before.episode_matched += done ? matched.plain[e] : 0;
        }
        const UpdateReport after = report.values()[0];
        EXPECT_EQ(after.episodes, before.episodes);
        EXPECT_EQ(after.solved, before.solved);
        EXPECT_EQ(after.episode_steps, before.episode_steps);
        EXPECT_EQ(after.episode_matched, before.episode_matched);
      }
  }

  // Fisher and Yates as the contract says it, with draws of the oracle's Philox. 8193 does not fit shared memory.
  void permutations(std::initializer_list<int> counts) {
    for (const int count : counts) {
      Buffer<std::int32_t> order(static_cast<std::size_t>(count), "order");
      Buffer<LearnClock> clock(1, "clock");
      clock.fill({.step_call = 9, .update = (1ll << 33) + 6, .gradient_step = 7, .learning_rate = 0, .entropy = 0});
      ops_.shuffle(executor_, 0x1234567890ull, 3, count, clock.data(), order.data());
      std::vector<std::int32_t> expected(static_cast<std::size_t>(count));
      std::iota(expected.begin(), expected.end(), 0);
      for (std::size_t place = expected.size() - 1; place > 0; --place) {
        const auto number = static_cast<std::uint32_t>(3 * expected.size() + place);
        std::swap(expected[place],
                  expected[oracle::below(oracle::draw(0x1234567890ull, number, 7, (1ull << 33) + 6), place + 1)]);
      }
      EXPECT_EQ(order.values(), expected) << count;
    }
  }

  void gathers() {
    oracle::Numbers numbers(4);
    struct Case {
      std::size_t rows, all, count, bytes, offset;
    };
    for (const Case& now : {Case{3, 33, 7, 16, 0}, Case{2, 9, 31, 48, 0}, Case{4, 129, 33, 4, 0}, Case{3, 7, 7, 1, 0},
                            Case{2, 40, 129, 100, 0}, Case{3, 31, 5, 12, 0}, Case{2, 5, 3, 4, 1}, Case{1, 1, 1, 25, 0}}) {
      Input<Memory, std::uint8_t> from{"from"};
      Input<Memory, std::int32_t> columns{"columns"};
      for (std::size_t i = 0; i < now.rows * now.all * now.bytes + now.offset; ++i)
        from.plain.push_back(static_cast<std::uint8_t>(numbers.next()));
      for (std::size_t i = 0; i < now.count; ++i) columns.plain.push_back(numbers.below(static_cast<int>(now.all)));
      const std::size_t size = now.rows * now.count * now.bytes;
      Buffer<std::uint8_t> to(size + 2 * now.offset, "to");
      to.fill(77);
      ops_.gather(executor_, {.rows = static_cast<std::int64_t>(now.rows),
                              .all = static_cast<std::int64_t>(now.all),
                              .count = static_cast<std::int64_t>(now.count),
                              .bytes = now.bytes,
                              .columns = columns.far(),
                              .from = from.far() + now.offset,
                              .to = to.data() + now.offset});
      std::vector<std::uint8_t> expected(now.offset, 77);
      for (std::size_t row = 0; row < now.rows; ++row)
        for (const std::int32_t column : columns.plain)
          for (std::size_t i = 0; i < now.bytes; ++i)
            expected.push_back(from.plain[now.offset + (row * now.all + static_cast<std::size_t>(column)) * now.bytes + i]);
      expected.insert(expected.end(), now.offset, 77);
      EXPECT_EQ(to.values(), expected) << now.bytes << " bytes";
    }
    ops_.gather(executor_,
                {.rows = 0, .all = 4, .count = 2, .bytes = 4, .columns = nullptr, .from = nullptr, .to = nullptr});
  }

  // Sums in another order than the oracle's lie within some 1e-15 of it, so results are the floats nearest to it or one
  // beside.
  void normalised() {
    for (const int count : {1, 2, 7, 31, 33, 129, 1000}) {
      Buffer<double> workspace(ops_.workspace_bytes(1, 1, static_cast<std::size_t>(count)) / sizeof(double) + 1,
                               "workspace");
      Input<Memory, float> x{"x"};
      oracle::Numbers numbers(static_cast<std::uint64_t>(count));
      for (int i = 0; i < count; ++i) x.plain.push_back(static_cast<float>(3 + 2 * numbers.normal()));
      x.far();
      ops_.normalise(executor_, x.plain.size(), x.device->data(), workspace.data());
      const std::vector<float> far = x.device->values();
      if (count == 1) {
        EXPECT_EQ(far, x.plain);
        continue;
      }
      double mean = 0, square = 0;
      for (const float value : x.plain) mean += double{value} / count;
      for (const float value : x.plain) square += (value - mean) * (value - mean) / (count - 1);
      for (std::size_t i = 0; i < x.plain.size(); ++i)
        EXPECT_TRUE(oracle::close(far[i], (x.plain[i] - mean) / std::sqrt(square), 1e-7, 2e-7)) << i << " of " << count;
    }
    Buffer<double> workspace(ops_.workspace_bytes(1, 1, 40) / sizeof(double) + 1, "workspace");
    Buffer<float> constant(40, "constant");
    constant.fill(2.5f);
    ops_.normalise(executor_, 40, constant.data(), workspace.data());
    EXPECT_EQ(constant.values(), std::vector<float>(40));
  }

  void norms(std::initializer_list<std::size_t> counts) {
    for (const std::size_t count : counts) {
      oracle::Numbers numbers(count);
      Input<Memory, float> x{"x"};
      long double square = 0;  // summed one by one, a million doubles would err by more than what is tested
      for (std::size_t i = 0; i < count; ++i) {
        x.plain.push_back(static_cast<float>(0.02 * numbers.normal()));
        square += double{x.plain[i]} * double{x.plain[i]};
      }
      EXPECT_TRUE(oracle::close(norm_of(x), static_cast<double>(std::sqrt(square)), 0, 1e-13)) << count;
    }
    Input<Memory, float> large{"large"};
    large.plain.assign(4, 1e30f);
    EXPECT_TRUE(oracle::close(norm_of(large), 2e30, 0, 1e-7));
    large.plain[2] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_TRUE(std::isnan(norm_of(large)));
  }

  void scaled_sums() {
    for (const std::size_t count : {1u, 7u, 31u, 33u, 129u}) {
      oracle::Numbers numbers(count);
      Input<Memory, float> x{"x"}, y{"y"};
      for (std::size_t i = 0; i < count; ++i) {
        x.plain.push_back(static_cast<float>(numbers.normal()));
        y.plain.push_back(static_cast<float>(numbers.normal()));
      }
      y.far();
      ops_.add_scaled(executor_, count, 0.3f, x.far(), y.device->data());
      for (std::size_t i = 0; i < count; ++i) {
        const float step = 0.3f * x.plain[i];  // rounded before it is added
        y.plain[i] += step;
      }
      EXPECT_EQ(y.device->values(), y.plain) << count;
    }
  }

  // Ten steps: like the oracle within rounding, and the processor's bits.
  void gradient_steps() {
    for (const std::size_t count : {1u, 7u, 31u, 33u, 129u})
      for (const double max_norm : {2.5e-4, 1e9}) {
        Optimiser far(*this, count, max_norm);
        std::vector<float> parameters(count), m(count), v(count);
        std::vector<std::vector<double>> seen(count);
        LearnClock clock = far.clock.values()[0];
        UpdateReport report{};
        for (int step = 1; step <= 10; ++step) {
          const double norm = far.step(gradient(count, static_cast<std::uint64_t>(step)));
          const float scale = norm > max_norm ? static_cast<float>(max_norm / norm) : 1.0f;
          const std::vector<float> last = far.gradient.plain;
          for (std::size_t i = 0; i < count; ++i) seen[i].push_back(double{scale} * last[i]);
          near_.adam(pool_,
                     {count, parameters.data(), m.data(), v.data(), last.data(), &norm, max_norm, kBeta1, kBeta2, kEpsilon},
                     &clock, &report);
        }
        const std::vector<float> moved = far.parameters.values();
        for (std::size_t i = 0; i < count; ++i)
          EXPECT_TRUE(
              oracle::close(moved[i], oracle::adam(0, seen[i], kRate, kBeta1, kBeta2, kEpsilon).back(), kRate * 1e-5, 1e-6))
              << i << " of " << count;
        EXPECT_EQ(moved, parameters);
        EXPECT_EQ(far.m.values(), m);
        EXPECT_EQ(far.v.values(), v);
        EXPECT_EQ(far.clock.values()[0].gradient_step, 10);
        EXPECT_EQ(far.report.values()[0].gradient_steps, 10);
        EXPECT_EQ(far.report.values()[0].gradient_norm, report.gradient_norm);
        EXPECT_EQ(far.report.values()[0].not_finite, 0);
      }
  }

  // Where the loss or the norm was not finite, the step counts and nothing moves.
  void gradient_steps_not_finite() {
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      Optimiser far(*this, 33, 1.0);
      far.step(gradient(33, 1));
      const auto parameters = far.parameters.values(), m = far.m.values(), v = far.v.values();
      std::vector<float> broken = gradient(33, 2);
      broken[32] = bad;
      far.step(broken);
      EXPECT_EQ(far.report.values()[0].not_finite, 1) << "the norm was not finite";
      far.step(gradient(33, 3));
      EXPECT_EQ(far.report.values()[0].not_finite, 1);
      EXPECT_EQ(far.report.values()[0].gradient_steps, 3);
      EXPECT_EQ(far.clock.values()[0].gradient_step, 3);
      EXPECT_EQ(far.parameters.values(), parameters);
      EXPECT_EQ(far.m.values(), m);
      EXPECT_EQ(far.v.values(), v);
    }
  }

  void updates() {
    const UpdateSchedules schedules{
        .learning_rate = {.schedule = Schedule::linear, .start = 4e-4, .end = 4e-6, .updates = 100, .warm_up = 4},
        .entropy = {.schedule = Schedule::cosine, .start = 0.02, .end = 0.01, .updates = 50, .warm_up = 0}};
    Buffer<LearnClock> clock(1, "clock");
    Buffer<UpdateReport> report(1, "report"), reports(3, "reports");
    reports.fill({});
    clock.fill({.step_call = 60, .update = 0, .gradient_step = 5, .learning_rate = -1, .entropy = -1});
    const double rates[] = {4e-4 / 5, (4e-4 - 3.96e-6) * 2 / 5, (4e-4 - 2 * 3.96e-6) * 3 / 5, (4e-4 - 3 * 3.96e-6) * 4 / 5,
                            4e-4 - 4 * 3.96e-6};
    for (int update = 0; update < 5; ++update) {
      UpdateReport left{};
      left.episodes = 7, left.policy_loss = 3, left.not_finite = 2;
      report.fill(left);
      ops_.begin_update(executor_, schedules, clock.data(), report.data());
      const LearnClock now = clock.values()[0];
      EXPECT_TRUE(oracle::close(now.learning_rate, rates[update], 0, 1e-14)) << update;
      EXPECT_TRUE(oracle::close(now.entropy, 0.01 + 0.01 * 0.5 * (1 + std::cos(3.141592653589793 * update / 50)), 0, 1e-14));
      const UpdateReport begun = report.values()[0];
      EXPECT_EQ(begun.learning_rate, now.learning_rate);
      EXPECT_EQ(begun.entropy_coefficient, now.entropy);
      EXPECT_EQ(begun.episodes + begun.not_finite, 0);
      EXPECT_EQ(begun.policy_loss, 0);
      EXPECT_EQ(now.gradient_step, 5);
      UpdateReport ended = begun;
      ended.episodes = 100 + update;
      report.fill(ended);
      ops_.end_update(executor_, 20, report.data(), reports.data(), 3, clock.data());
    }
    const std::int64_t kept[] = {103, 104, 102};
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(reports.values()[i].episodes, kept[i]);
    EXPECT_EQ(clock.values()[0].update, 5);
    EXPECT_EQ(clock.values()[0].step_call, 160u);
  }

 private:
  // The published recipe: the gradient's norm is always cut to 2.5e-4, so its elements are about as large as eps.
  static constexpr double kRate = 4e-4;
  static constexpr float kBeta1 = 0.9f, kBeta2 = 0.99f, kEpsilon = 1.5625e-7f;

  static std::vector<float> gradient(std::size_t count, std::uint64_t seed) {
    oracle::Numbers numbers(seed);
    std::vector<float> result;
    for (std::size_t i = 0; i < count; ++i) result.push_back(static_cast<float>(0.02 * numbers.normal()));
    return result;
  }

  double norm_of(Input<Memory, float>& x) {
    Buffer<double> workspace(ops_.workspace_bytes(1, 1, x.plain.size()) / sizeof(double) + 1, "workspace");
    Buffer<double> norm(1, "norm");
    ops_.norm(executor_, x.far(), x.plain.size(), norm.data(), workspace.data());
    return norm.values()[0];
  }

  struct Optimiser {
    Optimiser(LearnStepChecks& of, std::size_t count, double most)
        : checks(of),
          max_norm(most),
          parameters(count, "parameters"),
          m(count, "m"),
          v(count, "v"),
          norm(1, "norm"),
          clock(1, "clock"),
          report(1, "report") {
      for (Buffer<float>* array : {&parameters, &m, &v}) array->fill(0);
      clock.fill({.step_call = 0, .update = 0, .gradient_step = 0, .learning_rate = kRate, .entropy = 0});
      report.fill({});
    }
    // Returns the gradient's norm.
    double step(const std::vector<float>& now) {
      gradient.plain = now;
      const double size = checks.norm_of(gradient);
      norm.fill(size);
      checks.ops_.adam(checks.executor_,
                       {now.size(), parameters.data(), m.data(), v.data(), gradient.device->data(), norm.data(), max_norm,
                        kBeta1, kBeta2, kEpsilon},
                       clock.data(), report.data());
      return size;
    }

    LearnStepChecks& checks;
    double max_norm;
    Input<Memory, float> gradient{"gradient"};
    Buffer<float> parameters, m, v;
    Buffer<double> norm;
    Buffer<LearnClock> clock;
    Buffer<UpdateReport> report;
  };

  const LearnOps& ops_;
  Executor& executor_;
  const LearnOps& near_ = cpu_learn_ops();
  ThreadPool pool_{1};
};

}  // namespace boxwarp::test
