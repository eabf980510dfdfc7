// DRC(D, K) in double, straight from the papers (Guez et al. 2019, arXiv 1901.03559, and Taufeeque et al. 2024,
// arXiv 2407.15421): loops over maps, the convolution over [e, p, q] as one, nothing shared between ticks. The ResNet of
// the same papers is in resnet.hpp.
//
// Maps are channels first, as the published weights are. Shares no code with what it checks.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace oracle {

struct Map {  // (channels, height, width)
  int channels = 0, height = 0, width = 0;
  std::vector<double> values;

  Map() = default;
  Map(int c, int h, int w) : channels(c), height(h), width(w), values(static_cast<std::size_t>(c * h * w), 0.0) {}
  double& at(int c, int y, int x) { return values[static_cast<std::size_t>((c * height + y) * width + x)]; }
  double at(int c, int y, int x) const { return values[static_cast<std::size_t>((c * height + y) * width + x)]; }
};

using Tensor = std::vector<double>;
using Tensors = std::map<std::string, Tensor>;

// weights: (outputs, inputs, k, k). Padding with zeros: (k - 1) / 2 before, the rest of k - 1 after.
inline Map same_convolution(const Map& in, const Tensor& weights, int outputs, int k) {
  Map out(outputs, in.height, in.width);
  const int before = (k - 1) / 2;
  for (int o = 0; o < outputs; ++o) {
    for (int y = 0; y < in.height; ++y) {
      for (int x = 0; x < in.width; ++x) {
        double sum = 0;
        for (int r = 0; r < k; ++r) {
          for (int c = 0; c < k; ++c) {
            const int row = y + r - before, column = x + c - before;
            if (row < 0 || row >= in.height || column < 0 || column >= in.width) continue;
            for (int i = 0; i < in.channels; ++i) {
              sum += weights[static_cast<std::size_t>(((o * in.channels + i) * k + r) * k + c)] * in.at(i, row, column);
            }
          }
        }
        out.at(o, y, x) = sum;
      }
    }
  }
  return out;
}

inline void add_bias(Map& map, const Tensor& bias) {
  for (int c = 0; c < map.channels; ++c) {
    for (int y = 0; y < map.height; ++y) {
      for (int x = 0; x < map.width; ++x) map.at(c, y, x) += bias[static_cast<std::size_t>(c)];
    }
  }
}

inline Map stacked(const std::vector<const Map*>& maps) {
  Map result;
  result.height = maps.front()->height;
  result.width = maps.front()->width;
  for (const Map* map : maps) {
    result.channels += map->channels;
    result.values.insert(result.values.end(), map->values.begin(), map->values.end());
  }
  return result;
}

// A ring of ones around a board of zeros, through a VALID 3x3 convolution with one input channel.
inline Map fence(const Tensor& weights, int outputs, int height, int width) {
  Map out(outputs, height, width);
  for (int o = 0; o < outputs; ++o) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        for (int r = 0; r < 3; ++r) {
          for (int c = 0; c < 3; ++c) {
            const int row = y + r, column = x + c;  // in the padded mask
            const bool ring = row == 0 || row == height + 1 || column == 0 || column == width + 1;
            if (ring) out.at(o, y, x) += weights[static_cast<std::size_t>(o * 9 + r * 3 + c)];
          }
        }
      }
    }
  }
  return out;
}

// One more channel, 1 in the outermost cells of the board and 0 inside, through a SAME 3x3 convolution.
inline Map rim(const Tensor& weights, int outputs, int height, int width) {
  Map mask(1, height, width);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) mask.at(0, y, x) = y == 0 || y == height - 1 || x == 0 || x == width - 1;
  }
  return same_convolution(mask, weights, outputs, 3);
}

// [maximum, mean] over the board: 2C numbers.
inline Tensor maximum_and_mean(const Map& map) {
  Tensor result(static_cast<std::size_t>(2 * map.channels));
  for (int c = 0; c < map.channels; ++c) {
    double maximum = map.at(c, 0, 0), sum = 0;
    for (int y = 0; y < map.height; ++y) {
      for (int x = 0; x < map.width; ++x) {
        maximum = std::max(maximum, map.at(c, y, x));
        sum += map.at(c, y, x);
      }
    }
    result[static_cast<std::size_t>(c)] = maximum;
    result[static_cast<std::size_t>(map.channels + c)] = sum / (map.height * map.width);
  }
  return result;
}

