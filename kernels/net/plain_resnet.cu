// The ResNet baseline of Guez et al. 2019 (arXiv 1901.03559) from plain operations: sequences of x = conv(x), then twice
// x = x + conv(ReLU(x)); z = ReLU(x). It has no state, so the steps of an unroll are independent.
//
// The three maps of every sequence, (boards, cells, channels of the sequence) each, are what backward needs. They are kept
// for all steps, or for one, whose forward pass is then repeated on the way back.
#include <algorithm>

#include "kernels/net/plain_body.cuh"

namespace boxwarp::DEVICE::plain {

namespace {

constexpr int kBlocks = 2;  // x + conv(ReLU(x)) in a sequence

struct Layer {
  Layer(MemoryBlock& block, const NetShape& shape, const Published& published, const std::string& name, int inputs,
        int outputs, const Purpose& purpose)
      : convolution(block, shape.encoder_kernel, inputs, outputs, purpose, {{.tensor = published.tensor(name + ".weight")}}),
        bias(block, purpose, {published.tensor(name + ".bias")}) {}

  Convolution convolution;
  Vector bias;
};

struct Sequence {
  int channels;
  std::vector<Layer> layers;  // the first, then the blocks
};

class Resnet : public Body {
 public:
  Resnet(MemoryBlock& block, const NetShape& shape, const NetLimits& limits, const NetMode& mode);

  void load(Executor& executor, const float* parameters) const override {
    for_each_layer([&](const auto& layer) { layer.load(executor, parameters); });
  }
  void forward(Executor& executor, const UnrollView& unroll, bool keep_activations) const override;
  void backward(Executor& executor, const UnrollView& unroll, const UnrollGradientView& gradient) const override;

 private:
  // Of one step: maps[sequence][0 to kBlocks]; hidden of the head.
  struct Activations {
    std::vector<std::vector<float*>> maps;
    float* hidden;
  };

  template <class Visit>
  void for_each_layer(Visit&& visit) const;

  Activations take_activations(MemoryBlock& block, int boards, bool kept) const;
  const Activations& step_of(int t, bool keep) const {
    return keep ? kept_[recompute_ ? 0 : static_cast<std::size_t>(t)] : inference_;
  }
  std::size_t size(const Sequence& sequence, std::int64_t boards) const {
    return static_cast<std::size_t>(boards * cells_) * static_cast<std::size_t>(sequence.channels);
  }
  Images images(std::int64_t boards) const { return {boards, shape_.height, shape_.width}; }

  void observe_step(Executor& executor, const UnrollView& unroll, int t) const;
  const float* run(Executor& executor, const UnrollView& unroll, int t, const Activations& step) const;
  void layer_back(Executor& executor, const Images& all, const Layer& layer, const float* x, const float* grad) const;

