// The linear map from parameters to the parts that the arithmetic uses, term by term: part += factor * parameter. Both
// directions (weights there, gradients back) walk one list, so they cannot disagree.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "host/cpu/network_parts.hpp"
#include "kernels/net/input_value.hpp"
#include "kernels/sokoban/board.hpp"

namespace boxwarp {

// Goes through the tensors of a network in order; each call takes the next ones and tells visit(parameter, part, factor).
template <class Visit>
class ParameterTerms {
 public:
  ParameterTerms(const NetShape& shape, Visit& visit)
      : shape_(shape), visit_(visit), tensors_(parameter_tensors(shape)), tensor_(tensors_.begin()) {}

  // Where the next tensor begins in the parameters; it is taken.
  std::size_t next() { return (tensor_++)->offset; }

  void copy(const Part& part) {
    const std::size_t from = next();
    for (std::size_t i = 0; i < part.size; ++i) visit_(from + i, part.offset + i, 1.0f);
  }

  // The first convolution, (C, inputs, E, E), as a table of what each tap adds for each code of its cell.
  void table(const Part& part) {
    const std::size_t from = next(), inputs = shape_.input == NetInput::rgb ? 3 : kCellCodes;
    const auto channels = static_cast<std::size_t>(shape_.channels);
    const auto taps = static_cast<std::size_t>(shape_.encoder_kernel * shape_.encoder_kernel);
    for (std::size_t out = 0; out < channels; ++out) {
      for (std::size_t in = 0; in < inputs; ++in) {
        for (std::size_t tap = 0; tap < taps; ++tap) {
          for (std::size_t code = 0; code < kCellCodes; ++code) {
            const float value = input_value(shape_.input, static_cast<int>(code), static_cast<int>(in));
            if (value == 0.0f) continue;
            visit_(from + (out * inputs + in) * taps + tap, part.offset + (tap * kTableCodes + code) * channels + out,
                   value);
          }
        }
      }
    }
  }

  // Dense layer, policy and value; the last two become one part.
  void head(const HeadParts& parts) {
    copy(parts.dense_weights);
    copy(parts.dense_bias);
    const auto hidden = static_cast<std::size_t>(shape_.hidden), actions = static_cast<std::size_t>(shape_.actions);
    copy({parts.head_weights.offset, actions * hidden});
    copy({parts.head_bias.offset, actions});
    copy({parts.head_weights.offset + actions * hidden, hidden});
    copy({parts.head_bias.offset + actions, 1});
  }

 private:
  const NetShape& shape_;
  Visit& visit_;
  std::vector<ParameterTensor> tensors_;
  std::vector<ParameterTensor>::const_iterator tensor_;
};

// for_each_term(visit) calls visit(parameter, part, factor) for every term of a map to so many floats of parts.
template <class ForEachTerm>
void regroup_by(ForEachTerm&& for_each_term, const float* parameters, std::size_t size, float* parts) {
  std::fill_n(parts, size, 0.0f);
  for_each_term(
      [&](std::size_t parameter, std::size_t part, float factor) { parts[part] += factor * parameters[parameter]; });
}

// The same for gradients, back to so many parameters.
template <class ForEachTerm>
void regroup_gradient_by(ForEachTerm&& for_each_term, const float* grad_parts, std::size_t count, float* grad_parameters) {
  std::fill_n(grad_parameters, count, 0.0f);
  for_each_term([&](std::size_t parameter, std::size_t part, float factor) {
    grad_parameters[parameter] += factor * grad_parts[part];
  });
}

// Parts one after the other, each on a boundary of 64 bytes.
class PartLayout {
 public:
  Part add(std::size_t size) {
    const Part result{size_, size};
    size_ += (size + 15) / 16 * 16;
    return result;
  }
  HeadParts add_head(const NetShape& shape) {
    const auto hidden = static_cast<std::size_t>(shape.hidden), outputs = static_cast<std::size_t>(shape.actions) + 1;
    HeadParts parts{};
    parts.dense_weights = add(hidden * static_cast<std::size_t>(dense_inputs(shape)));
    parts.dense_bias = add(hidden);
    parts.head_weights = add(outputs * hidden);
    parts.head_bias = add(outputs);
    return parts;
  }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_ = 0;
};

}  // namespace boxwarp
