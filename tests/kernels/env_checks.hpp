// What the environment's kernels are held to, wherever they run: to leave, bit for bit, what the processor's operations
// leave.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "host/cpu/operations.hpp"
#include "host/cpu/thread_pool.hpp"
#include "kernels/sokoban/reverse_play.hpp"
#include "tests/host/small_levels.hpp"
#include "tests/kernels/env_arrays.hpp"
#include "tests/oracle/numbers.hpp"
#include "tests/oracle/random_boards.hpp"

namespace boxwarp::test {

inline std::shared_ptr<const LevelBank> some_levels(bool large) {
  std::vector<std::vector<std::string>> texts = {{"#####", "#@$.#", "#####"},
                                                 {"#####", "# * #", "#*@*#", "# * #", "#####"},
                                                 {"######", "# .  #", "# $  #", "# +$ #", "######"}};
  oracle::Numbers numbers(21);
  for (int i = 0; i < 12; ++i) texts.push_back(oracle::random_room_of_any_size(10, 10, numbers));
  texts.push_back(oracle::random_room(10, 10, numbers));
  if (large) texts.push_back(oracle::random_room(14, 18, numbers));
  return bank_from(texts, large);
}

struct EnvCase {
  bool large;
  std::int64_t count;
  ObservationFormat format;
  AutoReset auto_reset;
  LevelOrder order;
  bool symmetry;
  bool no_op = false;
  SolvedRule solved_rule = SolvedRule::boxes_matched;
  bool end_on_deadlock = false;
};

inline EnvOptions options_of(const EnvCase& now, const LevelBankView& bank) {
  EnvOptions options{.height = bank.height + (now.count == 7 ? 1 : 0),
                     .width = bank.width + (now.count == 7 ? 1 : 0),
                     .format = now.format,
                     .level_order = now.order,
                     .auto_reset = now.auto_reset,
                     .solved_rule = now.solved_rule,
                     .actions = kActions + now.no_op,
                     .min_steps = 2,
                     .max_steps = 7,
                     .end_on_deadlock = now.end_on_deadlock,
                     .symmetry = now.symmetry,
                     .rewards = {{-1.1f, 8.9f}, {-0.1f, 9.9f}, {0.9f, 10.9f}, {-0.2f, 9.8f}}};
  return options;
}

template <class Memory>
class EnvChecks {
 public:
  // executor: where ops run.
  EnvChecks(const EnvOps& ops, Executor& executor) : gpu_(ops), executor_(executor) {}

  // Plays the same on both sides and compares everything after every call.
  void play(const EnvCase& now, int steps) {
    SCOPED_TRACE(testing::Message() << "large " << now.large << ", " << now.count << " environments, format "
                                    << static_cast<int>(now.format.kind) << '/' << static_cast<int>(now.format.layout) << '/'
                                    << static_cast<int>(now.format.element) << ", auto-reset "
                                    << static_cast<int>(now.auto_reset) << ", no_op " << now.no_op << ", solved rule "
                                    << static_cast<int>(now.solved_rule));
    const auto levels = some_levels(now.large);
    const LevelBankView bank = levels->view();
    const BankCopy<Memory> device_bank(bank);
    const EnvOptions options = options_of(now, bank);
    EnvArrays<Memory> arrays(bank, options, now.count, 40, now.count == 33);
    const EnvStateView plain = arrays.plain_state(), device = arrays.device_state();
    const EnvOutputView plain_output = arrays.plain_output(), device_output = arrays.device_output();
    const auto n = static_cast<std::size_t>(now.count);

    cpu_.reset(pool_, bank, options, plain, plain_output, nullptr, nullptr);
    gpu_.reset(executor_, device_bank.view(), options, device, device_output, nullptr, nullptr);
    ASSERT_NO_FATAL_FAILURE(arrays.expect_equal());
    oracle::Numbers numbers(9);
    Both<std::uint8_t> actions(n, "actions", false), mask(n, "mask", true);
    Both<std::int64_t> ids(n, "ids", true);
    for (int t = 0; t < steps && !testing::Test::HasFailure(); ++t) {
      SCOPED_TRACE(testing::Message() << "step " << t);
      cpu_.random_actions(pool_, options, plain, static_cast<std::uint64_t>(t), actions.plain.data());
      gpu_.random_actions(executor_, options, device, static_cast<std::uint64_t>(t), actions.device.data());
      actions.expect_equal();
      cpu_.step(pool_, bank, options, plain, plain_output, actions.plain.data());
      gpu_.step(executor_, device_bank.view(), options, device, device_output, actions.device.data());
      arrays.expect_equal();
      if (t % 5 != 4) continue;
      for (std::size_t e = 0; e < n; ++e) {
        mask.plain[e] = numbers.one_in(3);
        ids.plain[e] = numbers.below(static_cast<int>(bank.count) + 1) - 1;
      }
      mask.device.copy_from(mask.plain);
      ids.device.copy_from(ids.plain);
      const bool by_id = t % 10 == 4;
      cpu_.reset(pool_, bank, options, plain, plain_output, mask.plain.data(), by_id ? ids.plain.data() : nullptr);
      gpu_.reset(executor_, device_bank.view(), options, device, device_output, mask.device.data(),
                 by_id ? ids.device.data() : nullptr);
      arrays.expect_equal();
    }
  }

