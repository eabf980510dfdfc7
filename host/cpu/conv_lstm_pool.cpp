// Pool and inject of a ConvLSTM tick, forward and back; the pooled head pools with the same two functions.
#include <cstddef>

#include "host/cpu/conv_lstm.hpp"

#define HWY_DISABLED_TARGETS HWY_SSSE3
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/cpu/conv_lstm_pool.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace boxwarp::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// A vector of at most 16 floats, the number that divides every count of channels.
using Floats = hn::CappedTag<float, 16>;
using Vector = hn::Vec<Floats>;

void PoolForward(const CellShape& shape, Strided h, const Pooled& pooled) {
  const Floats floats;
  const auto C = static_cast<std::size_t>(shape.channels), N = static_cast<std::size_t>(shape.cells);
  const auto stride = static_cast<std::size_t>(h.stride), pooled_stride = static_cast<std::size_t>(pooled.stride);
  const Vector share = hn::Set(floats, 1.0f / static_cast<float>(shape.cells));
  for (std::size_t board = 0; board < static_cast<std::size_t>(shape.boards); ++board) {
    for (std::size_t c = 0; c < C; c += hn::Lanes(floats)) {
      const float* cells = h.data + board * N * stride + c;
      Vector maximum = hn::Load(floats, cells), sum = maximum;
      for (std::size_t cell = 1; cell < N; ++cell) {
        const Vector value = hn::Load(floats, cells + cell * stride);
        maximum = hn::Max(maximum, value);
        sum = hn::Add(sum, value);
      }
      hn::Store(maximum, floats, pooled.maximum + board * pooled_stride + c);
      hn::Store(hn::Mul(sum, share), floats, pooled.mean + board * pooled_stride + c);
    }
  }
}

void PoolBackward(const CellShape& shape, Strided h, const Pooled& pooled, const Pooled& grad, Strided grad_h) {
  const Floats floats;
  const auto C = static_cast<std::size_t>(shape.channels), N = static_cast<std::size_t>(shape.cells);
  const auto stride = static_cast<std::size_t>(h.stride), grad_stride = static_cast<std::size_t>(grad_h.stride);
  const auto pooled_stride = static_cast<std::size_t>(pooled.stride), row = static_cast<std::size_t>(grad.stride);
  const Vector one = hn::Set(floats, 1.0f), share = hn::Set(floats, 1.0f / static_cast<float>(shape.cells));
  for (std::size_t board = 0; board < static_cast<std::size_t>(shape.boards); ++board) {
    for (std::size_t c = 0; c < C; c += hn::Lanes(floats)) {
      const Vector maximum = hn::Load(floats, pooled.maximum + board * pooled_stride + c);
      const float* cells = h.data + board * N * stride + c;
      Vector ties = hn::Zero(floats);
      for (std::size_t cell = 0; cell < N; ++cell) {
        ties = hn::Add(ties, hn::IfThenElseZero(hn::Eq(hn::Load(floats, cells + cell * stride), maximum), one));
      }
      const Vector to_maximum = hn::Div(hn::Load(floats, grad.maximum + board * row + c), ties);
      const Vector to_all = hn::Mul(hn::Load(floats, grad.mean + board * row + c), share);
      for (std::size_t cell = 0; cell < N; ++cell) {
        float* to = grad_h.data + (board * N + cell) * grad_stride + c;
        const auto largest = hn::Eq(hn::Load(floats, cells + cell * stride), maximum);
        const Vector add = hn::Add(to_all, hn::IfThenElseZero(largest, to_maximum));
        hn::Store(hn::Add(hn::Load(floats, to), add), floats, to);
      }
    }
  }
}

void InjectForward(const CellShape& shape, const InjectView& view, float* injected) {
  const Floats floats;
  const auto C = static_cast<std::size_t>(shape.channels), stride = static_cast<std::size_t>(view.pooled.stride);
  for (std::size_t board = 0; board < static_cast<std::size_t>(shape.boards); ++board) {
    const float* maximum = view.pooled.maximum + board * stride;
    const float* mean = view.pooled.mean + board * stride;
    for (std::size_t c = 0; c < C; c += hn::Lanes(floats)) {
      const auto project = [&](std::size_t row) { return hn::Load(floats, view.project + row * C + c); };
      Vector sum = hn::Zero(floats);
      if (view.pooling == Pooling::per_channel) {
        sum = hn::MulAdd(hn::Load(floats, maximum + c), project(0), hn::Mul(hn::Load(floats, mean + c), project(1)));
      } else {
        for (std::size_t k = 0; k < C; ++k) {
          sum = hn::MulAdd(hn::Set(floats, maximum[k]), project(k), sum);
          sum = hn::MulAdd(hn::Set(floats, mean[k]), project(C + k), sum);
        }
      }
      hn::Store(sum, floats, injected + board * C + c);
    }
  }
}

// A row of the full projection: the gradient of the number it multiplies, and that number's share of its own gradient.
inline float full_row_backward(const float* row, float value, const float* grad_q, std::size_t C, float* grad_row) {
  const Floats floats;
  Vector sum = hn::Zero(floats);
  for (std::size_t c = 0; c < C; c += hn::Lanes(floats)) {
    const Vector grad = hn::Load(floats, grad_q + c);
    sum = hn::MulAdd(grad, hn::Load(floats, row + c), sum);
    hn::Store(hn::MulAdd(grad, hn::Set(floats, value), hn::Load(floats, grad_row + c)), floats, grad_row + c);
  }
  return hn::GetLane(hn::SumOfLanes(floats, sum));
}

