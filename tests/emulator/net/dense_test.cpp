// Matrix products of the dense layers alone, with more of the depth in a slice than the ring of stages holds, which networks
// small enough for the emulator have not.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "emulator/device_executor.hpp"
#include "emulator/memory.hpp"
#include "emulator/schedule.hpp"
#include "kernels/net/dense.cuh"

namespace boxwarp {
namespace {

using emulated::Fastest;

// An operand of numbers that bf16 has, (outers, depth) or the other way round, with zeros up to a stride.
struct Operand {
  Fastest order;
  int stride;
  std::vector<float> values;
  emulator::Buffer<Bf16> there;

  Operand(Fastest fastest, int outers, int depth, std::mt19937& random)
      : order(fastest),
        stride(((fastest == Fastest::depth ? depth : outers) + 7) / 8 * 8),
        values(static_cast<std::size_t>((fastest == Fastest::depth ? outers : depth) * stride)),
        there(values.size(), "operand") {
    for (int i = 0; i < outers; ++i)
      for (int k = 0; k < depth; ++k) values[place(i, k)] = static_cast<float>(static_cast<int>(random() % 255) - 127) / 128;
    for (std::size_t i = 0; i < values.size(); ++i) there[i] = {emulator::rounded_to_bf16(values[i])};
  }
  double at(int outer, int depth) const { return values[place(outer, depth)]; }

 private:
  std::size_t place(int outer, int depth) const {
    return static_cast<std::size_t>(order == Fastest::depth ? outer * stride + depth : depth * stride + outer);
  }
};

class DenseProducts : public testing::TestWithParam<emulator::Schedule> {
 protected:
  // Products are whole numbers of 2^-14 and their sums far below 2^10, so a float has each sum exactly, in any order.
  void check(Fastest left_order, Fastest right_order, int rows, int columns, int depth, int slices) {
    const Operand left(left_order, rows, depth, random_), right(right_order, columns, depth, random_);
    emulator::Buffer<float> partial(static_cast<std::size_t>(slices * rows * columns), "partial");
    emulated::dense_product(
        executor_, "dense", left_order, right_order,
        {left.there.data(), right.there.data(), rows, columns, depth, left.stride, right.stride, slices, partial.data()});
    const std::vector<float> found = partial.values();
    const int tiles = emulated::dense_depth_tiles(depth);
    for (int i = 0; i < slices * rows * columns; ++i) {
      const int slice = i / columns / rows, row = i / columns % rows, column = i % columns;
      double sum = 0;
      for (int k = tiles * slice / slices * emulated::kDenseDepth;
           k < std::min(depth, tiles * (slice + 1) / slices * emulated::kDenseDepth); ++k)
        sum += left.at(row, k) * right.at(column, k);
      ASSERT_EQ(found[static_cast<std::size_t>(i)], sum) << "slice " << slice << ", row " << row << ", column " << column;
    }
  }

 private:
  emulated::DeviceExecutor executor_{GetParam()};
  std::mt19937 random_{5};
};
INSTANTIATE_TEST_SUITE_P(Emulator, DenseProducts, testing::ValuesIn(emulator::every_schedule()));

TEST_P(DenseProducts, EqualLoopsInEveryOrderOfTheOperands) {
  for (const auto& [left, right] : {std::pair{Fastest::depth, Fastest::depth}, std::pair{Fastest::depth, Fastest::outer},
                                    std::pair{Fastest::outer, Fastest::outer}}) {
    check(left, right, 5, 9, 161, 1);   // six tiles of the depth, the last one of a single number
    check(left, right, 65, 7, 230, 2);  // two blocks, slices of four tiles
  }
}

}  // namespace
}  // namespace boxwarp
