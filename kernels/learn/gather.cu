// Columns of an array side by side: what one minibatch reads of a rollout. Thread = 16 bytes of the result, or 4 or 1 where
// items or addresses are no multiples of that.
#include <limits>

#include "kernels/learn/device_ops.cuh"

namespace boxwarp::DEVICE {

namespace {

template <int kBytes>
struct Piece;
template <>
struct Piece<16> {
  using Type = uint4;
};
template <>
struct Piece<4> {
  using Type = std::uint32_t;
};
template <>
struct Piece<1> {
  using Type = std::uint8_t;
};

// pieces: of an item. All counts fit 32 bits, whose divisions are short.
template <int kBytes>
__global__ void __launch_bounds__(kLearnThreads)
    gather_kernel(std::uint32_t pieces, std::uint32_t count, std::uint32_t all, std::uint32_t total,
                  const std::int32_t* columns, const void* from, void* to) {
  using Piece = typename Piece<kBytes>::Type;
  const std::uint32_t i = blockIdx.x * kLearnThreads + threadIdx.x;
  if (i >= total) return;
  const std::uint32_t item = i / pieces, within = i % pieces, row = item / count;
  const auto column = static_cast<std::uint32_t>(columns[item % count]);
  const std::size_t source = (std::size_t{row} * all + column) * pieces + within;
  static_cast<Piece*>(to)[i] = static_cast<const Piece*>(from)[source];
}

template <int kBytes>
void gather_by(Executor& executor, const GatherView& view) {
  const std::int64_t pieces = static_cast<std::int64_t>(view.bytes / kBytes), total = view.rows * view.count * pieces;
  if (total > std::numeric_limits<std::int32_t>::max() || view.all > std::numeric_limits<std::int32_t>::max())
    throw std::invalid_argument("gather: " + std::to_string(total) + " pieces of " + std::to_string(kBytes) +
                                " bytes are more than one launch counts; take fewer rows");
  launch(executor, "gather", gather_kernel<kBytes>, learn_geometry(static_cast<std::size_t>(total)),
         static_cast<std::uint32_t>(pieces), static_cast<std::uint32_t>(view.count), static_cast<std::uint32_t>(view.all),
         static_cast<std::uint32_t>(total), view.columns, view.from, view.to);
}

// Do items and both addresses go in steps of so many bytes?
bool goes_by(std::size_t step, const GatherView& view) {
  return (view.bytes | reinterpret_cast<std::uintptr_t>(view.from) | reinterpret_cast<std::uintptr_t>(view.to)) % step == 0;
}

}  // namespace

void gather(Executor& executor, const GatherView& view) {
  if (view.rows == 0 || view.count == 0 || view.bytes == 0) return;
  const auto by = goes_by(16, view) ? gather_by<16> : goes_by(4, view) ? gather_by<4> : gather_by<1>;
  by(executor, view);
}

}  // namespace boxwarp::DEVICE