  void play_every_mode() {
    for (const bool large : {false, true})
      for (const AutoReset mode : {AutoReset::same_step, AutoReset::next_step, AutoReset::disabled})
        for (const LevelOrder order : {LevelOrder::random, LevelOrder::sequential})
          for (const Observation kind : {Observation::none, Observation::cells})
            play({large,
                  kind == Observation::none ? 129 : 33,
                  {.kind = kind},
                  mode,
                  order,
                  order == LevelOrder::random,
                  kind == Observation::cells,
                  large == (order == LevelOrder::random) ? SolvedRule::targets_covered : SolvedRule::boxes_matched},
                 12);
  }

  void draw_every_format() {
    for (const bool large : {false, true})
      for (const std::int64_t count : {1, 7, 130})
        for (const Layout layout : {Layout::chw, Layout::hwc}) {
          for (const Observation kind : {Observation::rgb, Observation::packed, Observation::cells})
            play({large, count, {.kind = kind, .layout = layout}, AutoReset::same_step, LevelOrder::random, false}, 6);
          for (const Element element : {Element::u8, Element::bf16, Element::f32})
            for (const Observation kind : {Observation::planes, Observation::planes4})
              play({large,
                    count == 130 ? 33 : count,
                    {.kind = kind, .layout = layout, .element = element},
                    AutoReset::same_step,
                    LevelOrder::random,
                    false},
                   5);
        }
    for (const int tile : {8, 16})
      play({false, 3, {.kind = Observation::pixels, .tile = tile}, AutoReset::same_step, LevelOrder::random, false}, 5);
  }

  void render_any_format() {
    for (const bool large : {false, true}) {
      const auto levels = some_levels(large);
      const BankCopy<Memory> device_bank(levels->view());
      const EnvOptions options =
          options_of({large, 131, {}, AutoReset::same_step, LevelOrder::sequential, false}, levels->view());
      EnvArrays<Memory> arrays(levels->view(), options, 131, 3);
      cpu_.reset(pool_, levels->view(), options, arrays.plain_state(), arrays.plain_output(), nullptr, nullptr);
      gpu_.reset(executor_, device_bank.view(), options, arrays.device_state(), arrays.device_output(), nullptr, nullptr);
      for (const ObservationFormat format : {ObservationFormat{.kind = Observation::rgb, .layout = Layout::hwc},
                                             ObservationFormat{.kind = Observation::packed},
                                             ObservationFormat{.kind = Observation::planes, .element = Element::bf16}}) {
        const std::size_t bytes = 131 * observation_bytes(format, levels->view().tier, options.height, options.width);
        Both<std::uint8_t> out(bytes, "out", true, 0xdd);
        cpu_.render(pool_, levels->view(), options, arrays.plain_state(), format, out.plain.data());
        gpu_.render(executor_, device_bank.view(), options, arrays.device_state(), format, out.device.data());
        out.expect_equal();
      }
    }
  }

