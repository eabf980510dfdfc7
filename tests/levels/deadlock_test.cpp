// The tests for dead boards against all boards of a room that have a solution, which a search backwards from the solved
// ones finds without either of them.
#include "kernels/sokoban/deadlock.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <utility>

#include "kernels/sokoban/rules.hpp"
#include "levels/generate/retrograde.hpp"
#include "levels/generate/starts.hpp"
#include "levels/solve/ground.hpp"
#include "tests/oracle/numbers.hpp"

namespace boxwarp {
namespace {

using search::Plane;

constexpr int kSteps = 120, kEvery = 3;  // of random play, of which every third board is looked at

struct Found {
  std::int64_t boards = 0, dead = 0, by_squares = 0, by_both = 0;

  void add(bool is_dead, bool off_live, bool alarm) {
    ++boards;
    dead += is_dead;
    by_squares += off_live;
    by_both += alarm;
  }
  double share(std::int64_t found) const { return static_cast<double>(found) / static_cast<double>(dead); }
  void print(const char* when) const {
    std::printf("%lld boards %s, %.1f %% dead; of these squares find %.1f %%, squares and freeze %.1f %%\n",
                static_cast<long long>(boards), when, 100 * static_cast<double>(dead) / static_cast<double>(boards),
                100 * share(by_squares), 100 * share(by_both));
  }
};

struct Tally {
  Found all, last;  // last: after kSteps
  std::int64_t false_alarms = 0, revived = 0;
};

// Random play of one level, every board of which is compared with what the room's solvable boards say.
void play(const LevelRows& rows, oracle::Numbers& numbers, Tally& tally) {
  const search::Area area = search::area_of(rows);
  search::Ground<1> ground;
  search::survey(rows, area, ground);
  search::Retrograde<1> retrograde;
  ASSERT_TRUE(retrograde.search(ground.frame, ground.open, ground.targets, 100'000, 100'000'000));
  std::set<std::pair<std::uint64_t, std::uint64_t>> solvable;
  for (std::size_t i = 0; i < retrograde.first(retrograde.depth() + 1); ++i)
    solvable.emplace(retrograde.at(i).boxes.word[0], retrograde.at(i).reached.word[0]);

  const Row* walls = rows.walls.data();
  const Level level{.walls = interior_of(walls, rows.height - 1, ~Row{0}),
                    .targets = interior_of(rows.targets.data(), rows.height - 1, 0)};
  const Cells live = live_cells(level);
  Board board{.boxes = interior_of(rows.boxes.data(), rows.height - 1, 0),
              .player = Cells{1} << (kSmallInterior * (rows.player.row - 1) + rows.player.column - 1)};
  bool told = false;
  for (int step = 1; step <= kSteps; ++step) {
    board = moved(level, board, static_cast<Action>(numbers.below(kActions)));
    if (solved(level, board)) return;
    const bool alarm = is_dead(level, board, live);
    tally.revived += told && !alarm;
    told = alarm;
    if (step % kEvery != 0) continue;
    // The search's frame begins at the first row and column of floor.
    Plane<1> boxes, reached;
    const int corner = kSmallInterior * (area.top - 1) + area.left - 1;
    boxes.word[0] = board.boxes >> corner;
    reached.word[0] = board.player >> corner;
    reached = flooded(ground.frame, ground.open & ~boxes, reached);
    const bool dead = !solvable.contains({boxes.word[0], reached.word[0]});
    const bool off_live = (board.boxes & ~live) != 0;
    tally.all.add(dead, off_live, alarm);
    if (step == kSteps) tally.last.add(dead, off_live, alarm);
    tally.false_alarms += alarm && !dead;
  }
}

// BOXWARP_DEADLOCK_LEVELS: levels to play, 40 boards each; 2,500 for the figures that README tells.
TEST(Deadlock, RaisesNoFalseAlarmInRandomPlayAndFindsMostDeadBoards) {
  const char* const asked = std::getenv("BOXWARP_DEADLOCK_LEVELS");
  const int levels = asked != nullptr ? std::atoi(asked) : 60;
  StartOptions options;
  options.like = Like::boxoban;
  StartGenerator generator(completed(options));
  oracle::Numbers numbers(8);
  Tally tally;
  for (int id = 0; id < levels; ++id)
    ASSERT_NO_FATAL_FAILURE(play(generator.level(5, static_cast<std::uint64_t>(id)).level, numbers, tally));
  EXPECT_EQ(tally.false_alarms, 0);
  EXPECT_EQ(tally.revived, 0) << "dead boards stay dead";
  tally.all.print("of random play");
  tally.last.print("after 120 steps");
  EXPECT_GT(tally.all.share(tally.all.by_squares), 0.5);
  EXPECT_GT(tally.all.share(tally.all.by_both), 0.75);
}

}  // namespace
}  // namespace boxwarp
