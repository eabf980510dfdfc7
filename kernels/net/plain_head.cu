// The head of a plain network, from its operations: hidden = ReLU(W x + b), outputs = V hidden + c.
#include <algorithm>

#include "kernels/net/plain_body.cuh"

namespace boxwarp::DEVICE::plain {

namespace {

// A dense layer is a convolution of kernel 1 over boards of one cell.
Images as_cells(std::int64_t boards) { return {boards, 1, 1}; }

std::vector<PartOf> output_parts(const NetShape& shape, const Published& published) {
  return {{.tensor = published.tensor("action_net.weight")},
          {.tensor = published.tensor("value_net.weight"), .to_output = shape.actions}};
}

}  // namespace

Head::Head(MemoryBlock& block, const NetShape& shape, const Published& published, const Largest& largest)
    : actions_(shape.actions),
      dense_(block, 1, static_cast<int>(published.tensor("mlp_extractor.policy_net.fc0.weight").shape[1]), shape.hidden,
             largest.training, {{.tensor = published.tensor("mlp_extractor.policy_net.fc0.weight")}}),
      outputs_(block, 1, shape.hidden, shape.actions + 1, largest.training, output_parts(shape, published)),
      dense_bias_(block, largest.training, {published.tensor("mlp_extractor.policy_net.fc0.bias")}),
      outputs_bias_(block, largest.training, {published.tensor("action_net.bias"), published.tensor("value_net.bias")}),
      output_(block.take<float>(static_cast<std::size_t>(largest.boards) * outputs_bias_.size())),
      grad_hidden_(block.take<float>(static_cast<std::size_t>(largest.training_boards) * hidden_size())) {}

void Head::load(Executor& executor, const float* parameters) const {
  dense_.load(executor, parameters);
  outputs_.load(executor, parameters);
  dense_bias_.load(executor, parameters);
  outputs_bias_.load(executor, parameters);
}

void Head::hidden(Executor& executor, std::int64_t boards, const float* x, float* hidden) const {
  convolve(executor, as_cells(boards), dense_.weights(), x, {.rows = dense_bias_.values()}, hidden);
  rectify(executor, static_cast<std::size_t>(boards) * hidden_size(), hidden);
}

void Head::forward(Executor& executor, std::int64_t boards, const float* x, float* hidden, float* logits,
                   float* values) const {
  this->hidden(executor, boards, x, hidden);
  convolve(executor, as_cells(boards), outputs_.weights(), hidden, {.rows = outputs_bias_.values()}, output_);
  split_outputs(executor, boards, actions_, output_, logits, values);
}

void Head::clear_gradient(Executor& executor) const {
  dense_.clear_gradient(executor);
  outputs_.clear_gradient(executor);
  dense_bias_.clear_gradient(executor);
  outputs_bias_.clear_gradient(executor);
}

void Head::backward(Executor& executor, std::int64_t boards, const float* x, const float* hidden, const float* grad_logits,
                    const float* grad_values, float* grad_x, float* partials) const {
  join_grad_outputs(executor, boards, actions_, grad_logits, grad_values, output_);
  add_rows(executor, output_, boards, outputs_bias_.size(), partials, outputs_bias_.gradient());
  convolution_weight_gradient(executor, as_cells(boards), outputs_.weights(), hidden, output_, partials);
  convolve_back(executor, as_cells(boards), outputs_.weights(), output_, {}, grad_hidden_);

  rectify_back(executor, static_cast<std::size_t>(boards) * hidden_size(), hidden, grad_hidden_);
  add_rows(executor, grad_hidden_, boards, dense_bias_.size(), partials, dense_bias_.gradient());
  convolution_weight_gradient(executor, as_cells(boards), dense_.weights(), x, grad_hidden_, partials);
  convolve_back(executor, as_cells(boards), dense_.weights(), grad_hidden_, {}, grad_x);
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
