#include "host/cpu/encoder.hpp"

#include <array>
#include <cstddef>
#include <vector>

#define HWY_DISABLED_TARGETS HWY_SSSE3
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/cpu/encoder.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include "host/cpu/network_parts.hpp"

HWY_BEFORE_NAMESPACE();
namespace boxwarp::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// A vector of at most 16 floats, the number that divides every count of channels.
using Floats = hn::CappedTag<float, 16>;

constexpr int kMostTaps = 16;

// The codes of an image with a rim of kOutsideCode, so that no tap asks where it is.
class PaddedCodes {
 public:
  explicit PaddedCodes(const EncoderShape& shape)
      : height_(shape.height),
        width_(shape.width),
        pitch_(static_cast<std::size_t>(shape.width + shape.kernel - 1)),
        before_(static_cast<std::size_t>((shape.kernel - 1) / 2)),
        codes_(pitch_ * static_cast<std::size_t>(shape.height + shape.kernel - 1), kOutsideCode) {}

  void copy(const std::uint8_t* cells) {
    for (int y = 0; y < height_; ++y) {
      for (int x = 0; x < width_; ++x) {
        codes_[(static_cast<std::size_t>(y) + before_) * pitch_ + static_cast<std::size_t>(x) + before_] = *cells++;
      }
    }
  }

  // The code under the tap at (row, column) of the kernel for the cell at (y, x).
  std::size_t at(int y, int x, int row, int column) const {
    return codes_[static_cast<std::size_t>(y + row) * pitch_ + static_cast<std::size_t>(x + column)];
  }

 private:
  int height_, width_;
  std::size_t pitch_, before_;
  std::vector<std::uint8_t> codes_;
};

// Calls visit(offset of each tap's row in the table, offset of the cell in y) for all cells of all images.
template <class Visit>
void for_each_cell(const EncoderShape& shape, const std::uint8_t* cells, Visit&& visit) {
  const auto channels = static_cast<std::size_t>(shape.channels);
  PaddedCodes codes(shape);
  std::array<std::size_t, kMostTaps> rows;
  std::size_t to = 0;
  for (int image = 0; image < shape.images; ++image, cells += shape.height * shape.width) {
    codes.copy(cells);
    for (int y = 0; y < shape.height; ++y) {
      for (int x = 0; x < shape.width; ++x, to += channels) {
        std::size_t tap = 0;
        for (int row = 0; row < shape.kernel; ++row) {
          for (int column = 0; column < shape.kernel; ++column, ++tap) {
            rows[tap] = (tap * kTableCodes + codes.at(y, x, row, column)) * channels;
          }
        }
        visit(rows, to);
      }
    }
  }
}

void Forward(const EncoderShape& shape, const std::uint8_t* cells, const float* table, const float* bias, float* y) {
  const Floats floats;
  const auto channels = static_cast<std::size_t>(shape.channels);
  const auto taps = static_cast<std::size_t>(shape.kernel * shape.kernel);
  for_each_cell(shape, cells, [&](const auto& rows, std::size_t to) {
    for (std::size_t c = 0; c < channels; c += hn::Lanes(floats)) {
      auto sum = hn::Load(floats, bias + c);
      for (std::size_t tap = 0; tap < taps; ++tap) sum = hn::Add(sum, hn::Load(floats, table + rows[tap] + c));
      hn::Store(sum, floats, y + to + c);
    }
  });
}

void Backward(const EncoderShape& shape, const std::uint8_t* cells, const float* grad_y, float* grad_table,
              float* grad_bias) {
  const Floats floats;
  const auto channels = static_cast<std::size_t>(shape.channels);
  const auto taps = static_cast<std::size_t>(shape.kernel * shape.kernel);
  const auto add = [&floats](auto value, float* sum) { hn::Store(hn::Add(hn::Load(floats, sum), value), floats, sum); };
  for_each_cell(shape, cells, [&](const auto& rows, std::size_t from) {
    for (std::size_t c = 0; c < channels; c += hn::Lanes(floats)) {
      const auto grad = hn::Load(floats, grad_y + from + c);
      add(grad, grad_bias + c);
      for (std::size_t tap = 0; tap < taps; ++tap) add(grad, grad_table + rows[tap] + c);
    }
  });
}

}  // namespace boxwarp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boxwarp {

HWY_EXPORT(Forward);
HWY_EXPORT(Backward);

void encoder_forward(const EncoderShape& shape, const std::uint8_t* cells, const float* table, const float* bias, float* y) {
  HWY_DYNAMIC_DISPATCH(Forward)(shape, cells, table, bias, y);
}

void encoder_backward(const EncoderShape& shape, const std::uint8_t* cells, const float* grad_y, float* grad_table,
                      float* grad_bias) {
  HWY_DYNAMIC_DISPATCH(Backward)(shape, cells, grad_y, grad_table, grad_bias);
}

}  // namespace boxwarp
#endif  // HWY_ONCE
