// What the tests of single operations share: arrays with guarded margins, comparison with maps of the oracle.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "host/cpu/aligned_floats.hpp"
#include "tests/host/cpu/net_case.hpp"
#include "tests/oracle/drc.hpp"

namespace boxwarp::test {

inline constexpr double kBound = 1e-5;  // sums of a few hundred products of numbers around one, in float32
inline constexpr float kUntouched = 12345.0f;
inline constexpr std::size_t kMargin = 64;

// An aligned array between margins that nobody may write to.
class Guarded {
 public:
  // Not inlined: g++ 12 otherwise warns about sizes that it cannot exclude.
  [[gnu::noinline]] explicit Guarded(std::size_t size, float value = 0.0f) : floats_(size + 2 * kMargin), size_(size) {
    std::fill_n(floats_.data(), floats_.size(), kUntouched);
    std::fill_n(data(), size, value);
  }
  explicit Guarded(const std::vector<float>& values) : Guarded(values.size()) { std::ranges::copy(values, data()); }
  ~Guarded() {
    for (std::size_t i = 0; i < kMargin; ++i) {
      EXPECT_EQ(floats_.data()[i], kUntouched);
      EXPECT_EQ(data()[size_ + i], kUntouched);
    }
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  float* data() { return floats_.data() + kMargin; }
  std::vector<float> values() { return {data(), data() + size_}; }

 private:
  AlignedFloats floats_;
  std::size_t size_;
};

inline std::vector<double> wide(const std::vector<float>& values) { return {values.begin(), values.end()}; }

// One image of (H, W, C) as a map of the oracle.
inline oracle::Map map_of(const float* from, int height, int width, int channels) {
  oracle::Map map(channels, height, width);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) map.at(c, y, x) = *from++;
    }
  }
  return map;
}

inline void append(const oracle::Map& map, std::vector<double>& to) {
  for (int y = 0; y < map.height; ++y) {
    for (int x = 0; x < map.width; ++x) {
      for (int c = 0; c < map.channels; ++c) to.push_back(map.at(c, y, x));
    }
  }
}

inline double dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

// Boards, height, width and channels of a tick.
struct Tick {
  int boards, height, width, channels;
};
inline constexpr Tick kTicks[] = {{1, 1, 1, 16}, {3, 5, 4, 16}, {7, 3, 9, 48}, {8, 10, 10, 32}};

}  // namespace boxwarp::test
