#include <algorithm>

#include "host/cpu/add.hpp"
#include "host/cpu/column_sums.hpp"
#include "host/cpu/encoder.hpp"
#include "host/cpu/resnet.hpp"

namespace boxwarp {

namespace {

// In this order a NaN stays a NaN.
void rectify(const float* x, std::size_t size, float* to) {
  for (std::size_t i = 0; i < size; ++i) to[i] = x[i] < 0.0f ? 0.0f : x[i];
}

// Adds the gradient of relu(x) to that of x; rectified: relu(x).
void add_rectified_gradient(const float* grad, const float* rectified, std::size_t size, float* to) {
  for (std::size_t i = 0; i < size; ++i) to[i] += rectified[i] > 0.0f ? grad[i] : 0.0f;
}

struct Slice {
  const NetShape& shape;
  const UnrollView& unroll;
  int first;
  UnrollSize size;

  HeadPass head_pass() const { return {shape, unroll, first, size}; }
  std::size_t cells() const {  // of all images
    return static_cast<std::size_t>(size.boards * size.steps) * static_cast<std::size_t>(shape.height * shape.width);
  }
  std::size_t floats(int sequence) const { return cells() * static_cast<std::size_t>(resnet_channels(shape, sequence)); }

  // Calls visit(shape of the look-up, cell codes, floats before its images) for each step.
  template <class Visit>
  void for_each_step(Visit&& visit) const {
    const EncoderShape images{size.boards, shape.height, shape.width, shape.channels, shape.encoder_kernel};
    const auto area = static_cast<std::size_t>(shape.height * shape.width);
    const std::size_t floats = static_cast<std::size_t>(size.boards * shape.channels) * area;
    for (int t = 0; t < size.steps; ++t) {
      visit(images, unroll.cells + head_pass().step_offset(t) * area, static_cast<std::size_t>(t) * floats);
    }
  }
};

}  // namespace

void ResNet::forward(const Weights& weights, Primitives& primitives, Memory& memory, const UnrollView& unroll, int first) {
  const Slice slice{weights.shape(), unroll, first, memory.size()};
  const auto bias = [&](std::size_t convolution) { return weights.part(weights.layout().convolutions[convolution].bias); };
  const auto convolve = [&](std::size_t convolution, const float* from, float* to) {
    const Primitives::Use& use = primitives.use(convolution);
    use.convolution->forward.run(from, use.weights, bias(convolution), to);
  };
  for (int i = 0; i < slice.shape.layers; ++i) {
    const auto lead = 3 * static_cast<std::size_t>(i);
    float* x = memory.output(i);
    if (i == 0) {
      const float* table = weights.part(weights.layout().convolutions[0].weights);
      slice.for_each_step([&](const EncoderShape& images, const std::uint8_t* cells, std::size_t to) {
        encoder_forward(images, cells, table, bias(0), x + to);
      });
    } else {
      convolve(lead, memory.output(i - 1), x);
    }
    for (int block = 0; block < 2; ++block) {
      rectify(x, slice.floats(i), memory.rectified(i, block));
      convolve(lead + 1 + static_cast<std::size_t>(block), memory.rectified(i, block), memory.residual.data());
      add(memory.residual.data(), slice.floats(i), x);
    }
  }
  float* z = memory.head.z.data();
  rectify(z, slice.floats(slice.shape.layers - 1), z);
  head_forward(slice.head_pass(), weights.heads(), memory.head);
}

void ResNet::backward(const Weights& weights, Primitives& primitives, Memory& memory, const UnrollView& unroll, int first,
                      Gradients& gradients, const UnrollGradientView& gradient, float* grad_parts) {
  const Slice slice{weights.shape(), unroll, first, memory.size()};
  head_backward(slice.head_pass(), weights.heads(), memory.head, gradient, gradients.head, weights.layout().head,
                grad_parts);

  float* grad_x = gradients.x.data();
  float* other = gradients.other.data();
  const std::size_t last = slice.floats(slice.shape.layers - 1);
  std::fill_n(grad_x, last, 0.0f);
  add_rectified_gradient(gradients.head.z.data(), memory.head.z.data(), last, grad_x);

  // From the gradient of a convolution's output, those of its weights, its bias and, into `other`, its input.
  const auto convolution_backward = [&](std::size_t convolution, const float* from) {
    const ConvolutionParts& parts = weights.layout().convolutions[convolution];
    const Primitives::Use& use = primitives.use(convolution);
    column_sums(slice.cells(), parts.bias.size, grad_x, grad_parts + parts.bias.offset);
    use.convolution->weights.run(from, grad_x, grad_parts + parts.weights.offset);
    use.convolution->data.run(grad_x, use.backward_weights, other);
  };
  for (int i = slice.shape.layers - 1; i >= 0; --i) {
    const auto lead = 3 * static_cast<std::size_t>(i);
    for (int block = 1; block >= 0; --block) {
      convolution_backward(lead + 1 + static_cast<std::size_t>(block), memory.rectified(i, block));
      add_rectified_gradient(other, memory.rectified(i, block), slice.floats(i), grad_x);
    }
    if (i == 0) break;
    convolution_backward(lead, memory.output(i - 1));
    std::swap(grad_x, other);
  }
  const ConvolutionParts& table = weights.layout().convolutions.front();
  std::fill_n(grad_parts + table.weights.offset, table.weights.size, 0.0f);
  std::fill_n(grad_parts + table.bias.offset, table.bias.size, 0.0f);
  slice.for_each_step([&](const EncoderShape& images, const std::uint8_t* cells, std::size_t from) {
    encoder_backward(images, cells, grad_x + from, grad_parts + table.weights.offset, grad_parts + table.bias.offset);
  });
}

}  // namespace boxwarp
