// The way back of the fused network as loops in double, over random activations of no forward in particular.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "emulator/collective_words.hpp"
#include "kernels/net/fused_ops.cuh"
#include "kernels/net/parameter_offsets.hpp"

namespace boxwarp::test {

using emulator::rounded;
using Doubles = std::vector<double>;

// Arrays of (channels, H, W) in double, as the twin has them.
struct BackwardMaps {
  int channels, height, width;
  Doubles values;
  BackwardMaps(int c, int h, int w) : channels(c), height(h), width(w), values(static_cast<std::size_t>(c * h * w)) {}
  double& at(int c, int y, int x) { return values[static_cast<std::size_t>((c * height + y) * width + x)]; }
  bool has(int y, int x) const { return y >= 0 && y < height && x >= 0 && x < width; }
};

struct BackwardCase {
  NetShape net;
  int steps, boards;
  unsigned seed;
};

// One unroll's inputs, the activations on both sides, and the twin's gradients.
class BackwardTwin {
 public:
  explicit BackwardTwin(const BackwardCase& of)
      : net_(of.net),
        shape_(fused_shape(of.net)),
        T_(of.steps),
        B_(of.boards),
        random_(of.seed),
        at_(parameter_offsets(shape_)) {
    const int C = shape_.channels, G = shape_.gates(), D = shape_.layers, K = shape_.ticks;
    parameters.resize(at_.count);
    for (float& x : parameters) x = rounded(number(0.35f));
    const auto count = [](int a, int b) { return static_cast<std::size_t>(a * b); };
    for (std::size_t i = 0; i < count(T_ * B_, shape_.cells()); ++i)
      cells.push_back(static_cast<std::uint8_t>(random_() % 7));
    for (int t = 0; t < T_; ++t)
      for (int b = 0; b < B_; ++b) starts.push_back((t + b) % 2 == 1 ? 1 : 0);
    for (std::size_t i = 0; i < count(T_ * B_, shape_.actions); ++i) grad_logits.push_back(number(1));
    for (std::size_t i = 0; i < count(T_, B_); ++i) grad_values.push_back(number(1));
    for (int i = 0; i < T_ * B_; ++i) {
      first.push_back(random_maps(C, 1));
      skip.push_back(random_maps(C, 1));
      features.push_back(random_maps(C, 1));
      for (int u = 0; u < shape_.hidden; ++u) units.push_back(random_() % 3 == 0 ? 0.0f : std::abs(number(1)));
    }
    for (int i = 0; i < T_ * (K + 1) * D * B_; ++i) {
      hidden.push_back(random_maps(C, 0.9f));
      c.push_back(random_maps(C, 1.5f));
      for (int channel = 0; channel < C; channel += 3) {  // cells that share the maximum
        hidden.back().at(channel, 0, 0) = hidden.back().at(channel, shape_.height - 1, 1) = rounded(0.95f);
      }
    }
    for (int i = 0; i < T_ * K * D * B_; ++i) {
      BackwardMaps of_tick(G, shape_.height, shape_.width);
      for (int g = 0; g < G; ++g)
        for (int y = 0; y < shape_.height; ++y)
          for (int x = 0; x < shape_.width; ++x) {
            const bool squared = g / C == 1 || g / C == 2 || (g / C == 3 && net_.output_gate == OutputGate::sigmoid);
            of_tick.at(g, y, x) = rounded(squared ? std::abs(number(1)) : number(1));
          }
      gates.push_back(of_tick);
    }
    run();
  }

  const FusedShape& shape() const { return shape_; }
  int steps() const { return T_; }
  int boards() const { return B_; }
  BackwardMaps& hidden_at(int t, int k, int d, int b) { return hidden[index().state(t, k, d, b)]; }
  BackwardMaps& c_at(int t, int k, int d, int b) { return c[index().state(t, k, d, b)]; }
  BackwardMaps& gates_at(int t, int k, int d, int b) { return gates[index().tick(t, k, d, b)]; }
  ActivationIndex index() const { return {shape_, B_}; }

