// Pool and inject of a ConvLSTM tick, forward and back.
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

void PoolForward(const CellShape& shape, const PoolView& pool) {
  const Floats floats;
  const auto C = static_cast<std::size_t>(shape.channels), N = static_cast<std::size_t>(shape.cells);
  const auto stride = static_cast<std::size_t>(pool.h.stride);
  const Vector share = hn::Set(floats, 1.0f / static_cast<float>(shape.cells));
  for (std::size_t board = 0; board < static_cast<std::size_t>(shape.boards); ++board) {
    for (std::size_t c = 0; c < C; c += hn::Lanes(floats)) {
      const float* h = pool.h.data + board * N * stride + c;
      Vector maximum = hn::Load(floats, h), sum = maximum;
      for (std::size_t cell = 1; cell < N; ++cell) {
        const Vector value = hn::Load(floats, h + cell * stride);
        maximum = hn::Max(maximum, value);
        sum = hn::Add(sum, value);
      }
      const Vector mean = hn::Mul(sum, share);
      hn::Store(maximum, floats, pool.maximum + board * C + c);
      hn::Store(mean, floats, pool.mean + board * C + c);
      hn::Store(
          hn::MulAdd(maximum, hn::Load(floats, pool.project + c), hn::Mul(mean, hn::Load(floats, pool.project + C + c))),
          floats, pool.injected + board * C + c);
    }
  }
}

void ClassSumsForward(const CellShape& shape, const float* injected, const float* weights, const float* constant,
                      float* class_sums) {
  const Floats floats;
  const auto C = static_cast<std::size_t>(shape.channels), width = static_cast<std::size_t>(shape.classes) * 4 * C;
  for (std::size_t at = 0; at < width; at += hn::Lanes(floats)) {
    for (std::size_t board = 0; board < static_cast<std::size_t>(shape.boards); ++board) {
      Vector sum = hn::Load(floats, constant + at);
      for (std::size_t c = 0; c < C; ++c) {
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

void PoolBackward(const CellShape& shape, const PoolView& pool, const float* grad_injected, float* grad_h,
                  float* grad_project) {
  const Floats floats;
  const auto C = static_cast<std::size_t>(shape.channels), N = static_cast<std::size_t>(shape.cells);
  const auto stride = static_cast<std::size_t>(pool.h.stride);
  const Vector one = hn::Set(floats, 1.0f), share = hn::Set(floats, 1.0f / static_cast<float>(shape.cells));
  for (std::size_t board = 0; board < static_cast<std::size_t>(shape.boards); ++board) {
    for (std::size_t c = 0; c < C; c += hn::Lanes(floats)) {
      const Vector grad = hn::Load(floats, grad_injected + board * C + c);
      const Vector maximum = hn::Load(floats, pool.maximum + board * C + c);
      const Vector mean = hn::Load(floats, pool.mean + board * C + c);
      float* grad_max_row = grad_project + c;
      float* grad_mean_row = grad_project + C + c;
      hn::Store(hn::MulAdd(grad, maximum, hn::Load(floats, grad_max_row)), floats, grad_max_row);
      hn::Store(hn::MulAdd(grad, mean, hn::Load(floats, grad_mean_row)), floats, grad_mean_row);

      const float* h = pool.h.data + board * N * stride + c;
      Vector ties = hn::Zero(floats);
      for (std::size_t cell = 0; cell < N; ++cell) {
        ties = hn::Add(ties, hn::IfThenElseZero(hn::Eq(hn::Load(floats, h + cell * stride), maximum), one));
      }
      const Vector to_maximum = hn::Div(hn::Mul(grad, hn::Load(floats, pool.project + c)), ties);
      const Vector to_all = hn::Mul(hn::Mul(grad, hn::Load(floats, pool.project + C + c)), share);
      for (std::size_t cell = 0; cell < N; ++cell) {
        float* to = grad_h + (board * N + cell) * C + c;
        const auto largest = hn::Eq(hn::Load(floats, h + cell * stride), maximum);
        const Vector add = hn::Add(to_all, hn::IfThenElseZero(largest, to_maximum));
        hn::Store(hn::Add(hn::Load(floats, to), add), floats, to);
      }
    }
  }
}

}  // namespace boxwarp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boxwarp {

HWY_EXPORT(PoolForward);
HWY_EXPORT(ClassSumsForward);
HWY_EXPORT(ClassSumsBackward);
HWY_EXPORT(PoolBackward);

void pool_forward(const CellShape& shape, const PoolView& pool) { HWY_DYNAMIC_DISPATCH(PoolForward)(shape, pool); }

void class_sums_forward(const CellShape& shape, const float* injected, const float* weights, const float* constant,
                        float* class_sums) {
  HWY_DYNAMIC_DISPATCH(ClassSumsForward)(shape, injected, weights, constant, class_sums);
}

void class_sums_backward(const CellShape& shape, const float* grad_class_sums, const float* weights, float* grad_injected) {
  HWY_DYNAMIC_DISPATCH(ClassSumsBackward)(shape, grad_class_sums, weights, grad_injected);
}

void pool_backward(const CellShape& shape, const PoolView& pool, const float* grad_injected, float* grad_h,
                   float* grad_project) {
  HWY_DYNAMIC_DISPATCH(PoolBackward)(shape, pool, grad_injected, grad_h, grad_project);
}

}  // namespace boxwarp
#endif  // HWY_ONCE
