// The arithmetic of one ConvLSTM cell and its derivative, on vectors. Included once for each instruction set, inside of
// nothing, after <hwy/highway.h>.
#if defined(BOXWARP_HOST_CPU_GATES_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef BOXWARP_HOST_CPU_GATES_INL_HPP
#undef BOXWARP_HOST_CPU_GATES_INL_HPP
#else
#define BOXWARP_HOST_CPU_GATES_INL_HPP
#endif

HWY_BEFORE_NAMESPACE();
namespace boxwarp::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// A vector of at most 16 floats, the number that divides every count of channels.
using Floats = hn::CappedTag<float, 16>;
using Vector = hn::Vec<Floats>;

inline Vector constant(float value) { return hn::Set(Floats(), value); }

// tanh(x) = x P(x^2) / Q(x^2) on [-9, 9], beyond which it is 1 in float. P and Q have degree four and the least maximal
// relative error, 2.1e-8 before rounding. A NaN stays a NaN: of an unordered pair, minimum and maximum return the second.
inline Vector tanh(Vector x) {
  x = hn::Min(constant(9.0f), hn::Max(constant(-9.0f), x));
  const Vector u = hn::Mul(x, x);
  Vector p = hn::MulAdd(u, constant(1.335489247e-8f), constant(2.060926606e-5f));
  Vector q = hn::MulAdd(u, constant(7.776657825e-7f), constant(3.285653791e-4f));
  p = hn::MulAdd(u, p, constant(3.495600065e-3f));
  q = hn::MulAdd(u, q, constant(2.587702845e-2f));
  p = hn::MulAdd(u, p, constant(0.1338103597f));
  q = hn::MulAdd(u, q, constant(0.4671435158f));
  p = hn::MulAdd(u, p, constant(0.9999999795f));
  q = hn::MulAdd(u, q, constant(1.0f));
  return hn::Div(hn::Mul(x, p), q);
}

inline Vector sigmoid(Vector x) {
  const Vector half = constant(0.5f);
  return hn::MulAdd(tanh(hn::Mul(x, half)), half, half);
}

struct Gates {
  Vector i, j, f, o;
};

struct CellState {
  Vector c, h;
};

// o = tanh as published, or sigmoid.
template <OutputGate gate>
inline Vector output_gate(Vector x) {
  if constexpr (gate == OutputGate::tanh) return tanh(x);
  return sigmoid(x);
}

// i = tanh, j = sigmoid, f = sigmoid.
template <OutputGate gate>
inline Gates activated(const Gates& before) {
  return {tanh(before.i), sigmoid(before.j), sigmoid(before.f), output_gate<gate>(before.o)};
}

// c' = f c + i j, h' = o tanh(c').
inline CellState next_state(const Gates& gates, Vector c) {
  const Vector next = hn::MulAdd(gates.f, c, hn::Mul(gates.i, gates.j));
  return {next, hn::Mul(gates.o, tanh(next))};
}

struct CellGradient {
  Gates before;  // of the gates before their nonlinearity
  Vector c;      // of the state before the tick
};

inline Vector tanh_slope(Vector y) { return hn::NegMulAdd(y, y, constant(1.0f)); }  // tanh' = 1 - tanh^2
inline Vector sigmoid_slope(Vector y) { return hn::NegMulAdd(y, y, y); }            // sigmoid' = sigmoid - sigmoid^2

template <OutputGate gate>
inline Vector output_gate_slope(Vector y) {
  if constexpr (gate == OutputGate::tanh) return tanh_slope(y);
  return sigmoid_slope(y);
}

// The derivative of next_state(activated(before), c). gates: activated; grad: of c' and h'.
template <OutputGate gate>
inline CellGradient cell_gradient(const Gates& gates, Vector c, const CellState& grad) {
  const Vector squashed = tanh(hn::MulAdd(gates.f, c, hn::Mul(gates.i, gates.j)));
  const Vector grad_o = hn::Mul(grad.h, squashed);
  const Vector grad_c = hn::MulAdd(hn::Mul(grad.h, gates.o), tanh_slope(squashed), grad.c);
  const Vector grad_i = hn::Mul(grad_c, gates.j), grad_j = hn::Mul(grad_c, gates.i), grad_f = hn::Mul(grad_c, c);
  return {{hn::Mul(grad_i, tanh_slope(gates.i)), hn::Mul(grad_j, sigmoid_slope(gates.j)),
           hn::Mul(grad_f, sigmoid_slope(gates.f)), hn::Mul(grad_o, output_gate_slope<gate>(gates.o))},
          hn::Mul(grad_c, gates.f)};
}

}  // namespace boxwarp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target