// The same number in every cell of a channel: project[0] * maximum + project[1] * mean.
inline Map pooled(const Map& h, const Tensor& project) {
  Map out(h.channels, h.height, h.width);
  const Tensor both = maximum_and_mean(h);
  for (int c = 0; c < h.channels; ++c) {
    const auto maximum = static_cast<std::size_t>(c), mean = static_cast<std::size_t>(h.channels + c);
    for (int y = 0; y < h.height; ++y) {
      for (int x = 0; x < h.width; ++x) out.at(c, y, x) = project[maximum] * both[maximum] + project[mean] * both[mean];
    }
  }
  return out;
}

// The same with all channels mixed: project (C, 2C) times [maximum, mean].
inline Map pooled_fully(const Map& h, const Tensor& project) {
  Map out(h.channels, h.height, h.width);
  const Tensor both = maximum_and_mean(h);
  for (int c = 0; c < h.channels; ++c) {
    double q = 0;
    for (std::size_t k = 0; k < both.size(); ++k) q += project[static_cast<std::size_t>(c) * both.size() + k] * both[k];
    for (int y = 0; y < h.height; ++y) {
      for (int x = 0; x < h.width; ++x) out.at(c, y, x) = q;
    }
  }
  return out;
}

struct State {  // of one layer
  Map h, c;
};

inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// gates: (4C, H, W) before their nonlinearity, i, j, f, o. The output gate o is a tanh, or a sigmoid.
inline State next_state(const Map& gates, const State& state, bool sigmoid_output = false) {
  State next = state;
  const int C = state.h.channels;
  for (int c = 0; c < C; ++c) {
    for (int y = 0; y < gates.height; ++y) {
      for (int x = 0; x < gates.width; ++x) {
        const double i = std::tanh(gates.at(c, y, x)), j = sigmoid(gates.at(C + c, y, x));
        const double f = sigmoid(gates.at(2 * C + c, y, x)), before_o = gates.at(3 * C + c, y, x);
        const double o = sigmoid_output ? sigmoid(before_o) : std::tanh(before_o);
        next.c.at(c, y, x) = f * state.c.at(c, y, x) + i * j;
        next.h.at(c, y, x) = o * std::tanh(next.c.at(c, y, x));
      }
    }
  }
  return next;
}

inline Tensor dense(const Tensor& x, const Tensor& weights, const Tensor& bias) {
  Tensor y = bias;
  for (std::size_t o = 0; o < y.size(); ++o) {
    for (std::size_t i = 0; i < x.size(); ++i) y[o] += weights[o * x.size() + i] * x[i];
  }
  return y;
}

// Red, green and blue of the seven cell codes.
inline const int kColours[7][3] = {{0, 0, 0},      {243, 248, 238}, {254, 126, 125}, {254, 95, 56},
                                   {142, 121, 56}, {160, 212, 56},  {219, 212, 56}};

// What the network sees: red, green and blue / 255, or one plane for each cell code.
inline Map observed(const unsigned char* cells, int height, int width, bool rgb) {
  Map image(rgb ? 3 : 7, height, width);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int code = cells[y * width + x];
      for (int c = 0; c < image.channels; ++c) image.at(c, y, x) = rgb ? kColours[code][c] / 255.0 : code == c;
    }
  }
  return image;
}

// What the dense layer sees of the map z: every cell (rows, columns, channels), or [maximum, mean] of each channel.
inline Tensor head_input(const Map& z, bool pooled_head) {
  if (pooled_head) return maximum_and_mean(z);
  Tensor flat;
  for (int y = 0; y < z.height; ++y) {
    for (int x = 0; x < z.width; ++x) {
      for (int c = 0; c < z.channels; ++c) flat.push_back(z.at(c, y, x));
    }
  }
  return flat;
}

