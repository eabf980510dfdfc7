#include "host/cpu/network_parts.hpp"

#include <algorithm>

#include "kernels/sokoban/board.hpp"

namespace boxwarp {

namespace {

constexpr std::size_t kTaps = 9;

// What an input channel of the encoder holds where the cell has that code.
float input_value(NetInput input, std::size_t code, std::size_t channel) {
  if (input == NetInput::planes) return code == channel ? 1.0f : 0.0f;
  return static_cast<float>(kCellColours[code][channel]) / 255.0f;
}

// Calls visit(parameter, part, factor) for every term of the map parts = M * parameters. Both directions walk this one
// list, so they cannot disagree.
template <class Visit>
void for_each_term(const NetworkParts& layout, Visit&& visit) {
  const NetShape& shape = layout.shape;
  const std::vector<ParameterTensor> tensors = parameter_tensors(shape);
  auto tensor = tensors.begin();
  const auto C = static_cast<std::size_t>(shape.channels), G = 4 * C;
  const auto X = static_cast<std::size_t>(layout.recurrent_inputs), S = static_cast<std::size_t>(layout.classes.count());
  const auto copy = [&](const Part& part) {
    for (std::size_t i = 0; i < part.size; ++i) visit(tensor->offset + i, part.offset + i, 1.0f);
    ++tensor;
  };

  {
    const std::size_t inputs = shape.input == NetInput::rgb ? 3 : kCellCodes;
    const auto taps = static_cast<std::size_t>(shape.encoder_kernel * shape.encoder_kernel);
    for (std::size_t out = 0; out < C; ++out) {
      for (std::size_t in = 0; in < inputs; ++in) {
        for (std::size_t tap = 0; tap < taps; ++tap) {
          for (std::size_t code = 0; code < kCellCodes; ++code) {
            const float value = input_value(shape.input, code, in);
            if (value == 0.0f) continue;
            visit(tensor->offset + (out * inputs + in) * taps + tap,
                  layout.table.offset + (tap * kTableCodes + code) * C + out, value);
          }
        }
      }
    }
    ++tensor;
  }
  copy(layout.encoder_bias);
  copy(layout.encoder_weights);
  copy(layout.skip_bias);

  for (const LayerParts& layer : layout.layers) {
    const std::size_t input_hidden = (tensor++)->offset, bias = (tensor++)->offset, hidden_hidden = (tensor++)->offset;
    const std::size_t fence = (tensor++)->offset;
    for (std::size_t gate = 0; gate < G; ++gate) {
      for (std::size_t c = 0; c < C; ++c) {
        for (std::size_t tap = 0; tap < kTaps; ++tap) {
          const auto from = [&](std::size_t third) { return input_hidden + (gate * 3 * C + third * C + c) * kTaps + tap; };
          const auto recurrent = [&](std::size_t x) { return layer.recurrent.offset + (gate * X + x) * kTaps + tap; };
          visit(from(0), layer.input.offset + (gate * C + c) * kTaps + tap, 1.0f);
          visit(from(1), recurrent(c), 1.0f);
          visit(hidden_hidden + (gate * C + c) * kTaps + tap, recurrent(X - C + c), 1.0f);
          for (std::size_t s = 0; s < S; ++s) {
            if (layout.classes.on_board[s][tap]) visit(from(2), layer.injected.offset + (c * S + s) * G + gate, 1.0f);
          }
        }
      }
      for (std::size_t s = 0; s < S; ++s) {
        const std::size_t constant = layer.constant.offset + s * G + gate;
        visit(bias + gate, constant, 1.0f);
        for (std::size_t tap = 0; tap < kTaps; ++tap) {
          if (!layout.classes.on_board[s][tap]) visit(fence + gate * kTaps + tap, constant, 1.0f);
        }
      }
    }
    copy(layer.project);
  }

  copy(layout.dense_weights);
  copy(layout.dense_bias);
  const auto H = static_cast<std::size_t>(shape.hidden), A = static_cast<std::size_t>(shape.actions);
  copy({layout.head_weights.offset, A * H});
  copy({layout.head_bias.offset, A});
  copy({layout.head_weights.offset + A * H, H});
  copy({layout.head_bias.offset + A, 1});
}

}  // namespace

NetworkParts network_parts(const NetShape& shape) {
  NetworkParts layout{};
  layout.shape = shape;
  layout.classes = spatial_classes(shape.height, shape.width);
  layout.recurrent_inputs = shape.layers == 1 ? shape.channels : 2 * shape.channels;
  const auto C = static_cast<std::size_t>(shape.channels), G = 4 * C;
  const auto X = static_cast<std::size_t>(layout.recurrent_inputs), S = static_cast<std::size_t>(layout.classes.count());
  const auto E = static_cast<std::size_t>(shape.encoder_kernel), hidden = static_cast<std::size_t>(shape.hidden);
  const auto heads = static_cast<std::size_t>(shape.actions) + 1;
  const auto part = [&layout](std::size_t size) {
    // Each part begins on a boundary of 64 bytes.
    const Part result{layout.size, size};
    layout.size += (size + 15) / 16 * 16;
    return result;
  };

  layout.table = part(E * E * kTableCodes * C);
  layout.encoder_bias = part(C);
  layout.encoder_weights = part(C * C * E * E);
  layout.skip_bias = part(C);
  layout.layers.resize(static_cast<std::size_t>(shape.layers));
  for (LayerParts& layer : layout.layers) layer.input = part(G * C * kTaps);
  for (LayerParts& layer : layout.layers) {
    layer.recurrent = part(G * X * kTaps);
    layer.injected = part(C * S * G);
    layer.constant = part(S * G);
    layer.project = part(2 * C);
  }
  layout.dense_weights = part(hidden * static_cast<std::size_t>(shape.height * shape.width) * C);
  layout.dense_bias = part(hidden);
  layout.head_weights = part(heads * hidden);
  layout.head_bias = part(heads);
  return layout;
}

void regroup(const NetworkParts& layout, const float* parameters, float* parts) {
  std::fill_n(parts, layout.size, 0.0f);
  for_each_term(
      layout, [&](std::size_t parameter, std::size_t part, float factor) { parts[part] += factor * parameters[parameter]; });
}

void regroup_gradient(const NetworkParts& layout, const float* grad_parts, float* grad_parameters) {
  std::fill_n(grad_parameters, parameter_count(layout.shape), 0.0f);
  for_each_term(layout, [&](std::size_t parameter, std::size_t part, float factor) {
    grad_parameters[parameter] += factor * grad_parts[part];
  });
}

}  // namespace boxwarp