  void play_many_steps() {
    for (const bool large : {false, true})
      for (const bool given : {false, true}) {
        constexpr std::int64_t kCount = 130;
        constexpr int kSteps = 23;
        const auto levels = some_levels(large);
        const BankCopy<Memory> device_bank(levels->view());
        const EnvOptions options =
            options_of({large, kCount, {.kind = Observation::none}, AutoReset::same_step, LevelOrder::random, true, given},
                       levels->view());
        EnvArrays<Memory> arrays(levels->view(), options, kCount, 3);
        cpu_.reset(pool_, levels->view(), options, arrays.plain_state(), arrays.plain_output(), nullptr, nullptr);
        gpu_.reset(executor_, device_bank.view(), options, arrays.device_state(), arrays.device_output(), nullptr, nullptr);
        oracle::Numbers numbers(2);
        Both<std::uint8_t> actions(kSteps * kCount, "actions", false);
        for (std::uint8_t& action : actions.plain) action = static_cast<std::uint8_t>(numbers.below(options.actions));
        actions.device.copy_from(actions.plain);
        Both<float> reward(kCount, "reward", false);
        Both<std::int32_t> episodes(kCount, "episodes", false), solved(kCount, "solved", false);
        cpu_.step_many(pool_, levels->view(), options, arrays.plain_state(),
                       {reward.plain.data(), episodes.plain.data(), solved.plain.data()},
                       given ? actions.plain.data() : nullptr, 5, kSteps);
        gpu_.step_many(executor_, device_bank.view(), options, arrays.device_state(),
                       {reward.device.data(), episodes.device.data(), solved.device.data()},
                       given ? actions.device.data() : nullptr, 5, kSteps);
        reward.expect_equal();
        episodes.expect_equal();
        solved.expect_equal();
        arrays.expect_equal();
      }
  }

  void make_levels() {
    struct Size {
      int height, width;
      Tier tier;
    };
    for (const Size size : {Size{7, 7, Tier::small}, Size{10, 9, Tier::small}, Size{13, 12, Tier::large}}) {
      const ReversePlay rules{
          .height = size.height, .width = size.width, .boxes = 2, .walk = 20, .min_moves = 4, .max_moves = 60};
      constexpr std::int64_t kCount = 9, kWorkers = 4;
      const int words = size.tier == Tier::small ? 1 : 15;
      const auto planes = static_cast<std::size_t>(kCount * words);
      Both<std::uint64_t> walls(planes, "walls", false), targets(planes, "targets", false), boxes(planes, "boxes", false);
      Both<std::uint16_t> player(kCount, "player", false);
      Both<std::uint8_t> found(kCount, "found", false);
      const LevelRange range{.seed = 8, .first = 100, .count = kCount};
      std::vector<std::uint64_t> plain_space(cpu_.generate_bytes(rules, kWorkers) / 8 + 1);
      Buffer<std::uint64_t> device_space(gpu_.generate_bytes(rules, kWorkers) / 8 + 1);
      device_space.fill(0);
      cpu_.generate(pool_, rules, range,
                    {size.tier, words, walls.plain.data(), targets.plain.data(), boxes.plain.data(), player.plain.data(),
                     found.plain.data()},
                    plain_space.data(), kWorkers);
      gpu_.generate(executor_, rules, range,
                    {size.tier, words, walls.device.data(), targets.device.data(), boxes.device.data(), player.device.data(),
                     found.device.data()},
                    device_space.data(), kWorkers);
      EXPECT_EQ(found.plain, std::vector<std::uint8_t>(kCount, 1));
      for (auto* pair : {&walls, &targets, &boxes}) pair->expect_equal();
      player.expect_equal();
      found.expect_equal();
    }
  }

 private:
  template <class T>
  using Both = Pair<Memory, T>;
  template <class T>
  using Buffer = typename Memory::template Buffer<T>;

  const EnvOps& cpu_ = cpu_env_ops();
  const EnvOps& gpu_;
  ThreadPool pool_{1};
  Executor& executor_;
};

}  // namespace boxwarp::test