// Dense layer, ReLU, policy and value; the last output is the value, those before it are the logits.
inline Tensor head_outputs(const Tensor& z, const Tensors& parameters) {
  const auto layer = [&parameters](const Tensor& x, const std::string& name) {
    return dense(x, parameters.at(name + ".weight"), parameters.at(name + ".bias"));
  };
  Tensor hidden = layer(z, "mlp_extractor.policy_net.fc0");
  for (double& unit : hidden) unit = std::max(unit, 0.0);
  Tensor outputs = layer(hidden, "action_net");
  outputs.push_back(layer(hidden, "value_net").front());
  return outputs;
}

// The options by the words that files have for them; as they stand, the published network.
struct DrcOptions {
  std::string output_gate = "tanh";     // or sigmoid
  std::string boundary = "fence";       // or rim, none
  std::string pooling = "per_channel";  // or full, none
  std::string skip = "sum";             // or concatenation, none
  std::string head = "flatten";         // or pooled
};

struct Drc {
  int layers, ticks, channels, height, width, encoder_kernel;
  bool rgb;            // or one plane for each cell code
  Tensors parameters;  // under the published names
  DrcOptions options{};

  const Tensor& parameter(const std::string& name) const { return parameters.at(name); }

  Map encoded(const unsigned char* cells) const {
    const std::string name = "features_extractor.pre_model.";
    Map first =
        same_convolution(observed(cells, height, width, rgb), parameter(name + "0.weight"), channels, encoder_kernel);
    add_bias(first, parameter(name + "0.bias"));
    Map second = same_convolution(first, parameter(name + "2.weight"), channels, encoder_kernel);
    add_bias(second, parameter(name + "2.bias"));
    return second;
  }

  Map boundary(const std::string& cell) const {
    if (options.boundary == "none") return Map(4 * channels, height, width);
    const Tensor& weights = parameter(cell + "fence_conv.weight");
    return options.boundary == "rim" ? rim(weights, 4 * channels, height, width)
                                     : fence(weights, 4 * channels, height, width);
  }

  Map input(const std::string& cell, const Map& e, const Map& p, const Map& h) const {
    if (options.pooling == "none") return stacked({&e, &p});
    const Map q = options.pooling == "full" ? pooled_fully(h, parameter(cell + "pool_project.weight"))
                                            : pooled(h, parameter(cell + "pool_project"));
    return stacked({&e, &p, &q});
  }

  State cell(int d, const Map& e, const Map& p, const State& state) const {
    const std::string name = "features_extractor.cell_list." + std::to_string(d) + ".";
    Map gates = same_convolution(input(name, e, p, state.h), parameter(name + "conv_ih.weight"), 4 * channels, 3);
    add_bias(gates, parameter(name + "conv_ih.bias"));
    const Map hidden = same_convolution(state.h, parameter(name + "conv_hh.weight"), 4 * channels, 3);
    const Map edge = boundary(name);
    for (std::size_t i = 0; i < gates.values.size(); ++i) gates.values[i] += hidden.values[i] + edge.values[i];
    return next_state(gates, state, options.output_gate == "sigmoid");
  }

  Map head_map(const Map& e, const Map& h) const {
    if (options.skip == "concatenation") return stacked({&h, &e});
    Map z = h;
    if (options.skip == "sum") {
      for (std::size_t i = 0; i < z.values.size(); ++i) z.values[i] += e.values[i];
    }
    return z;
  }

  // One environment step of one board; the last output is the value, those before it are the logits.
  Tensor step(const unsigned char* cells, bool episode_start, std::vector<State>& states) const {
    if (episode_start) {
      for (State& state : states) {
        std::fill(state.h.values.begin(), state.h.values.end(), 0.0);
        std::fill(state.c.values.begin(), state.c.values.end(), 0.0);
      }
    }
    const Map e = encoded(cells);
    for (int k = 0; k < ticks; ++k) {
      Map p = states.back().h;
      for (int d = 0; d < layers; ++d) {
        State& state = states[static_cast<std::size_t>(d)];
        state = cell(d, e, p, state);
        p = state.h;
      }
    }
    return head_outputs(head_input(head_map(e, states.back().h), options.head == "pooled"), parameters);
  }
};

}  // namespace oracle