  double maximum(BackwardMaps& h, int channel) const {
    double result = h.at(channel, 0, 0);
    for (int y = 0; y < h.height; ++y)
      for (int x = 0; x < h.width; ++x) result = std::max(result, h.at(channel, y, x));
    return result;
  }
  double mean(BackwardMaps& h, int channel) const {
    double result = 0;
    for (int y = 0; y < h.height; ++y)
      for (int x = 0; x < h.width; ++x) result += h.at(channel, y, x) / shape_.cells();
    return result;
  }
  double q(BackwardMaps& h, int d, int channel) const {
    const float* project = parameters.data() + static_cast<std::size_t>(d) * at_.layer_stride + at_.project;
    return rounded(
        static_cast<float>(project[channel] * maximum(h, channel) + project[shape_.channels + channel] * mean(h, channel)));
  }

  std::vector<float> parameters, grad_logits, grad_values, units;
  std::vector<std::uint8_t> cells, starts;
  std::vector<BackwardMaps> first, skip, features, hidden, c, gates;
  Doubles grad;                              // as the parameters
  std::vector<BackwardMaps> grad_h, grad_c;  // (D, B) of the first states

 private:
  float number(float scale) { return scale * (static_cast<float>(random_() >> 8) / 8388608.0f - 1.0f); }
  BackwardMaps random_maps(int channels, float scale) {
    BackwardMaps maps(channels, shape_.height, shape_.width);
    for (double& x : maps.values) x = rounded(number(scale));
    return maps;
  }
  double& layer_grad(int d, std::size_t offset, int i) {
    return grad[static_cast<std::size_t>(d) * at_.layer_stride + offset + static_cast<std::size_t>(i)];
  }
  double layer_weight(int d, std::size_t offset, int i) const {
    return parameters[static_cast<std::size_t>(d) * at_.layer_stride + offset + static_cast<std::size_t>(i)];
  }

  void run() {
    const int C = shape_.channels, D = shape_.layers;
    grad.assign(at_.count, 0.0);
    std::vector<BackwardMaps> grad_z = heads();
    std::vector<BackwardMaps> grad_e = grad_z;
    grad_h.assign(static_cast<std::size_t>(D * B_), BackwardMaps(C, shape_.height, shape_.width));
    grad_c = grad_h;
    for (int b = 0; b < B_; ++b) {
      for (int t = T_ - 1; t >= 0; --t) {
        const auto step = index().step(t, b);
        for (std::size_t i = 0; i < grad_z[step].values.size(); ++i)
          state(grad_h, D - 1, b).values[i] += grad_z[step].values[i];
        for (int k = shape_.ticks - 1; k >= 0; --k)
          for (int d = D - 1; d >= 0; --d) tick(t, k, d, b, grad_e[step]);
        if (starts[step] == 0) continue;
        for (int d = 0; d < D; ++d)
          for (auto* maps : {&grad_h, &grad_c}) std::ranges::fill(state(*maps, d, b).values, 0.0);
      }
    }
    for (std::size_t step = 0; step < static_cast<std::size_t>(T_ * B_); ++step) encoder(step, grad_e[step]);
  }
  BackwardMaps& state(std::vector<BackwardMaps>& maps, int d, int b) { return maps[static_cast<std::size_t>(d * B_ + b)]; }