void InjectBackward(const CellShape& shape, const InjectView& view, const float* grad_injected, const Pooled& grad,
                    float* grad_project) {
  const Floats floats;
  const auto C = static_cast<std::size_t>(shape.channels), stride = static_cast<std::size_t>(view.pooled.stride);
  const auto grad_stride = static_cast<std::size_t>(grad.stride);
  for (std::size_t board = 0; board < static_cast<std::size_t>(shape.boards); ++board, grad_injected += C) {
    const float* from[] = {view.pooled.maximum + board * stride, view.pooled.mean + board * stride};
    float* to[] = {grad.maximum + board * grad_stride, grad.mean + board * grad_stride};
    for (std::size_t half = 0; half < 2; ++half) {
      if (view.pooling == Pooling::per_channel) {
        for (std::size_t c = 0; c < C; c += hn::Lanes(floats)) {
          const Vector grad_q = hn::Load(floats, grad_injected + c);
          float* grad_row = grad_project + half * C + c;
          hn::Store(hn::MulAdd(grad_q, hn::Load(floats, from[half] + c), hn::Load(floats, grad_row)), floats, grad_row);
          hn::Store(hn::Mul(grad_q, hn::Load(floats, view.project + half * C + c)), floats, to[half] + c);
        }
      } else {
        for (std::size_t k = 0; k < C; ++k) {
          const std::size_t row = (half * C + k) * C;
          to[half][k] = full_row_backward(view.project + row, from[half][k], grad_injected, C, grad_project + row);
        }
      }
    }
  }
}

void ClassSumsForward(const CellShape& shape, const float* injected, const float* weights, const float* constant,
                      float* class_sums) {
  const Floats floats;
  const auto C = static_cast<std::size_t>(shape.channels), width = static_cast<std::size_t>(shape.classes) * 4 * C;
  const std::size_t inputs = injected == nullptr ? 0 : C;
  for (std::size_t at = 0; at < width; at += hn::Lanes(floats)) {
    for (std::size_t board = 0; board < static_cast<std::size_t>(shape.boards); ++board) {
      Vector sum = hn::Load(floats, constant + at);
      for (std::size_t c = 0; c < inputs; ++c) {
        sum = hn::MulAdd(hn::Set(floats, injected[board * C + c]), hn::Load(floats, weights + c * width + at), sum);
      }
      hn::Store(sum, floats, class_sums + board * width + at);
    }
  }
}

void ClassSumsBackward(const CellShape& shape, const float* grad_class_sums, const float* weights, float* grad_injected) {
  const Floats floats;
  const auto C = static_cast<std::size_t>(shape.channels), width = static_cast<std::size_t>(shape.classes) * 4 * C;
  for (std::size_t c = 0; c < C; ++c) {
    for (std::size_t board = 0; board < static_cast<std::size_t>(shape.boards); ++board) {
      Vector sum = hn::Zero(floats);
      for (std::size_t at = 0; at < width; at += hn::Lanes(floats)) {
        sum = hn::MulAdd(hn::Load(floats, grad_class_sums + board * width + at), hn::Load(floats, weights + c * width + at),
                         sum);
      }
      grad_injected[board * C + c] = hn::GetLane(hn::SumOfLanes(floats, sum));
    }
  }
}

}  // namespace boxwarp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boxwarp {

HWY_EXPORT(PoolForward);
HWY_EXPORT(PoolBackward);
HWY_EXPORT(InjectForward);
HWY_EXPORT(InjectBackward);
HWY_EXPORT(ClassSumsForward);
HWY_EXPORT(ClassSumsBackward);

void pool_forward(const CellShape& shape, Strided h, const Pooled& pooled) {
  HWY_DYNAMIC_DISPATCH(PoolForward)(shape, h, pooled);
}

void pool_backward(const CellShape& shape, Strided h, const Pooled& pooled, const Pooled& grad, Strided grad_h) {
  HWY_DYNAMIC_DISPATCH(PoolBackward)(shape, h, pooled, grad, grad_h);
}

void inject_forward(const CellShape& shape, const InjectView& view, float* injected) {
  HWY_DYNAMIC_DISPATCH(InjectForward)(shape, view, injected);
}

void inject_backward(const CellShape& shape, const InjectView& view, const float* grad_injected, const Pooled& grad,
                     float* grad_project) {
  HWY_DYNAMIC_DISPATCH(InjectBackward)(shape, view, grad_injected, grad, grad_project);
}

void class_sums_forward(const CellShape& shape, const float* injected, const float* weights, const float* constant,
                        float* class_sums) {
  HWY_DYNAMIC_DISPATCH(ClassSumsForward)(shape, injected, weights, constant, class_sums);
}

void class_sums_backward(const CellShape& shape, const float* grad_class_sums, const float* weights, float* grad_injected) {
  HWY_DYNAMIC_DISPATCH(ClassSumsBackward)(shape, grad_class_sums, weights, grad_injected);
}

}  // namespace boxwarp
#endif  // HWY_ONCE
