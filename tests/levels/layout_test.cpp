// Rooms apart from how they are turned, and the figures of a set.
#include "levels/layout.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "levels/statistics.hpp"
#include "tests/levels/parsed.hpp"

namespace boxwarp {
namespace {

using test::Lines;
using test::only_level;

const Lines kRoom{"########", "#@ #####", "# $   ##", "#  ## ##", "# .## ##", "########"};

Lines turned_right(const Lines& rows) {
  Lines turned(rows[0].size(), std::string(rows.size(), '#'));
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t c = 0; c < rows[0].size(); ++c) turned[c][rows.size() - 1 - r] = rows[r][c];
  return turned;
}

Lines mirrored(Lines rows) {
  for (std::string& row : rows) std::reverse(row.begin(), row.end());
  return rows;
}

TEST(Layout, IsTheSameForAllEightSymmetries) {
  const auto layout = layout_of(only_level(kRoom).level);
  Lines rows = kRoom;
  for (int turn = 0; turn < 4; ++turn) {
    EXPECT_EQ(layout_of(only_level(rows).level), layout);
    EXPECT_EQ(layout_of(only_level(mirrored(rows)).level), layout);
    rows = turned_right(rows);
  }
  EXPECT_EQ(rows, kRoom);
}

TEST(Layout, TakesNoNoticeOfPlaceBoxesTargetsAndPlayer) {
  Lines moved{"###########", "###########"};
  for (const std::string& row : kRoom) moved.push_back("###" + row);
  std::replace(moved[3].begin(), moved[3].end(), '@', '.');
  std::replace(moved[6].begin(), moved[6].end(), '.', '@');
  EXPECT_EQ(layout_of(only_level(moved).level), layout_of(only_level(kRoom).level));
}

TEST(Layout, DiffersIfOneCellDoes) {
  for (std::size_t r = 1; r < kRoom.size() - 1; ++r) {
    for (std::size_t c = 1; c < kRoom[0].size() - 1; ++c) {
      Lines other = kRoom;
      if (other[r][c] != '#') continue;
      other[r][c] = ' ';
      const auto level = only_level(other).level;
      if (to_text(level) == kRoom) continue;  // out of reach
      EXPECT_NE(layout_of(level), layout_of(only_level(kRoom).level));
    }
  }
}

TEST(Statistics, AreThoseOfTheSet) {
  LevelSet set;
  const std::int32_t file = set.add_file("a");
  const LevelRows level = only_level(kRoom).level;
  set.add(level, {file, 0});
  set.add(only_level(turned_right(kRoom)).level, {file, 1});
  set.add(level, {file, 2});
  set.add(only_level({"#######", "#@$$..#", "#######"}).level, {file, 3});
  const SetStatistics statistics = statistics_of(set);
  EXPECT_EQ(statistics.levels, 4);
  EXPECT_EQ(statistics.sizes, (std::map<std::pair<int, int>, std::int64_t>{{{6, 8}, 2}, {{8, 6}, 1}, {{3, 7}, 1}}));
  EXPECT_EQ(statistics.boxes, (std::map<int, std::int64_t>{{1, 3}, {2, 1}}));
  EXPECT_DOUBLE_EQ(statistics.floor_mean, (3 * 13 + 5) / 4.0);
  EXPECT_NEAR(statistics.floor_sd, std::sqrt(3 * 4.0 + 36.0) / 2, 1e-12);
  EXPECT_EQ(statistics.duplicates, 1);
  EXPECT_EQ(statistics.layouts, 2);
}

}  // namespace
}  // namespace boxwarp
