#include "kernels/sokoban/symmetry.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <utility>

namespace boxwarp {
namespace {

int choices(int height, int width) { return height == width ? kSymmetries : kSymmetriesOfRectangle; }

TEST(Symmetry, TakesTheFrameOntoItselfAndNeighboursToNeighbours) {
  for (const auto& [height, width] : {std::pair{1, 1}, {3, 5}, {8, 8}, {7, 7}, {64, 2}})
    for (int symmetry = 0; symmetry < choices(height, width); ++symmetry) {
      std::set<std::pair<int, int>> reached;
      for (int row = 0; row < height; ++row)
        for (int column = 0; column < width; ++column) {
          const Position to = mapped({row, column}, symmetry, height, width);
          EXPECT_TRUE(to.row >= 0 && to.row < height && to.column >= 0 && to.column < width);
          reached.insert({to.row, to.column});
          const Position next = mapped({row, column + 1}, symmetry, height, width);
          EXPECT_EQ(std::abs(to.row - next.row) + std::abs(to.column - next.column), 1);
        }
      EXPECT_EQ(reached.size(), static_cast<std::size_t>(height * width));
    }
}

TEST(Symmetry, TheEightAreAllDifferentAndTheFirstChangesNothing) {
  std::set<std::pair<int, int>> images;
  for (int symmetry = 0; symmetry < kSymmetries; ++symmetry) {
    const Position to = mapped({1, 2}, symmetry, 8, 8);
    images.insert({to.row, to.column});
  }
  EXPECT_EQ(images.size(), 8u);
  EXPECT_EQ(mapped({1, 2}, 0, 8, 8), (Position{1, 2}));
}

}  // namespace
}  // namespace boxwarp