  std::vector<BackwardMaps> heads() {
    const int U = shape_.hidden, A = shape_.actions, C = shape_.channels, F = shape_.features();
    std::vector<BackwardMaps> grad_z(static_cast<std::size_t>(T_ * B_), BackwardMaps(C, shape_.height, shape_.width));
    for (int r = 0; r < T_ * B_; ++r) {
      for (int u = 0; u < U; ++u) {
        const double unit = units[static_cast<std::size_t>(r * U + u)];
        double grad_unit = 0;
        for (int o = 0; o <= A; ++o) {
          const double of_output =
              o < A ? grad_logits[static_cast<std::size_t>(r * A + o)] : grad_values[static_cast<std::size_t>(r)];
          const std::size_t weight =
              o < A ? at_.policy + static_cast<std::size_t>(o * U + u) : at_.value + static_cast<std::size_t>(u);
          grad[weight] += of_output * unit;
          if (u == 0) grad[o < A ? at_.policy_bias + static_cast<std::size_t>(o) : at_.value_bias] += of_output;
          if (unit > 0) grad_unit += of_output * parameters[weight];
        }
        grad[at_.dense_bias + static_cast<std::size_t>(u)] += grad_unit;
        for (int f = 0; f < F; ++f) {
          const int channel = f % C, cell = f / C;
          const std::size_t weight = at_.dense + static_cast<std::size_t>(u * F + f);
          grad[weight] +=
              grad_unit * features[static_cast<std::size_t>(r)].at(channel, cell / shape_.width, cell % shape_.width);
          grad_z[static_cast<std::size_t>(r)].at(channel, cell / shape_.width, cell % shape_.width) +=
              grad_unit * parameters[weight];
        }
      }
    }
    return grad_z;
  }

  void tick(int t, int k, int d, int b, BackwardMaps& grad_e) {
    const int C = shape_.channels, D = shape_.layers, H = shape_.height, W = shape_.width;
    BackwardMaps &of_h = state(grad_h, d, b), &of_c = state(grad_c, d, b), &activated = gates_at(t, k, d, b);
    BackwardMaps &before = c_at(t, k, d, b), &after = c_at(t, k + 1, d, b), &own = hidden_at(t, k, d, b);
    BackwardMaps& p = d > 0 ? hidden_at(t, k + 1, d - 1, b) : hidden_at(t, k, D - 1, b);
    BackwardMaps& e = skip[index().step(t, b)];
    BackwardMaps grad_gates(4 * C, H, W), grad_own(C, H, W), grad_p(C, H, W);
    for (int channel = 0; channel < C; ++channel)
      for (int y = 0; y < H; ++y)
        for (int x = 0; x < W; ++x) {
          const auto gate = [&](int g) { return activated.at(g * C + channel, y, x); };
          const double i = gate(0), j = gate(1), f = gate(2), o = gate(3), squashed = std::tanh(after.at(channel, y, x));
          const auto slope = [this](double gate) {
            return net_.output_gate == OutputGate::tanh ? 1 - gate * gate : gate - gate * gate;
          };
          const double h = of_h.at(channel, y, x), total = of_c.at(channel, y, x) + h * o * (1 - squashed * squashed);
          const double grads[4] = {total * j * (1 - i * i), total * i * (j - j * j),
                                   total * before.at(channel, y, x) * (f - f * f), h * squashed * slope(o)};
          for (int g = 0; g < 4; ++g) grad_gates.at(g * C + channel, y, x) = grads[g];
          of_c.at(channel, y, x) = total * f;
        }
    Doubles grad_q(static_cast<std::size_t>(C)), injected;
    for (int channel = 0; channel < C; ++channel) injected.push_back(q(own, d, channel));
    for (int g = 0; g < 4 * C; ++g)
      for (int y = 0; y < H; ++y)
        for (int x = 0; x < W; ++x) {
          const double of_gate = grad_gates.at(g, y, x);
          layer_grad(d, at_.gate_bias, g) += of_gate;
          for (int tap = 0; tap < 9; ++tap) {
            const int row = y + tap / 3 - 1, column = x + tap % 3 - 1;
            if (!e.has(row, column)) {
              layer_grad(d, at_.fence, g * 9 + tap) += of_gate;
              continue;
            }
            for (int channel = 0; channel < C; ++channel) {
              const auto third = [&](int which) { return (g * 3 * C + which * C + channel) * 9 + tap; };
              const int own_weight = (g * C + channel) * 9 + tap;
              layer_grad(d, at_.input_hidden, third(0)) += of_gate * e.at(channel, row, column);
              layer_grad(d, at_.input_hidden, third(1)) += of_gate * p.at(channel, row, column);
              layer_grad(d, at_.input_hidden, third(2)) += of_gate * injected[static_cast<std::size_t>(channel)];
              layer_grad(d, at_.hidden_hidden, own_weight) += of_gate * own.at(channel, row, column);
              grad_e.at(channel, row, column) += of_gate * layer_weight(d, at_.input_hidden, third(0));
              grad_p.at(channel, row, column) += of_gate * layer_weight(d, at_.input_hidden, third(1));
              grad_q[static_cast<std::size_t>(channel)] += of_gate * layer_weight(d, at_.input_hidden, third(2));
              grad_own.at(channel, row, column) += of_gate * layer_weight(d, at_.hidden_hidden, own_weight);
            }
          }
        }
    for (int channel = 0; channel < C; ++channel) {
      const double of_q = grad_q[static_cast<std::size_t>(channel)], largest = maximum(own, channel);
      layer_grad(d, at_.project, channel) += of_q * largest;
      layer_grad(d, at_.project, C + channel) += of_q * mean(own, channel);
      int ties = 0;
      for (int y = 0; y < H; ++y)
        for (int x = 0; x < W; ++x) ties += own.at(channel, y, x) == largest ? 1 : 0;
      for (int y = 0; y < H; ++y)
        for (int x = 0; x < W; ++x) {
          grad_own.at(channel, y, x) += of_q * layer_weight(d, at_.project, C + channel) / (H * W);
          if (own.at(channel, y, x) == largest)
            grad_own.at(channel, y, x) += of_q * layer_weight(d, at_.project, channel) / ties;
        }
    }
    of_h = grad_own;
    BackwardMaps& below = state(grad_h, d > 0 ? d - 1 : D - 1, b);
    for (std::size_t i = 0; i < below.values.size(); ++i) below.values[i] += grad_p.values[i];
  }

