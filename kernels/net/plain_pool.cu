// Maximum and mean of every channel over the board, and what a layer makes of them: q = P[0] maximum + P[1] mean (pool and
// inject; Guez et al. 2019).
//
// Thread = one image and channel, which goes over the cells; of pool_back: one number of the map.
#include "kernels/net/plain_ops.cuh"

namespace boxwarp::DEVICE::plain {

namespace {

// Which image and channel a thread has, and where its numbers lie.
struct Column {
  std::int64_t image, channel;
  const float* first;          // the next cell's is `channels` further
  std::int64_t maximum, mean;  // in an array (images, 2, channels)
};

__device__ Column column_of(const float* x, std::int64_t thread, int cells, int channels) {
  const std::int64_t image = thread / channels, channel = thread % channels;
  const std::int64_t maximum = image * 2 * channels + channel;
  return {image, channel, x == nullptr ? nullptr : x + image * cells * channels + channel, maximum, maximum + channels};
}

__global__ void __launch_bounds__(kThreads)
    plain_pool_kernel(std::int64_t images, int cells, int channels, const float* x, float* pooled) {
  const std::int64_t thread = thread_number();
  if (thread >= images * channels) return;
  const Column column = column_of(x, thread, cells, channels);
  float maximum = column.first[0], sum = 0;
  for (int cell = 0; cell < cells; ++cell) {
    const float value = column.first[std::int64_t{cell} * channels];
    maximum = value > maximum ? value : maximum;
    sum += value;
  }
  pooled[column.maximum] = maximum;
  pooled[column.mean] = sum / static_cast<float>(cells);
}

__global__ void __launch_bounds__(kThreads)
    plain_divide_among_cells_kernel(std::int64_t images, int cells, int channels, const float* x, const float* pooled,
                                    float* grad_pooled) {
  const std::int64_t thread = thread_number();
  if (thread >= images * channels) return;
  const Column column = column_of(x, thread, cells, channels);
  const float maximum = pooled[column.maximum];
  int holders = 0;
  for (int cell = 0; cell < cells; ++cell) holders += column.first[std::int64_t{cell} * channels] == maximum ? 1 : 0;
  grad_pooled[column.maximum] /= static_cast<float>(holders);
  grad_pooled[column.mean] /= static_cast<float>(cells);
}

__global__ void __launch_bounds__(kThreads)
    plain_inject_kernel(std::int64_t images, int channels, const float* pooled, const float* project, float* q) {
  const std::int64_t thread = thread_number();
  if (thread >= images * channels) return;
  const Column column = column_of(nullptr, thread, 1, channels);
  q[thread] = project[column.channel] * pooled[column.maximum] + project[channels + column.channel] * pooled[column.mean];
}

__global__ void __launch_bounds__(kThreads)
    plain_inject_back_kernel(std::int64_t images, int channels, const float* pooled, const float* project,
                             const float* grad_q, float* grad_pooled, float* grad_project_rows) {
  const std::int64_t thread = thread_number();
  if (thread >= images * channels) return;
  const Column column = column_of(nullptr, thread, 1, channels);
  const float grad = grad_q[thread];
  grad_pooled[column.maximum] = grad * project[column.channel];
  grad_pooled[column.mean] = grad * project[channels + column.channel];
  grad_project_rows[column.maximum] = grad * pooled[column.maximum];
  grad_project_rows[column.mean] = grad * pooled[column.mean];
}

__global__ void __launch_bounds__(kThreads)
    plain_pool_back_kernel(std::int64_t images, int cells, int channels, const float* x, const float* pooled,
                           const float* shares, float* grad_x) {
  const std::int64_t i = thread_number();
  if (i >= images * cells * channels) return;
  const std::int64_t image = i / channels / cells, channel = i % channels, at = image * 2 * channels + channel;
  if (x[i] == pooled[at]) grad_x[i] += shares[at];
  grad_x[i] += shares[at + channels];
}

}  // namespace

void pool(Executor& executor, std::int64_t images, int cells, int channels, const float* x, float* pooled) {
  launch(executor, "plain_pool", plain_pool_kernel, geometry_of(images * channels), images, cells, channels, x, pooled);
}

void divide_among_cells(Executor& executor, std::int64_t images, int cells, int channels, const float* x,
                        const float* pooled, float* grad_pooled) {
  launch(executor, "plain_divide_among_cells", plain_divide_among_cells_kernel, geometry_of(images * channels), images,
         cells, channels, x, pooled, grad_pooled);
}

void inject(Executor& executor, std::int64_t images, int channels, const float* pooled, const float* project, float* q) {
  launch(executor, "plain_inject", plain_inject_kernel, geometry_of(images * channels), images, channels, pooled, project,
         q);
}

void inject_back(Executor& executor, std::int64_t images, int channels, const float* pooled, const float* project,
                 const float* grad_q, float* grad_pooled, float* grad_project_rows) {
  launch(executor, "plain_inject_back", plain_inject_back_kernel, geometry_of(images * channels), images, channels, pooled,
         project, grad_q, grad_pooled, grad_project_rows);
}

void pool_back(Executor& executor, std::int64_t images, int cells, int channels, const float* x, const float* pooled,
               const float* shares, float* grad_x) {
  launch(executor, "plain_pool_back", plain_pool_back_kernel, geometry_of(images * cells * channels), images, cells,
         channels, x, pooled, shares, grad_x);
}

}  // namespace boxwarp::DEVICE::plain
