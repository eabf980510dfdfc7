// DRC(D, K) from plain operations: encoder, ConvLSTM layers, skip; forward and backward through an unroll.
//
// What a step leaves for the way back (Activations) is kept for all steps, or, where activations are to be computed again,
// for one step at a time beside the states between steps.
#pragma once

#include <optional>

#include "kernels/net/plain_body.cuh"

namespace boxwarp::DEVICE::plain {

inline CellInputs cell_inputs(const NetShape& shape, std::int64_t boards) {
  return {
      boards, shape.height, shape.width, shape.channels, shape.pooling != Pooling::none, shape.boundary == Boundary::rim};
}

class Drc : public Body {
 public:
  Drc(MemoryBlock& block, const NetShape& shape, const NetLimits& limits, const NetMode& mode);

  void load(Executor& executor, const float* parameters) const override;
  void forward(Executor& executor, const UnrollView& unroll, bool keep_activations) const override;
  void backward(Executor& executor, const UnrollView& unroll, const UnrollGradientView& gradient) const override;

 private:
  // Of one step. Before a tick, and after the last, a layer's h and c; with kept set, those of each tick lie apart,
  // otherwise each tick replaces what was before it.
  struct Activations {
    bool kept;
    int layers;
    std::size_t map, pooled_size;  // boards * cells * C, boards * C
    float* first;                  // (boards, cells, C) after the first convolution of the encoder
    float* encoded;                // (boards, cells, C) e
    float* h;                      // (K + 1 or 1, D, boards, cells, C)
    float* c;                      // likewise
    float* gates;                  // (K or 1, D, boards, cells, 4C) after their nonlinearity
    float* pooled;                 // (K or 1, D, boards, 2, C)
    float* q;                      // (K or 1, D, boards, C)
    float* hidden;                 // (boards, hidden) of the head

    std::size_t place(int k, int d) const { return static_cast<std::size_t>((kept ? k * layers : 0) + d); }
    float* h_at(int k, int d) const { return h + place(k, d) * map; }
    float* c_at(int k, int d) const { return c + place(k, d) * map; }
    float* gates_at(int k, int d) const { return gates + place(k, d) * 4 * map; }
    float* pooled_at(int k, int d) const { return pooled + place(k, d) * 2 * pooled_size; }
    float* q_at(int k, int d) const { return q + place(k, d) * pooled_size; }
  };

  struct Cell {
    Cell(MemoryBlock& block, const NetShape& shape, int d, const Published& published, const Purpose& purpose);

    Convolution input, recurrent;  // of e; of what CellInputs join
    Vector bias;
    std::optional<Vector> fence;
    std::optional<Vector> project;   // P of pooling per channel
    std::optional<Convolution> mix;  // P of full pooling
    float* constant;                 // (cells, 4C): bias and fence
    float* grad_constant;            // likewise
  };

  // Shared by all steps. Of the way back only where there is training.
  struct Scratch {
    float* image;  // (boards, cells, image channels)
    float* input;  // (D, boards, cells, 4C): what e adds to the gates; on the way back, its gradient
    float* x;      // (boards, cells, inputs of CellInputs)
    float* z;      // (boards, cells, C)
    float *grad_x, *grad_z, *grad_encoded, *grad_first;
    float* grad_gates;             // (boards, cells, 4C)
    float *grad_h, *grad_c;        // (D, boards, cells, C)
    float* grad_q;                 // (boards, C)
    float *grad_pooled, *project;  // (boards, 2, C); the latter: what each board adds to the gradient of P
    float* partials;
  };

  Activations take_activations(MemoryBlock& block, int boards, bool kept) const;
  // Where step t of an unroll of so many boards leaves what it leaves.
  Activations step_of(int t, std::int64_t boards, bool keep) const;
  std::size_t most_partials(std::int64_t boards) const;
  Images images(std::int64_t boards) const { return {boards, shape_.height, shape_.width}; }
  int cells() const { return shape_.height * shape_.width; }
  std::size_t board() const { return static_cast<std::size_t>(cells()) * static_cast<std::size_t>(shape_.channels); }

  void observe_step(Executor& executor, const UnrollView& unroll, int t) const;
  void encode(Executor& executor, const UnrollView& unroll, int t, const Activations& step) const;
  void tick(Executor& executor, std::int64_t boards, const Activations& step, int k, int d) const;
  // q of the layer before the tick; null where there is no pooling.
  const float* pooled_input(Executor& executor, std::int64_t boards, const Activations& step, int k, int d) const;
  void pooled_input_back(Executor& executor, std::int64_t boards, const Activations& step, int k, int d) const;
  // z after the step; scratch_.z or where it lies already.
  const float* head_input(Executor& executor, std::int64_t boards, const Activations& step) const;
  void head_input_back(Executor& executor, std::int64_t boards) const;
  void run_ticks(Executor& executor, const UnrollView& unroll, int t, const Activations& step) const;
  void encode_back(Executor& executor, const UnrollView& unroll, int t, const Activations& step) const;
  void tick_back(Executor& executor, std::int64_t boards, const Activations& step, int k, int d) const;

  template <class Visit>
  void for_each_layer(Visit&& visit) const;

  NetShape shape_;
  Largest largest_;
  Purpose purpose_;
  bool recompute_;
  Published published_;
  Convolution first_, second_;
  Vector first_bias_, second_bias_;
  std::vector<Cell> layers_;
  Head head_;
  Activations inference_{};                          // of a forward that keeps nothing
  std::vector<Activations> kept_;                    // one for each step; with recompute one for all
  float *states_h_ = nullptr, *states_c_ = nullptr;  // (T, D, boards, cells, C) before each step; only with recompute
  Scratch scratch_{};
};

// Whatever has parameters whose gradient is summed up as it is published, in any order.
template <class Visit>
void Drc::for_each_layer(Visit&& visit) const {
  visit(first_);
  visit(second_);
  visit(first_bias_);
  visit(second_bias_);
  visit(head_);
  for (const Cell& cell : layers_) {
    visit(cell.input);
    visit(cell.recurrent);
    if (cell.project) visit(*cell.project);
    if (cell.mix) visit(*cell.mix);
  }
}

}  // namespace boxwarp::DEVICE::plain