  void encoder(std::size_t step, BackwardMaps& grad_e) {
    const int C = shape_.channels, E = shape_.encoder_kernel, before = (E - 1) / 2, H = shape_.height, W = shape_.width;
    static const int colours[7][3] = {{0, 0, 0},      {243, 248, 238}, {254, 126, 125}, {254, 95, 56},
                                      {142, 121, 56}, {160, 212, 56},  {219, 212, 56}};
    BackwardMaps grad_first(C, H, W);
    const auto for_taps = [&](auto&& visit) {
      for (int y = 0; y < H; ++y)
        for (int x = 0; x < W; ++x)
          for (int tap = 0; tap < E * E; ++tap)
            if (grad_first.has(y + tap / E - before, x + tap % E - before))
              visit(y, x, y + tap / E - before, x + tap % E - before, tap);
    };
    for_taps([&](int y, int x, int row, int column, int tap) {
      for (int out = 0; out < C; ++out)
        for (int in = 0; in < C; ++in) {
          const std::size_t weight = at_.encoder_second + static_cast<std::size_t>((out * C + in) * E * E + tap);
          grad[weight] += grad_e.at(out, y, x) * first[step].at(in, row, column);
          grad_first.at(in, row, column) += grad_e.at(out, y, x) * parameters[weight];
        }
    });
    for_taps([&](int y, int x, int row, int column, int tap) {
      const int code = cells[step * static_cast<std::size_t>(H * W) + static_cast<std::size_t>(row * W + column)];
      for (int out = 0; out < C; ++out)
        for (int in = 0; in < shape_.observed(); ++in) {
          const double value = net_.input == NetInput::rgb ? colours[code][in] / 255.0 : in == code ? 1.0 : 0.0;
          grad[static_cast<std::size_t>((out * shape_.observed() + in) * E * E + tap)] += grad_first.at(out, y, x) * value;
        }
    });
    for (int channel = 0; channel < C; ++channel)
      for (int y = 0; y < H; ++y)
        for (int x = 0; x < W; ++x) {
          grad[at_.encoder_bias + static_cast<std::size_t>(channel)] += grad_first.at(channel, y, x);
          grad[at_.skip_bias + static_cast<std::size_t>(channel)] += grad_e.at(channel, y, x);
        }
  }

  NetShape net_;
  FusedShape shape_;
  int T_, B_;
  std::mt19937 random_;
  ParameterOffsets at_;
};

}  // namespace boxwarp::test
