// Where the weights of a convolution lie for tensor cores: stage by stage, each as it goes to shared memory.
#pragma once

#include <cstddef>

#include "kernels/net/tiles.hpp"

namespace boxwarp {

inline constexpr int kStageInputs = 32;  // that a stage sums over

// A stage has the weights of kStageInputs inputs and `columns` outputs for one tap, in planes of eight outputs:
// [outputs / columns][inputs / kStageInputs][tap][plane][input][output % 8]. Both ends are filled up with zeros.
struct TileWeights {
  int kernel, inputs, outputs;

  HOST_DEVICE constexpr int columns() const { return outputs > 32 ? 64 : 32; }
  HOST_DEVICE constexpr int taps() const { return kernel * kernel; }
  HOST_DEVICE constexpr int depths() const { return (inputs + kStageInputs - 1) / kStageInputs; }
  HOST_DEVICE constexpr int across() const { return (outputs + columns() - 1) / columns(); }
  HOST_DEVICE constexpr std::size_t stage_elements() const { return static_cast<std::size_t>(kStageInputs * columns()); }
  // Of the stages that a block of columns goes through one after another.
  HOST_DEVICE constexpr std::size_t block_elements() const {
    return static_cast<std::size_t>(depths() * taps()) * stage_elements();
  }
  HOST_DEVICE constexpr std::size_t elements() const { return static_cast<std::size_t>(across()) * block_elements(); }

  HOST_DEVICE constexpr std::size_t at(int tap, int input, int output) const {
    const int column = output % columns(), stage = input / kStageInputs * taps() + tap;
    const int row = column / kPlaneChannels * kStageInputs + input % kStageInputs;
    return static_cast<std::size_t>(output / columns()) * block_elements() +
           static_cast<std::size_t>(stage) * stage_elements() +
           static_cast<std::size_t>(row * kPlaneChannels + column % kPlaneChannels);
  }
};

static_assert(TileWeights{3, 36, 68}.elements() == 2 * 2 * 9 * 32 * 64);
static_assert(TileWeights{3, 36, 68}.at(8, 35, 67) == (2 * 9 + 17) * 2048 + 3 * 8 + 3);

}  // namespace boxwarp
