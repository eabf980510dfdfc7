// The layout of the fused network's tiles: nothing overlaps, every tap stays inside and reads zeros beyond the board, and no
// phase of ldmatrix meets a bank of shared memory twice.
#include "kernels/net/tiles.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "kernels/net/fused_memory.hpp"

namespace boxwarp {
namespace {

struct Board {
  int height, width;
};
constexpr Board kBoards[] = {{10, 10}, {7, 7}, {8, 7}, {3, 5}, {5, 3}, {2, 2}, {6, 16}};

// Every tile of these boards that the network uses.
std::vector<CellTile> tiles() {
  std::vector<CellTile> all;
  for (const Board board : kBoards) {
    const int m_tiles = fused_shape({.height = board.height, .width = board.width}).m_tiles;
    EXPECT_GT(m_tiles, 0) << board.height << "x" << board.width;
    all.push_back(state_tile(board.height, board.width, m_tiles));
    for (const int kernel : {3, 4}) {
      CellTile tile = encoder_tile(board.height, board.width, kernel);
      all.push_back(tile);
      std::swap(tile.before, tile.after);  // as its gradient's
      all.push_back(tile);
    }
  }
  return all;
}

TEST(Tiles, EveryTapOfEveryRowStaysInsideAndReadsTheCellItNamesOrAZero) {
  for (const CellTile& tile : tiles()) {
    ASSERT_GE(tile.m_tiles, tile.needed_m_tiles());
    std::vector<int> cell_at(static_cast<std::size_t>(tile.cells()), -1);
    for (int y = 0; y < tile.height; ++y) {
      for (int x = 0; x < tile.width; ++x) {
        int& place = cell_at.at(static_cast<std::size_t>(tile.cell(y, x)));
        ASSERT_EQ(place, -1) << "two cells in one place";
        place = y * tile.width + x;
        ASSERT_TRUE(tile.on_board(tile.row(y, x)));
        ASSERT_EQ(tile.y_of(tile.row(y, x)), y);
        ASSERT_EQ(tile.x_of(tile.row(y, x)), x);
      }
    }
    for (int dy = -tile.before; dy <= tile.after; ++dy) {
      for (int dx = -tile.before; dx <= tile.after; ++dx) {
        for (int row = 0; row < tile.rows(); ++row) {
          const int read = tile.origin() + row + tile.offset(dy, dx);
          ASSERT_TRUE(read >= 0 && read < tile.cells());
          if (!tile.on_board(row)) continue;
          const int y = tile.y_of(row) + dy, x = tile.x_of(row) + dx;
          const bool there = y >= 0 && y < tile.height && x >= 0 && x < tile.width;
          ASSERT_EQ(cell_at[static_cast<std::size_t>(read)], there ? y * tile.width + x : -1)
              << "row " << row << ", tap " << dy << ", " << dx;
        }
      }
    }
  }
}

// A phase: eight lanes bring 16 bytes each, from 32 banks of 4 bytes. Planes start at multiples of 16 bytes, so wherever a
// tile begins, eight cells must cover eight different groups of four banks.
TEST(Tiles, NoPhaseOfLdmatrixMeetsABankTwice) {
  for (const CellTile& tile : tiles()) {
    for (int tap_offset = -tile.origin(); tap_offset <= tile.after * (tile.pitch() + 1); ++tap_offset) {
      for (int m = 0; m < tile.m_tiles; ++m) {
        for (int phase = 0; phase < 4; ++phase) {
          std::set<int> groups;
          for (int lane = 8 * phase; lane < 8 * phase + 8; ++lane) {
            const int cell = tile.origin() + m * kTileRows + tap_offset + left_cell(lane);
            groups.insert(tile.at(left_channel(lane), cell) * 2 / 16 % 8);
          }
          ASSERT_EQ(groups.size(), 8u);
        }
      }
    }
  }
}

// Lanes bring the rows of four 8x8 tiles in the order that a left operand wants (collective.cuh): upper left, lower left,
// upper right, lower right.
TEST(Tiles, LanesBringALeftOperandInTheOrderOfItsRegisters) {
  for (int lane = 0; lane < 32; ++lane) {
    EXPECT_EQ(left_cell(lane), (lane / 8 == 1 || lane / 8 == 3 ? 8 : 0) + lane % 8);
    EXPECT_EQ(left_channel(lane), lane / 8 >= 2 ? 8 : 0);
  }
}

TEST(Tiles, TheElementsOfATileAndOfItsOrdersAreDifferentAndFillThem) {
  const CellTile tile = state_tile(10, 10, 7);
  std::set<int> elements;
  for (int c = 0; c < 32; ++c) {
    for (int cell = 0; cell < tile.cells(); ++cell) elements.insert(tile.at(c, cell));
  }
  EXPECT_EQ(elements.size(), static_cast<std::size_t>(tile.elements(32)));
  EXPECT_EQ(*elements.rbegin(), tile.elements(32) - 1);

  for (const int n_tiles : {1, 2, 4}) {
    const RightOrder order{4, n_tiles};
    elements.clear();
    for (int i = 0; i < 3 * 4 * n_tiles * 128; ++i) {
      const int n = i % 8, k = i / 8 % 16, j = i / 128 % n_tiles, warp = i / 128 / n_tiles % 4;
      const int at = order.at(i / 128 / n_tiles / 4, warp, j, k, n);
      elements.insert(at);
      const RightOrder::Place place = order.place(at);
      ASSERT_TRUE(place.k_tile == i / 128 / n_tiles / 4 && place.warp == warp && place.j == j && place.k == k && place.n == n);
    }
    EXPECT_EQ(elements.size(), static_cast<std::size_t>(3 * order.tile_elements()));
    EXPECT_EQ(*elements.rbegin(), 3 * order.tile_elements() - 1);
  }

  for (const int groups : {1, 4}) {
    const SumOrder order{7, groups};
    elements.clear();
    for (int i = 0; i < 112 * 32 * groups; ++i) elements.insert(order.at(i / groups % 112, i / groups / 112, i % groups));
    EXPECT_EQ(elements.size(), static_cast<std::size_t>(order.elements(32)));
    EXPECT_EQ(*elements.rbegin(), order.elements(32) - 1);
  }
}

// Row and channel of a value, and the value of row and channel, undo each other.
TEST(Tiles, ValuesOfASumKnowTheirRowAndChannel) {
  for (int lane = 0; lane < 32; ++lane) {
    for (int value = 0; value < 4; ++value) {
      const int row = sum_row(3, lane, value), channel = sum_channel(2, lane, value);
      EXPECT_EQ(row / kTileRows, 3);
      EXPECT_EQ(channel / kPlaneChannels, 2);
      EXPECT_EQ(sum_lane(row, channel), lane);
      EXPECT_EQ(sum_value(row, channel), value);
      // As the tensor core has it: row quad and quad + 8, columns pair and pair + 1.
      EXPECT_EQ(row % kTileRows, lane / 4 + (value >= 2 ? 8 : 0));
      EXPECT_EQ(channel % kPlaneChannels, lane % 4 * 2 + value % 2);
    }
  }
}

TEST(Tiles, ClassesSayWhichTapsLieOnTheBoard) {
  for (const Board board : kBoards) {
    for (int y = 0; y < board.height; ++y) {
      for (int x = 0; x < board.width; ++x) {
        for (int tap = 0; tap < kTapCount; ++tap) {
          const int row = y + tap / 3 - 1, column = x + tap % 3 - 1;
          const bool there = row >= 0 && row < board.height && column >= 0 && column < board.width;
          ASSERT_EQ(class_has_tap(class_of(y, x, board.height, board.width), tap), there);
        }
      }
    }
  }
}

TEST(FusedMemory, CountsWhatItTakesAndAlignsIt) {
  const FusedShape shape = fused_shape({});
  MemoryBlock count(nullptr);
  take_memory(shape, {8, 1, 4, 3}, 3, count);
  std::vector<std::byte> bytes(count.used() + 256);
  void* begin = bytes.data() + (256 - reinterpret_cast<std::uintptr_t>(bytes.data()) % 256) % 256;
  MemoryBlock block(begin);
  const FusedMemory memory = take_memory(shape, {8, 1, 4, 3}, 3, block);
  EXPECT_EQ(block.used(), count.used());
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.kept.pooled) % 256, 0u);
  const std::size_t pooled = ActivationIndex{shape, 4}.pooled(3, 0, 0, 0);
  EXPECT_LE(reinterpret_cast<std::byte*>(memory.kept.pooled + pooled), static_cast<std::byte*>(begin) + count.used());
  EXPECT_EQ(memory.passing.hidden, nullptr);
}

}  // namespace
}  // namespace boxwarp
