// The boards as images of one cell a pixel: what the first convolution of a network reads. rgb: the colour / 255; planes:
// one where the cell has the plane's code.
//
// Thread = one cell; 1 byte read, 16 or 32 written.
#include "kernels/fault.cuh"
#include "kernels/net/input_value.hpp"
#include "kernels/net/plain_ops.cuh"
#include "kernels/sokoban/board.hpp"

namespace boxwarp::DEVICE::plain {

namespace {

constexpr int kMostChannels = padded_to_quads(kCellCodes);

// What each cell code shows in each channel.
struct Shown {
  float value[kCellCodes][kMostChannels];
};

Shown shown_by(NetInput input) {
  Shown shown{};
  for (int code = 0; code < kCellCodes; ++code) {
    for (int c = 0; c < kCellCodes; ++c) shown.value[code][c] = input_value(input, code, c);
  }
  return shown;
}

__global__ void __launch_bounds__(kThreads)
    plain_observe_kernel(const __grid_constant__ Shown shown, const std::uint8_t* cells, std::int64_t rows, int cells_each,
                         int channels, float* image, FaultWord* fault) {
  const std::int64_t row = thread_number();
  if (row >= rows) return;
  const int code = cells[row];
  const bool known = code < kCellCodes;
  if (!known) report(fault, {FaultKind::bad_cell, static_cast<std::uint32_t>(row / cells_each), code});
  for (int channel = 0; channel < channels; ++channel)
    image[row * channels + channel] = known ? shown.value[code][channel] : 0.0f;
}

}  // namespace

void observe(Executor& executor, NetInput input, const std::uint8_t* cells, std::int64_t boards, int cells_each,
             int channels, float* image) {
  launch(executor, "plain_observe", plain_observe_kernel, geometry_of(boards * cells_each), shown_by(input), cells,
         boards * cells_each, cells_each, channels, image, static_cast<DeviceExecutor&>(executor).fault());
}

}  // namespace boxwarp::DEVICE::plain
