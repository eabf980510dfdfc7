#include "host/cpu/network_parts.hpp"

#include <algorithm>

#include "host/cpu/parameter_terms.hpp"

namespace boxwarp {

namespace {

constexpr std::size_t kTaps = 9;

// Calls visit(parameter, part, factor) for every term of the map.
template <class Visit>
void for_each_term(const NetworkParts& layout, Visit&& visit) {
  const NetShape& shape = layout.shape;
  const auto C = static_cast<std::size_t>(shape.channels), G = 4 * C;
  const auto X = static_cast<std::size_t>(layout.recurrent_inputs), S = static_cast<std::size_t>(layout.classes.count());
  ParameterTerms terms(shape, visit);
  terms.table(layout.table);
  terms.copy(layout.encoder_bias);
  terms.copy(layout.encoder_weights);
  terms.copy(layout.skip_bias);
  for (const LayerParts& layer : layout.layers) {
    const std::size_t input_hidden = terms.next(), bias = terms.next(), hidden_hidden = terms.next();
    const bool has_boundary = shape.boundary != Boundary::none, has_pooling = shape.pooling != Pooling::none;
    const std::size_t boundary = has_boundary ? terms.next() : 0;
    const std::size_t inputs = has_pooling ? 3 * C : 2 * C;
    for (std::size_t gate = 0; gate < G; ++gate) {
      for (std::size_t c = 0; c < C; ++c) {
        for (std::size_t tap = 0; tap < kTaps; ++tap) {
          const auto from = [&](std::size_t third) { return input_hidden + (gate * inputs + third * C + c) * kTaps + tap; };
          const auto recurrent = [&](std::size_t x) { return layer.recurrent.offset + (gate * X + x) * kTaps + tap; };
          visit(from(0), layer.input.offset + (gate * C + c) * kTaps + tap, 1.0f);
          visit(from(1), recurrent(c), 1.0f);
          visit(hidden_hidden + (gate * C + c) * kTaps + tap, recurrent(X - C + c), 1.0f);
          for (std::size_t s = 0; has_pooling && s < S; ++s) {
            if (layout.classes.classes[s].on_board[tap])
              visit(from(2), layer.injected.offset + (c * S + s) * G + gate, 1.0f);
          }
        }
      }
      for (std::size_t s = 0; s < S; ++s) {
        const std::size_t constant = layer.constant.offset + s * G + gate;
        visit(bias + gate, constant, 1.0f);
        for (std::size_t tap = 0; tap < kTaps; ++tap) {
          if (layout.classes.classes[s].on_boundary[tap]) visit(boundary + gate * kTaps + tap, constant, 1.0f);
        }
      }
    }
    if (shape.pooling == Pooling::per_channel) terms.copy(layer.project);
    if (shape.pooling == Pooling::full) {
      const std::size_t project = terms.next();
      for (std::size_t i = 0; i < layer.project.size; ++i) {
        visit(project + i, layer.project.offset + i % (2 * C) * C + i / (2 * C), 1.0f);
      }
    }
  }

  terms.head(layout.head);
}

}  // namespace

NetworkParts network_parts(const NetShape& shape) {
  NetworkParts layout{};
  layout.shape = shape;
  layout.classes = spatial_classes(shape.height, shape.width, shape.boundary);
  layout.recurrent_inputs = shape.layers == 1 ? shape.channels : 2 * shape.channels;
  const auto C = static_cast<std::size_t>(shape.channels), G = 4 * C;
  const auto X = static_cast<std::size_t>(layout.recurrent_inputs), S = static_cast<std::size_t>(layout.classes.count());
  const auto E = static_cast<std::size_t>(shape.encoder_kernel);
  PartLayout parts;
  const auto part = [&parts](std::size_t size) { return parts.add(size); };

  layout.table = part(E * E * kTableCodes * C);
  layout.encoder_bias = part(C);
  layout.encoder_weights = part(C * C * E * E);
  layout.skip_bias = part(C);
  layout.layers.resize(static_cast<std::size_t>(shape.layers));
  for (LayerParts& layer : layout.layers) layer.input = part(G * C * kTaps);
  const std::size_t pooling = shape.pooling == Pooling::none ? 0 : 1, projected = shape.pooling == Pooling::full ? C : 1;
  for (LayerParts& layer : layout.layers) {
    layer.recurrent = part(G * X * kTaps);
    layer.injected = part(pooling * C * S * G);
    layer.constant = part(S * G);
    layer.project = part(pooling * 2 * C * projected);
  }
  layout.head = parts.add_head(shape);
  layout.size = parts.size();
  return layout;
}

void regroup(const NetworkParts& layout, const float* parameters, float* parts) {
  regroup_by([&layout](auto&& visit) { for_each_term(layout, visit); }, parameters, layout.size, parts);
}

void regroup_gradient(const NetworkParts& layout, const float* grad_parts, float* grad_parameters) {
  regroup_gradient_by([&layout](auto&& visit) { for_each_term(layout, visit); }, grad_parts, parameter_count(layout.shape),
                      grad_parameters);
}

}  // namespace boxwarp
