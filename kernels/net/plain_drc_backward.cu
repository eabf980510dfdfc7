// The way back through an unroll of DRC(D, K): steps, ticks and layers in reverse order, launch by launch.
#include "kernels/net/plain_drc.cuh"

namespace boxwarp::DEVICE::plain {

// In: scratch_.grad_h and grad_c of the layer after the tick. Out: before it; p's part is added to the gradient of where p
// came from. Of its own activations a tick has nothing left to be read after this.
void Drc::tick_back(Executor& executor, std::int64_t boards, const Activations& step, int k, int d) const {
  const Cell& cell = layers_[static_cast<std::size_t>(d)];
  const int C = shape_.channels, from = d > 0 ? d - 1 : shape_.layers - 1;
  const Images all = images(boards);
  const CellInputs inputs = cell_inputs(shape_, boards);
  const auto layer = [&step](float* states, int of) { return states + static_cast<std::size_t>(of) * step.map; };
  float* grad_h = layer(scratch_.grad_h, d);
  const float* h = step.h_at(k, d);
  const float* p = d > 0 ? step.h_at(k + 1, from) : step.h_at(k, from);

  update_state_back(executor, shape_.output_gate, all.rows(), C, step.gates_at(k, d), step.c_at(k, d), step.c_at(k + 1, d),
                    grad_h, layer(scratch_.grad_c, d), scratch_.grad_gates,
                    scratch_.input + static_cast<std::size_t>(d) * 4 * step.map, k == shape_.ticks - 1);
  join_cell_inputs(executor, inputs, p, h, step.q_at(k, d), scratch_.x);
  convolution_weight_gradient(executor, all, cell.recurrent.weights(), scratch_.x, scratch_.grad_gates, scratch_.partials);
  convolve_back(executor, all, cell.recurrent.weights(), scratch_.grad_gates, {}, scratch_.grad_x);
  split_grad_cell_inputs(executor, inputs, scratch_.grad_x, grad_h, layer(scratch_.grad_h, from));

  if (shape_.pooling != Pooling::none) pooled_input_back(executor, boards, step, k, d);
}

// The way from scratch_.grad_x over q to the gradient of h, which it adds to.
void Drc::pooled_input_back(Executor& executor, std::int64_t boards, const Activations& step, int k, int d) const {
  const Cell& cell = layers_[static_cast<std::size_t>(d)];
  const int C = shape_.channels;
  const float *h = step.h_at(k, d), *pooled = step.pooled_at(k, d);
  sum_grad_q(executor, cell_inputs(shape_, boards), scratch_.grad_x, scratch_.grad_q);
  if (cell.project) {
    inject_back(executor, boards, C, pooled, cell.project->values(), scratch_.grad_q, scratch_.grad_pooled,
                scratch_.project);
    add_rows(executor, scratch_.project, boards, cell.project->size(), scratch_.partials, cell.project->gradient());
  }
  if (cell.mix) {
    convolution_weight_gradient(executor, {boards, 1, 1}, cell.mix->weights(), pooled, scratch_.grad_q, scratch_.partials);
    convolve_back(executor, {boards, 1, 1}, cell.mix->weights(), scratch_.grad_q, {}, scratch_.grad_pooled);
  }
  divide_among_cells(executor, boards, cells(), C, h, pooled, scratch_.grad_pooled);
  pool_back(executor, boards, cells(), C, h, pooled, scratch_.grad_pooled,
            scratch_.grad_h + static_cast<std::size_t>(d) * step.map);
}

// From scratch_.grad_z to the gradients of the last layer's h, which it adds to, and of e.
void Drc::head_input_back(Executor& executor, std::int64_t boards) const {
  const std::size_t map = static_cast<std::size_t>(boards) * board();
  float* grad_h = scratch_.grad_h + static_cast<std::size_t>(shape_.layers - 1) * map;
  if (shape_.skip == Skip::concatenation) {
    split(executor, boards * cells(), shape_.channels, scratch_.grad_z, grad_h, scratch_.grad_encoded);
    return;
  }
  add(executor, map, grad_h, scratch_.grad_z, grad_h);
  if (shape_.skip == Skip::sum)
    copy(executor, scratch_.grad_encoded, scratch_.grad_z, map);
  else
    fill_zero(executor, scratch_.grad_encoded, map);
}

// In: scratch_.grad_encoded of the skip, and scratch_.input, the gradient of what e adds to the gates in all ticks.
void Drc::encode_back(Executor& executor, const UnrollView& unroll, int t, const Activations& step) const {
  const Images all = images(unroll.boards);
  const std::int64_t rows = all.rows();
  for (int d = 0; d < shape_.layers; ++d) {
    const Cell& cell = layers_[static_cast<std::size_t>(d)];
    const float* grad = scratch_.input + static_cast<std::size_t>(d) * 4 * step.map;
    convolution_weight_gradient(executor, all, cell.input.weights(), step.encoded, grad, scratch_.partials);
    add_rows(executor, grad, unroll.boards, 4 * board(), scratch_.partials, cell.grad_constant);
    convolve_back(executor, all, cell.input.weights(), grad, {.rows = scratch_.grad_encoded, .period = rows},
                  scratch_.grad_encoded);
  }
  convolution_weight_gradient(executor, all, second_.weights(), step.first, scratch_.grad_encoded, scratch_.partials);
  add_rows(executor, scratch_.grad_encoded, rows, second_bias_.size(), scratch_.partials, second_bias_.gradient());
  convolve_back(executor, all, second_.weights(), scratch_.grad_encoded, {}, scratch_.grad_first);

  observe_step(executor, unroll, t);
  convolution_weight_gradient(executor, all, first_.weights(), scratch_.image, scratch_.grad_first, scratch_.partials);
  add_rows(executor, scratch_.grad_first, rows, first_bias_.size(), scratch_.partials, first_bias_.gradient());
}

void Drc::backward(Executor& executor, const UnrollView& unroll, const UnrollGradientView& gradient) const {
  const std::int64_t boards = unroll.boards;
  const std::size_t map = static_cast<std::size_t>(boards) * board(), states = static_cast<std::size_t>(shape_.layers) * map;
  for_each_layer([&](const auto& layer) { layer.clear_gradient(executor); });
  for (const Cell& cell : layers_) fill_zero(executor, cell.grad_constant, 4 * board());
  fill_zero(executor, scratch_.grad_h, states);
  fill_zero(executor, scratch_.grad_c, states);

  for (int t = unroll.steps - 1; t >= 0; --t) {
    const Activations step = step_of(t, boards, true);
    const std::int64_t row = t * boards;
    if (recompute_) {
      copy(executor, step.h_at(0, 0), states_h_ + static_cast<std::size_t>(t) * states, states);
      copy(executor, step.c_at(0, 0), states_c_ + static_cast<std::size_t>(t) * states, states);
      run_ticks(executor, unroll, t, step);
    }
    const float* z = head_input(executor, boards, step);
    if (recompute_) head_.hidden(executor, boards, z, step.hidden);
    head_.backward(executor, boards, z, step.hidden, gradient.grad_logits + row * shape_.actions, gradient.grad_values + row,
                   scratch_.grad_z, scratch_.partials);
    head_input_back(executor, boards);
    for (int k = shape_.ticks - 1; k >= 0; --k) {
      for (int d = shape_.layers - 1; d >= 0; --d) tick_back(executor, boards, step, k, d);
    }
    encode_back(executor, unroll, t, step);
    const std::uint8_t* starts = unroll.episode_starts + row;
    begin_step(executor, starts, shape_.layers, boards, board(), scratch_.grad_h, scratch_.grad_h);
    begin_step(executor, starts, shape_.layers, boards, board(), scratch_.grad_c, scratch_.grad_c);
  }

  if (gradient.grad_h_start != nullptr) copy(executor, gradient.grad_h_start, scratch_.grad_h, states);
  if (gradient.grad_c_start != nullptr) copy(executor, gradient.grad_c_start, scratch_.grad_c, states);
  for_each_layer([&](const auto& layer) { layer.write_gradient(executor, gradient.grad_parameters); });
  for (const Cell& cell : layers_) {
    boundary_gradient(executor, cell.grad_constant, shape_.height, shape_.width, 4 * shape_.channels, cell.bias.gradient(),
                      cell.fence ? cell.fence->gradient() : nullptr);
    cell.bias.write_gradient(executor, gradient.grad_parameters);
    if (cell.fence) cell.fence->write_gradient(executor, gradient.grad_parameters);
  }
}

}  // namespace boxwarp::DEVICE::plain
