// Sums over many rows in a fixed order, the same on every device: slices of the rows are summed up side by side, each from
// its first row to its last, and then the slices in their order. And the two things one does to arrays: clear and copy.
//
// Thread = one number of one slice; then one number of the sum.
#include <algorithm>

#include "kernels/net/plain_ops.cuh"

namespace boxwarp::DEVICE::plain {

namespace {

constexpr std::int64_t kSliceRows = 256;  // fewer are not worth a slice of their own
constexpr int kMostSlices = 32;
constexpr std::size_t kMostSliceFloats = 1u << 22;  // of all slices; large sums keep a GPU busy with few slices

__global__ void __launch_bounds__(kThreads)
    plain_sum_slices_kernel(const float* x, std::int64_t rows, std::int64_t size, int slices, float* partials) {
  const std::int64_t thread = thread_number();
  if (thread >= size * slices) return;
  const std::int64_t slice = thread / size, i = thread % size, end = rows * (slice + 1) / slices;
  float sum = 0;
  for (std::int64_t row = rows * slice / slices; row < end; ++row) sum += x[row * size + i];
  partials[thread] = sum;
}

__global__ void __launch_bounds__(kThreads)
    plain_add_slices_kernel(const float* partials, int slices, std::int64_t size, float* sum) {
  const std::int64_t i = thread_number();
  if (i >= size) return;
  float all = partials[i];
  for (int slice = 1; slice < slices; ++slice) all += partials[slice * size + i];
  sum[i] += all;
}

__global__ void __launch_bounds__(kThreads) plain_fill_zero_kernel(float* to, std::int64_t size) {
  const std::int64_t i = thread_number();
  if (i < size) to[i] = 0;
}

__global__ void __launch_bounds__(kThreads) plain_copy_kernel(float* to, const float* from, std::int64_t size) {
  const std::int64_t i = thread_number();
  if (i < size) to[i] = from[i];
}

}  // namespace

int slices_of(std::int64_t rows, std::size_t size) {
  const auto most = static_cast<std::int64_t>(kMostSliceFloats / size);
  return static_cast<int>(std::clamp<std::int64_t>(std::min(rows / kSliceRows, most), 1, kMostSlices));
}

std::size_t partial_floats(std::int64_t rows, std::size_t size) {
  return static_cast<std::size_t>(slices_of(rows, size)) * size;
}

void add_slices(Executor& executor, const float* partials, int slices, std::size_t size, float* sum) {
  const auto count = static_cast<std::int64_t>(size);
  launch(executor, "plain_add_slices", plain_add_slices_kernel, geometry_of(count), partials, slices, count, sum);
}

void add_rows(Executor& executor, const float* x, std::int64_t rows, std::size_t size, float* partials, float* sum) {
  const int slices = slices_of(rows, size);
  const auto count = static_cast<std::int64_t>(size);
  launch(executor, "plain_sum_slices", plain_sum_slices_kernel, geometry_of(count * slices), x, rows, count, slices,
         partials);
  add_slices(executor, partials, slices, size, sum);
}

void fill_zero(Executor& executor, float* to, std::size_t size) {
  const auto count = static_cast<std::int64_t>(size);
  launch(executor, "plain_fill_zero", plain_fill_zero_kernel, geometry_of(count), to, count);
}

void copy(Executor& executor, float* to, const float* from, std::size_t size) {
  const auto count = static_cast<std::int64_t>(size);
  launch(executor, "plain_copy", plain_copy_kernel, geometry_of(count), to, from, count);
}

}  // namespace boxwarp::DEVICE::plain