  NetShape shape_;
  Largest largest_;
  bool recompute_;
  std::int64_t cells_;
  std::vector<Sequence> sequences_;
  std::unique_ptr<Head> head_;
  Activations inference_;
  std::vector<Activations> kept_;
  float *image_, *rectified_;  // (boards, cells, channels); also z
  float *grad_, *grad_inner_;  // of a map; of what a convolution read
  float* partials_ = nullptr;
};

Resnet::Resnet(MemoryBlock& block, const NetShape& shape, const NetLimits& limits, const NetMode& mode)
    : shape_(shape), largest_(limits), recompute_(mode.recompute), cells_(shape.height * shape.width) {
  const Published published(shape);
  const Purpose purpose{largest_.training, mode.precision};
  int inputs = image_channels(shape);
  for (int i = 0; i < shape.layers; ++i) {
    const std::string name = "features_extractor.flatten.0.guez_conv_sequence_" + std::to_string(i) + ".";
    Sequence sequence{resnet_channels(shape, i), {}};
    sequence.layers.emplace_back(block, shape, published, name + "conv", inputs, sequence.channels, purpose);
    for (int b = 0; b < kBlocks; ++b) {
      sequence.layers.emplace_back(block, shape, published, name + "resnet" + std::to_string(b) + ".conv", sequence.channels,
                                   sequence.channels, purpose);
    }
    inputs = sequence.channels;
    sequences_.push_back(std::move(sequence));
  }
  head_ = std::make_unique<Head>(block, shape, published, largest_, mode.precision);

  std::size_t most = 0;  // floats that a board takes at most
  for (const Sequence& sequence : sequences_) most = std::max(most, size(sequence, 1));
  const auto boards = static_cast<std::size_t>(largest_.boards),
             trained = static_cast<std::size_t>(largest_.training_boards);
  if (largest_.inference) inference_ = take_activations(block, largest_.forward_boards, false);
  const int kept_steps = recompute_ ? std::min(largest_.training_steps, 1) : largest_.training_steps;
  for (int t = 0; t < kept_steps; ++t) kept_.push_back(take_activations(block, largest_.training_boards, true));
  image_ = block.take<float>(boards * static_cast<std::size_t>(cells_ * padded_to_quads(image_channels(shape))));
  rectified_ = block.take<float>(boards * most);
  grad_ = block.take<float>(trained * most);
  grad_inner_ = block.take<float>(trained * most);
  if (!largest_.training) return;
  const std::int64_t rows = largest_.training_boards * cells_;
  std::size_t partials = head_->most_partials(largest_.training_boards);
  for (const Sequence& sequence : sequences_) {
    for (const Layer& layer : sequence.layers) {
      partials = std::max(
          {partials, partial_floats(rows, layer.convolution.weights().size()), partial_floats(rows, layer.bias.size())});
    }
  }
  partials_ = block.take<float>(partials);
}

// Without kept, all sequences share three maps: the first layer of a sequence reads the last map and writes the first.
Resnet::Activations Resnet::take_activations(MemoryBlock& block, int boards, bool kept) const {
  Activations step;
  std::size_t most = 0;
  for (const Sequence& sequence : sequences_) most = std::max(most, size(sequence, boards));
  for (const Sequence& sequence : sequences_) {
    if (!kept && !step.maps.empty()) {
      step.maps.push_back(step.maps.front());
      continue;
    }
    step.maps.emplace_back();
    for (int i = 0; i <= kBlocks; ++i) step.maps.back().push_back(block.take<float>(kept ? size(sequence, boards) : most));
  }
  step.hidden = block.take<float>(static_cast<std::size_t>(boards) * head_->hidden_size());
  return step;
}

template <class Visit>
void Resnet::for_each_layer(Visit&& visit) const {
  for (const Sequence& sequence : sequences_) {
    for (const Layer& layer : sequence.layers) {
      visit(layer.convolution);
      visit(layer.bias);
    }
  }
  visit(*head_);
}

void Resnet::observe_step(Executor& executor, const UnrollView& unroll, int t) const {
  const auto cells = static_cast<int>(cells_);
  observe(executor, shape_.input, unroll.cells + std::int64_t{t} * unroll.boards * cells, unroll.boards, cells,
          padded_to_quads(image_channels(shape_)), image_);
}

// Returns z.
const float* Resnet::run(Executor& executor, const UnrollView& unroll, int t, const Activations& step) const {
  observe_step(executor, unroll, t);
  const Images all = images(unroll.boards);
  const float* x = image_;
  std::size_t floats = 0;
  for (std::size_t i = 0; i < sequences_.size(); ++i) {
    const std::vector<float*>& maps = step.maps[i];
    floats = size(sequences_[i], unroll.boards);
    const Layer& first = sequences_[i].layers.front();
    convolve(executor, all, first.convolution.weights(), x, {.rows = first.bias.values()}, maps[0]);
    for (std::size_t b = 1; b <= kBlocks; ++b) {
      const Layer& layer = sequences_[i].layers[b];
      rectify(executor, floats, maps[b - 1], rectified_);
      convolve(executor, all, layer.convolution.weights(), rectified_, {.rows = layer.bias.values()}, maps[b]);
      add(executor, floats, maps[b - 1], maps[b], maps[b]);
    }
    x = maps[kBlocks];
  }
  rectify(executor, floats, x, rectified_);
  return rectified_;
}

void Resnet::forward(Executor& executor, const UnrollView& unroll, bool keep_activations) const {
  for (int t = 0; t < unroll.steps; ++t) {
    const Activations& step = step_of(t, keep_activations);
    const std::int64_t row = std::int64_t{t} * unroll.boards;
    const float* z = run(executor, unroll, t, step);
    head_->forward(executor, unroll.boards, z, step.hidden, unroll.logits + row * shape_.actions, unroll.values + row);
  }
}

// Adds to the gradients of a layer that read x; grad: of what it gave.
void Resnet::layer_back(Executor& executor, const Images& all, const Layer& layer, const float* x, const float* grad) const {
  convolution_weight_gradient(executor, all, layer.convolution.weights(), x, grad, partials_);
  add_rows(executor, grad, all.rows(), layer.bias.size(), partials_, layer.bias.gradient());
}

void Resnet::backward(Executor& executor, const UnrollView& unroll, const UnrollGradientView& gradient) const {
  const std::int64_t boards = unroll.boards;
  const Images all = images(boards);
  for_each_layer([&](const auto& layer) { layer.clear_gradient(executor); });
  for (int t = unroll.steps - 1; t >= 0; --t) {
    const Activations& step = step_of(t, true);
    const std::int64_t row = t * boards;
    if (recompute_) {
      head_->hidden(executor, boards, run(executor, unroll, t, step), step.hidden);
    } else {
      rectify(executor, size(sequences_.back(), boards), step.maps.back()[kBlocks], rectified_);
    }
    head_->backward(executor, boards, rectified_, step.hidden, gradient.grad_logits + row * shape_.actions,
                    gradient.grad_values + row, grad_, partials_);
    rectify_back(executor, size(sequences_.back(), boards), rectified_, grad_);
    for (std::size_t i = sequences_.size(); i-- > 0;) {
      const std::size_t floats = size(sequences_[i], boards);
      for (std::size_t b = kBlocks; b > 0; --b) {
        const Layer& layer = sequences_[i].layers[b];
        rectify(executor, floats, step.maps[i][b - 1], rectified_);
        layer_back(executor, all, layer, rectified_, grad_);
        convolve_back(executor, all, layer.convolution.weights(), grad_, {}, grad_inner_);
        rectify_back(executor, floats, rectified_, grad_inner_);
        add(executor, floats, grad_, grad_inner_, grad_);
      }
      const Layer& first = sequences_[i].layers.front();
      if (i == 0) observe_step(executor, unroll, t);
      layer_back(executor, all, first, i == 0 ? image_ : step.maps[i - 1][kBlocks], grad_);
      if (i == 0) continue;
      convolve_back(executor, all, first.convolution.weights(), grad_, {}, grad_inner_);
      copy(executor, grad_, grad_inner_, size(sequences_[i - 1], boards));
    }
  }
  for_each_layer([&](const auto& layer) { layer.write_gradient(executor, gradient.grad_parameters); });
}

}  // namespace

std::unique_ptr<Body> create_resnet(MemoryBlock& block, const NetShape& shape, const NetLimits& limits,
                                    const NetMode& mode) {
  return std::make_unique<Resnet>(block, shape, limits, mode);
}

}  // namespace boxwarp::DEVICE::plain
