// The head of a plain network, from its operations: hidden = ReLU(W x + b), outputs = V hidden + c, where x is z of all
// cells or [maximum, mean] of z over the board.
#include <algorithm>

#include "kernels/net/plain_body.cuh"
#include "kernels/sokoban/board.hpp"

namespace boxwarp::DEVICE::plain {

namespace {

// A dense layer is a convolution of kernel 1 over boards of one cell.
Images as_cells(std::int64_t boards) { return {boards, 1, 1}; }

std::vector<PartOf> output_parts(const NetShape& shape, const Published& published) {
  return {{.tensor = published.tensor("action_net.weight")},
          {.tensor = published.tensor("value_net.weight"), .to_output = shape.actions}};
}

}  // namespace

int image_channels(const NetShape& shape) { return shape.input == NetInput::rgb ? 3 : kCellCodes; }

Head::Head(MemoryBlock& block, const NetShape& shape, const Published& published, const Largest& largest,
           Precision precision)
    : pools_(shape.head == NetHead::pooled),
      actions_(shape.actions),
      cells_(shape.height * shape.width),
      channels_(head_channels(shape)),
      dense_(block, 1, dense_inputs(shape), shape.hidden, {largest.training, precision},
             {{.tensor = published.tensor("mlp_extractor.policy_net.fc0.weight")}}),
      outputs_(block, 1, shape.hidden, shape.actions + 1, {largest.training, precision}, output_parts(shape, published)),
      dense_bias_(block, {largest.training, precision}, {published.tensor("mlp_extractor.policy_net.fc0.bias")}),
      outputs_bias_(block, {largest.training, precision},
                    {published.tensor("action_net.bias"), published.tensor("value_net.bias")}) {
  const auto boards = static_cast<std::size_t>(largest.boards), trained = static_cast<std::size_t>(largest.training_boards);
  const std::size_t pooled = pools_ ? 2 * static_cast<std::size_t>(channels_) : 0;
  output_ = block.take<float>(boards * outputs_bias_.size());
  pooled_ = block.take<float>(boards * pooled);
  grad_hidden_ = block.take<float>(trained * hidden_size());
  grad_pooled_ = block.take<float>(trained * pooled);
}

void Head::load(Executor& executor, const float* parameters) const {
  dense_.load(executor, parameters);
  outputs_.load(executor, parameters);
  dense_bias_.load(executor, parameters);
  outputs_bias_.load(executor, parameters);
}

const float* Head::input(Executor& executor, std::int64_t boards, const float* z) const {
  if (!pools_) return z;
  pool(executor, boards, cells_, channels_, z, pooled_);
  return pooled_;
}

void Head::hidden(Executor& executor, std::int64_t boards, const float* z, float* hidden) const {
  convolve(executor, as_cells(boards), dense_.weights(), input(executor, boards, z), {.rows = dense_bias_.values()}, hidden);
  rectify(executor, static_cast<std::size_t>(boards) * hidden_size(), hidden, hidden);
}

void Head::forward(Executor& executor, std::int64_t boards, const float* z, float* hidden, float* logits,
                   float* values) const {
  this->hidden(executor, boards, z, hidden);
  convolve(executor, as_cells(boards), outputs_.weights(), hidden, {.rows = outputs_bias_.values()}, output_);
  split_outputs(executor, boards, actions_, output_, logits, values);
}

void Head::clear_gradient(Executor& executor) const {
  dense_.clear_gradient(executor);
  outputs_.clear_gradient(executor);
  dense_bias_.clear_gradient(executor);
  outputs_bias_.clear_gradient(executor);
}

void Head::backward(Executor& executor, std::int64_t boards, const float* z, const float* hidden, const float* grad_logits,
                    const float* grad_values, float* grad_z, float* partials) const {
  join_grad_outputs(executor, boards, actions_, grad_logits, grad_values, output_);
  add_rows(executor, output_, boards, outputs_bias_.size(), partials, outputs_bias_.gradient());
  convolution_weight_gradient(executor, as_cells(boards), outputs_.weights(), hidden, output_, partials);
  convolve_back(executor, as_cells(boards), outputs_.weights(), output_, {}, grad_hidden_);

  rectify_back(executor, static_cast<std::size_t>(boards) * hidden_size(), hidden, grad_hidden_);
  add_rows(executor, grad_hidden_, boards, dense_bias_.size(), partials, dense_bias_.gradient());
  convolution_weight_gradient(executor, as_cells(boards), dense_.weights(), input(executor, boards, z), grad_hidden_,
                              partials);
  convolve_back(executor, as_cells(boards), dense_.weights(), grad_hidden_, {}, pools_ ? grad_pooled_ : grad_z);
  if (!pools_) return;
  divide_among_cells(executor, boards, cells_, channels_, z, pooled_, grad_pooled_);
  fill_zero(executor, grad_z, static_cast<std::size_t>(boards * cells_ * channels_));
  pool_back(executor, boards, cells_, channels_, z, pooled_, grad_pooled_, grad_z);
}

void Head::write_gradient(Executor& executor, float* grad_parameters) const {
  dense_.write_gradient(executor, grad_parameters);
  outputs_.write_gradient(executor, grad_parameters);
  dense_bias_.write_gradient(executor, grad_parameters);
  outputs_bias_.write_gradient(executor, grad_parameters);
}

std::size_t Head::most_partials(std::int64_t boards) const {
  return std::max({partial_floats(boards, dense_.weights().size()), partial_floats(boards, outputs_.weights().size()),
                   partial_floats(boards, dense_bias_.size()), partial_floats(boards, outputs_bias_.size())});
}

}  // namespace boxwarp::DEVICE::plain
