// Gates and state of a ConvLSTM tick, forward and back: about 100 operations for each cell and channel, bound by arithmetic.
#include <algorithm>
#include <cstddef>

#include "host/cpu/conv_lstm.hpp"

#define HWY_DISABLED_TARGETS HWY_SSSE3
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/cpu/conv_lstm_gates.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include "host/cpu/gates-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace boxwarp::HWY_NAMESPACE {

// The four gates of C channels that begin at `from`.
inline Gates load_gates(const float* from, std::size_t C) {
  const Floats floats;
  return {hn::Load(floats, from), hn::Load(floats, from + C), hn::Load(floats, from + 2 * C),
          hn::Load(floats, from + 3 * C)};
}

inline void store_gates(const Gates& gates, float* to, std::size_t C) {
  const Floats floats;
  hn::Store(gates.i, floats, to);
  hn::Store(gates.j, floats, to + C);
  hn::Store(gates.f, floats, to + 2 * C);
  hn::Store(gates.o, floats, to + 3 * C);
}

inline Gates added(const Gates& a, const Gates& b) {
  return {hn::Add(a.i, b.i), hn::Add(a.j, b.j), hn::Add(a.f, b.f), hn::Add(a.o, b.o)};
}

void erase(float* data, std::size_t stride, std::size_t cells, std::size_t C) {
  for (std::size_t cell = 0; cell < cells; ++cell) std::fill_n(data + cell * stride, C, 0.0f);
}

template <OutputGate output>
void gates_forward_with(const CellShape& shape, const GatesForwardView& view) {
  const Floats floats;
  const auto C = static_cast<std::size_t>(shape.channels), G = 4 * C, N = static_cast<std::size_t>(shape.cells);
  const auto input_stride = static_cast<std::size_t>(view.input_part.stride);
  const auto next_stride = static_cast<std::size_t>(view.h_next.stride);
  const auto above_stride = static_cast<std::size_t>(view.h_above.stride);
  const auto head_stride = static_cast<std::size_t>(view.head_input.stride);
  for (std::size_t board = 0; board < static_cast<std::size_t>(shape.boards); ++board) {
    const float* class_sums = view.class_sums + board * static_cast<std::size_t>(shape.classes) * G;
    for (std::size_t cell = 0; cell < N; ++cell) {
      const std::size_t at = board * N + cell;
      const float* class_sum = class_sums + shape.class_of_cell[cell] * G;
      for (std::size_t c = 0; c < C; c += hn::Lanes(floats)) {
        const Gates outside =
            added(load_gates(view.input_part.data + at * input_stride + c, C), load_gates(class_sum + c, C));
        const Gates gates = activated<output>(added(load_gates(view.gates + at * G + c, C), outside));
        store_gates(gates, view.gates + at * G + c, C);
        const CellState state = next_state(gates, hn::Load(floats, view.c + at * C + c));
        hn::Store(state.c, floats, view.c_next + at * C + c);
        hn::Store(state.h, floats, view.h_next.data + at * next_stride + c);
        if (view.h_above.data != nullptr) hn::Store(state.h, floats, view.h_above.data + at * above_stride + c);
        if (view.head_input.data == nullptr) continue;
        const Vector z = view.skip == nullptr ? state.h : hn::Add(state.h, hn::Load(floats, view.skip + at * C + c));
        hn::Store(z, floats, view.head_input.data + at * head_stride + c);
      }
    }
    if (view.erased == nullptr || view.erased[board] == 0) continue;
    erase(view.c_next + board * N * C, C, N, C);
    erase(view.h_next.data + board * N * next_stride, next_stride, N, C);
    if (view.h_above.data != nullptr && view.erases_above) {
      erase(view.h_above.data + board * N * above_stride, above_stride, N, C);
    }
  }
}

template <OutputGate output>
void gates_backward_with(const CellShape& shape, const GatesBackwardView& view) {
  const Floats floats;
  const auto C = static_cast<std::size_t>(shape.channels), G = 4 * C, N = static_cast<std::size_t>(shape.cells);
  const auto S = static_cast<std::size_t>(shape.classes), input_stride = static_cast<std::size_t>(view.grad_input.stride);
  std::fill_n(view.grad_class_sums, static_cast<std::size_t>(shape.boards) * S * G, 0.0f);
  for (std::size_t board = 0; board < static_cast<std::size_t>(shape.boards); ++board) {
    for (std::size_t cell = 0; cell < N; ++cell) {
      const std::size_t at = board * N + cell;
      float* class_sum = view.grad_class_sums + (board * S + shape.class_of_cell[cell]) * G;
      for (std::size_t c = 0; c < C; c += hn::Lanes(floats)) {
        float* gates = view.gates + at * G + c;
        float* grad_c = view.grad_c + at * C + c;
        const CellState grad{hn::Load(floats, grad_c), hn::Load(floats, view.grad_h + at * C + c)};
        const CellGradient result = cell_gradient<output>(load_gates(gates, C), hn::Load(floats, view.c + at * C + c), grad);
        store_gates(result.before, gates, C);
        hn::Store(result.c, floats, grad_c);
        store_gates(added(load_gates(class_sum + c, C), result.before), class_sum + c, C);
        if (view.grad_input.data == nullptr) continue;
        float* grad_input = view.grad_input.data + at * input_stride + c;
        store_gates(view.adds_to_input ? added(load_gates(grad_input, C), result.before) : result.before, grad_input, C);
      }
    }
  }
}

void GatesForward(const CellShape& shape, const GatesForwardView& view) {
  if (shape.output_gate == OutputGate::tanh) {
    gates_forward_with<OutputGate::tanh>(shape, view);
  } else {
    gates_forward_with<OutputGate::sigmoid>(shape, view);
  }
}

void GatesBackward(const CellShape& shape, const GatesBackwardView& view) {
  if (shape.output_gate == OutputGate::tanh) {
    gates_backward_with<OutputGate::tanh>(shape, view);
  } else {
    gates_backward_with<OutputGate::sigmoid>(shape, view);
  }
}

}  // namespace boxwarp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boxwarp {

HWY_EXPORT(GatesForward);
HWY_EXPORT(GatesBackward);

void gates_forward(const CellShape& shape, const GatesForwardView& view) { HWY_DYNAMIC_DISPATCH(GatesForward)(shape, view); }

void gates_backward(const CellShape& shape, const GatesBackwardView& view) {
  HWY_DYNAMIC_DISPATCH(GatesBackward)(shape, view);
}

}  // namespace boxwarp
#endif  // HWY_ONCE
