// Convolutions and their gradients, on the kernels that their weights are for.
#include "kernels/net/convolution.cuh"

namespace boxwarp::DEVICE::plain {

void convolve(Executor& executor, const Images& images, const ConvolutionWeights& weights, const float* x, Start start,
              float* y) {
  const int before = (weights.kernel - 1) / 2;
  if (weights.on_tiles())
    tile_convolve(executor,
                  {images, weights.kernel, before, weights.inputs, weights.outputs, x, weights.forward_tiles, start, y});
  else
    plain_convolve(executor,
                   {images, weights.kernel, before, weights.inputs, weights.outputs, x, weights.forward, start, y});
}

void convolve_back(Executor& executor, const Images& images, const ConvolutionWeights& weights, const float* grad_y,
                   Start start, float* grad_x) {
  const int before = weights.kernel / 2;
  if (weights.on_tiles())
    tile_convolve(executor, {images, weights.kernel, before, weights.outputs, weights.inputs, grad_y, weights.backward_tiles,
                             start, grad_x});
  else
    plain_convolve(executor, {images, weights.kernel, before, weights.outputs, weights.inputs, grad_y, weights.backward,
                              start, grad_x});
}

void convolution_weight_gradient(Executor& executor, const Images& images, const ConvolutionWeights& weights, const float* x,
                                 const float* grad_y, float* partials) {
  const int slices = slices_of(images.rows(), weights.size());
  const auto of = weights.on_tiles() ? tile_weight_gradient : plain_weight_gradient;
  of(executor,
     {images, weights.kernel, (weights.kernel - 1) / 2, weights.inputs, weights.outputs, slices, x, grad_y, partials});
  add_slices(executor, partials, slices, weights.size(), weights.gradient);
}

}  // namespace boxwarp::DEVICE::plain
