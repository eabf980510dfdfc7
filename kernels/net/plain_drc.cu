// DRC(D, K): Guez et al. 2019 (arXiv 1901.03559) as published by Taufeeque et al. 2024 (arXiv 2407.15421), launch by launch.
// One operation after another, nothing fused; what is the same in all ticks of a step (what e adds to the gates) is computed
// once.
#include "kernels/net/plain_drc.cuh"

#include <algorithm>

namespace boxwarp::DEVICE::plain {

namespace {

constexpr int kCellKernel = 3;

// The tensors of layer d.
class Layer {
 public:
  Layer(const Published& published, int d)
      : published_(published), name_("features_extractor.cell_list." + std::to_string(d) + ".") {}
  const ParameterTensor& tensor(const char* name) const { return published_.tensor(name_ + name); }

 private:
  const Published& published_;
  std::string name_;
};

// p, h, q and the rim, in the order of CellInputs.
std::vector<PartOf> recurrent_parts(const NetShape& shape, const Layer& layer) {
  const int C = shape.channels, inputs = cell_inputs(shape, 1).inputs();
  const ParameterTensor& input_hidden = layer.tensor("conv_ih.weight");
  std::vector<PartOf> parts{{.tensor = input_hidden, .first_input = C, .inputs = C},
                            {.tensor = layer.tensor("conv_hh.weight"), .to_input = C}};
  if (shape.pooling != Pooling::none)
    parts.push_back({.tensor = input_hidden, .first_input = 2 * C, .inputs = C, .to_input = 2 * C});
  if (shape.boundary == Boundary::rim)
    parts.push_back({.tensor = layer.tensor("fence_conv.weight"), .to_input = inputs - kQuad});
  return parts;
}

}  // namespace

Drc::Cell::Cell(MemoryBlock& block, const NetShape& shape, int d, const Published& published, const Purpose& purpose)
    : input(block, kCellKernel, shape.channels, 4 * shape.channels, purpose,
            {{.tensor = Layer(published, d).tensor("conv_ih.weight"), .inputs = shape.channels}}),
      recurrent(block, kCellKernel, cell_inputs(shape, 1).inputs(), 4 * shape.channels, purpose,
                recurrent_parts(shape, Layer(published, d))),
      bias(block, purpose, {Layer(published, d).tensor("conv_ih.bias")}) {
  const Layer layer(published, d);
  const int C = shape.channels;
  if (shape.boundary == Boundary::fence)
    fence.emplace(block, purpose, std::vector<ParameterTensor>{layer.tensor("fence_conv.weight")});
  if (shape.pooling == Pooling::per_channel)
    project.emplace(block, purpose, std::vector<ParameterTensor>{layer.tensor("pool_project")});
  if (shape.pooling == Pooling::full)
    mix.emplace(block, 1, 2 * C, C, purpose, std::vector<PartOf>{{.tensor = layer.tensor("pool_project.weight")}});
  const std::size_t size = static_cast<std::size_t>(shape.height * shape.width) * 4 * static_cast<std::size_t>(C);
  constant = block.take<float>(size);
  grad_constant = purpose.training ? block.take<float>(size) : nullptr;
}

Drc::Drc(MemoryBlock& block, const NetShape& shape, const NetLimits& limits, const NetMode& mode)
    : shape_(shape),
      largest_(limits),
      purpose_{largest_.training, mode.precision},
      recompute_(mode.recompute),
      published_(shape),
      first_(block, shape.encoder_kernel, image_channels(shape), shape.channels, purpose_,
             {{.tensor = published_.tensor("features_extractor.pre_model.0.weight")}}),
      second_(block, shape.encoder_kernel, shape.channels, shape.channels, purpose_,
              {{.tensor = published_.tensor("features_extractor.pre_model.2.weight")}}),
      first_bias_(block, purpose_, {published_.tensor("features_extractor.pre_model.0.bias")}),
      second_bias_(block, purpose_, {published_.tensor("features_extractor.pre_model.2.bias")}),
      head_(block, shape, published_, largest_, mode.precision) {
  for (int d = 0; d < shape.layers; ++d) layers_.emplace_back(block, shape, d, published_, purpose_);
  const auto D = static_cast<std::size_t>(shape.layers), C = static_cast<std::size_t>(shape.channels);

  if (largest_.inference) inference_ = take_activations(block, largest_.forward_boards, false);
  const auto most = static_cast<std::size_t>(largest_.boards);
  const auto inputs = static_cast<std::size_t>(cell_inputs(shape, 1).inputs());
  const auto cells_each = static_cast<std::size_t>(cells());
  scratch_.image = block.take<float>(most * cells_each * static_cast<std::size_t>(first_.weights().inputs));
  scratch_.input = block.take<float>(D * most * board() * 4);
  scratch_.x = block.take<float>(most * cells_each * inputs);
  const std::size_t z = cells_each * static_cast<std::size_t>(head_channels(shape));
  scratch_.z = block.take<float>(most * z);
  if (!largest_.training) return;

  const auto boards = static_cast<std::size_t>(largest_.training_boards), map = boards * board();
  const int steps = recompute_ ? 1 : largest_.training_steps;
  for (int t = 0; t < steps; ++t) kept_.push_back(take_activations(block, largest_.training_boards, true));
  if (recompute_) {
    const std::size_t size = static_cast<std::size_t>(largest_.training_steps) * D * map;
    states_h_ = block.take<float>(size);
    states_c_ = block.take<float>(size);
  }
  scratch_.grad_x = block.take<float>(boards * cells_each * inputs);
  scratch_.grad_z = block.take<float>(boards * z);
  scratch_.grad_encoded = block.take<float>(map);
  scratch_.grad_first = block.take<float>(map);
  scratch_.grad_gates = block.take<float>(map * 4);
  scratch_.grad_h = block.take<float>(D * map);
  scratch_.grad_c = block.take<float>(D * map);
  scratch_.grad_q = block.take<float>(boards * C);
  scratch_.grad_pooled = block.take<float>(boards * 2 * C);
  scratch_.project = block.take<float>(boards * 2 * C);
  scratch_.partials = block.take<float>(most_partials(largest_.training_boards));
}

Drc::Activations Drc::take_activations(MemoryBlock& block, int boards, bool kept) const {
  Activations step{};
  step.kept = kept;
  step.layers = shape_.layers;
  step.pooled_size = static_cast<std::size_t>(boards) * static_cast<std::size_t>(shape_.channels);
  step.map = step.pooled_size * static_cast<std::size_t>(cells());
  const auto ticks = static_cast<std::size_t>(kept ? shape_.ticks : 1), D = static_cast<std::size_t>(shape_.layers);
  const std::size_t states = kept ? ticks + 1 : 1;
  step.first = block.take<float>(step.map);
  step.encoded = block.take<float>(step.map);
  step.h = block.take<float>(states * D * step.map);
  step.c = block.take<float>(states * D * step.map);
  step.gates = block.take<float>(ticks * D * step.map * 4);
  step.pooled = block.take<float>(ticks * D * step.pooled_size * 2);
  step.q = block.take<float>(ticks * D * step.pooled_size);
  step.hidden = block.take<float>(static_cast<std::size_t>(boards) * head_.hidden_size());
  return step;
}

std::size_t Drc::most_partials(std::int64_t boards) const {
  const std::int64_t rows = boards * cells();
  const Cell& cell = layers_.front();
  const std::size_t pooling = cell.project ? cell.project->size() : cell.mix ? cell.mix->weights().size() : 1;
  return std::max({head_.most_partials(boards), partial_floats(rows, first_.weights().size()),
                   partial_floats(rows, second_.weights().size()), partial_floats(rows, first_bias_.size()),
                   partial_floats(rows, cell.input.weights().size()), partial_floats(rows, cell.recurrent.weights().size()),
                   partial_floats(boards, 4 * board()), partial_floats(boards, pooling)});
}

void Drc::load(Executor& executor, const float* parameters) const {
  for_each_layer([&](const auto& layer) { layer.load(executor, parameters); });
  for (const Cell& cell : layers_) {
    cell.bias.load(executor, parameters);
    if (cell.fence) cell.fence->load(executor, parameters);
    boundary_constant(executor, cell.bias.values(), cell.fence ? cell.fence->values() : nullptr, shape_.height, shape_.width,
                      4 * shape_.channels, cell.constant);
  }
}

void Drc::observe_step(Executor& executor, const UnrollView& unroll, int t) const {
  observe(executor, shape_.input, unroll.cells + std::int64_t{t} * unroll.boards * cells(), unroll.boards, cells(),
          first_.weights().inputs, scratch_.image);
}

void Drc::encode(Executor& executor, const UnrollView& unroll, int t, const Activations& step) const {
  observe_step(executor, unroll, t);
  const Images all = images(unroll.boards);
  convolve(executor, all, first_.weights(), scratch_.image, {.rows = first_bias_.values()}, step.first);
  convolve(executor, all, second_.weights(), step.first, {.rows = second_bias_.values()}, step.encoded);
  for (int d = 0; d < shape_.layers; ++d) {
    const Cell& cell = layers_[static_cast<std::size_t>(d)];
    convolve(executor, all, cell.input.weights(), step.encoded, {.rows = cell.constant, .period = cells()},
             scratch_.input + static_cast<std::size_t>(d) * 4 * step.map);
  }
}

const float* Drc::pooled_input(Executor& executor, std::int64_t boards, const Activations& step, int k, int d) const {
  if (shape_.pooling == Pooling::none) return nullptr;
  const Cell& cell = layers_[static_cast<std::size_t>(d)];
  float *pooled = step.pooled_at(k, d), *q = step.q_at(k, d);
  pool(executor, boards, cells(), shape_.channels, step.h_at(k, d), pooled);
  if (cell.project) inject(executor, boards, shape_.channels, pooled, cell.project->values(), q);
  if (cell.mix) convolve(executor, {boards, 1, 1}, cell.mix->weights(), pooled, {}, q);
  return q;
}

void Drc::tick(Executor& executor, std::int64_t boards, const Activations& step, int k, int d) const {
  const Cell& cell = layers_[static_cast<std::size_t>(d)];
  const float* h = step.h_at(k, d);
  const float* p = d > 0 ? step.h_at(k + 1, d - 1) : step.h_at(k, shape_.layers - 1);
  const float* q = pooled_input(executor, boards, step, k, d);
  join_cell_inputs(executor, cell_inputs(shape_, boards), p, h, q, scratch_.x);
  convolve(executor, images(boards), cell.recurrent.weights(), scratch_.x,
           {.rows = scratch_.input + static_cast<std::size_t>(d) * 4 * step.map, .period = boards * cells()},
           step.gates_at(k, d));
  update_state(executor, shape_.output_gate, boards * cells(), shape_.channels, step.gates_at(k, d), step.c_at(k, d),
               step.c_at(k + 1, d), step.h_at(k + 1, d));
}

void Drc::run_ticks(Executor& executor, const UnrollView& unroll, int t, const Activations& step) const {
  encode(executor, unroll, t, step);
  for (int k = 0; k < shape_.ticks; ++k) {
    for (int d = 0; d < shape_.layers; ++d) tick(executor, unroll.boards, step, k, d);
  }
}

Drc::Activations Drc::step_of(int t, std::int64_t boards, bool keep) const {
  Activations step = !keep ? inference_ : kept_[recompute_ ? 0 : static_cast<std::size_t>(t)];
  step.pooled_size = static_cast<std::size_t>(boards) * static_cast<std::size_t>(shape_.channels);
  step.map = static_cast<std::size_t>(boards) * board();
  return step;
}

const float* Drc::head_input(Executor& executor, std::int64_t boards, const Activations& step) const {
  const float* h = step.h_at(shape_.ticks, shape_.layers - 1);
  if (shape_.skip == Skip::none) return h;
  if (shape_.skip == Skip::sum) add(executor, step.map, h, step.encoded, scratch_.z);
  if (shape_.skip == Skip::concatenation) join(executor, boards * cells(), shape_.channels, h, step.encoded, scratch_.z);
  return scratch_.z;
}

void Drc::forward(Executor& executor, const UnrollView& unroll, bool keep_activations) const {
  const std::size_t states = static_cast<std::size_t>(shape_.layers) * static_cast<std::size_t>(unroll.boards) * board();
  const float *h = unroll.h_start, *c = unroll.c_start;
  for (int t = 0; t < unroll.steps; ++t) {
    const Activations step = step_of(t, unroll.boards, keep_activations);
    const std::int64_t row = std::int64_t{t} * unroll.boards;
    const std::uint8_t* starts = unroll.episode_starts + row;
    begin_step(executor, starts, shape_.layers, unroll.boards, board(), h, step.h_at(0, 0));
    begin_step(executor, starts, shape_.layers, unroll.boards, board(), c, step.c_at(0, 0));
    if (keep_activations && recompute_) {
      copy(executor, states_h_ + static_cast<std::size_t>(t) * states, step.h_at(0, 0), states);
      copy(executor, states_c_ + static_cast<std::size_t>(t) * states, step.c_at(0, 0), states);
    }
    run_ticks(executor, unroll, t, step);
    h = step.h_at(shape_.ticks, 0);
    c = step.c_at(shape_.ticks, 0);
    head_.forward(executor, unroll.boards, head_input(executor, unroll.boards, step), step.hidden,
                  unroll.logits + row * shape_.actions, unroll.values + row);
  }
  if (unroll.h_end != nullptr) copy(executor, unroll.h_end, h, states);
  if (unroll.c_end != nullptr) copy(executor, unroll.c_end, c, states);
}

std::unique_ptr<Body> create_drc(MemoryBlock& block, const NetShape& shape, const NetLimits& limits, const NetMode& mode) {
  return std::make_unique<Drc>(block, shape, limits, mode);
}

}  // namespace boxwarp::DEVICE::plain
